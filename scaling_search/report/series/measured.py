"""The points of a study of series with what their runs came to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scaling_search.findings.additive import fit_additive
from scaling_search.findings.interval import Floats, half_width
from scaling_search.proxy import RunStatus
from scaling_search.report.series.gains import Gains
from scaling_search.report.words import Words, of_judged
from scaling_search.series import Point
from scaling_search.study.decision import require_own
from scaling_search.study.family_runs import judged_error
from scaling_search.study.files.runs_csv import RunRow, runs_by_key
from scaling_search.study.read import Study
from scaling_search.study.starts import sources_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """Points and the errors by which they are judged; nothing is chosen by them."""

    study: Study
    points: tuple[Point, ...]
    #: (points, seeds), nan where a run is missing or diverged.
    errors: Floats
    #: Diverged runs of each point.
    diverged: tuple[int, ...]

    @property
    def words(self) -> Words:
        """Of these errors."""
        return of_judged(self.study.definition)

    @cached_property
    def gains(self) -> Gains:
        """How differences of these errors are counted and worded."""
        whole = 1.0
        if not self.words.metric.is_fraction and np.isfinite(self.errors).any():
            whole = float(np.nanmax(self.errors)) or 1.0
        return Gains(self.words, whole)

    @property
    def learns(self) -> bool:
        """Whether any network is at least twice as good as chance; nothing is said of losses."""
        if not self.words.metric.counts_mistakes:
            return True
        chance = 1 / self.study.definition.facts.num_classes
        # Without a run the mean is nan, and nothing is said of learning.
        return not np.fmin.reduce(self.mean) > 1 - 2 * chance

    @property
    def parts(self) -> Floats:
        """The errors as parts of the whole that `gains` counts in hundredths of."""
        return np.asarray(self.errors / self.gains.whole)

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines, in order."""
        return list(dict.fromkeys(point.baseline for point in self.points))

    @property
    def macs(self) -> Floats:
        """(points,)"""
        return np.array([point.member.cost.macs for point in self.points], float)

    def distinct(self, baseline: str) -> tuple[Floats, dict[int, int]]:
        """Errors of a baseline's networks, each once, and the row there of each of its points."""
        place: dict[str, int] = {}
        own = {i: self.points[i].member.id for i in self.of(baseline)}
        row = {i: place.setdefault(network, len(place)) for i, network in own.items()}
        # Points of one network have the same errors.
        return np.array(list({at: self.errors[i] for i, at in row.items()}.values())), row

    @property
    def seeded(self) -> bool:
        """Whether seeds are blocks; else the runs of a network are mere repetitions."""
        return self.study.definition.settings.trainer.seeded

    @cached_property
    def _means(self) -> tuple[Floats, Floats, Floats]:
        """Where seeds are blocks, noise and their effects are those of one baseline's networks."""
        effect, se, half = (np.full(len(self.points), math.nan) for _ in range(3))
        for baseline in self.baselines:
            errors, row = self.distinct(baseline)
            fit = fit_additive(errors, self.seeded)
            width = half_width(fit.se, fit.degrees_of_freedom)
            for index, at in row.items():
                effect[index], se[index], half[index] = fit.effect[at], fit.se[at], width[at]
        return effect, se, half

    @property
    def mean(self) -> Floats:
        """(points,): mean error of each point without the seeds' own effects."""
        return self._means[0]

    @property
    def se(self) -> Floats:
        """(points,): standard error of the mean."""
        return self._means[1]

    @property
    def half(self) -> Floats:
        """(points,): half the width of the mean's interval, which knows how few repetitions tell
        the standard error."""
        return self._means[2]

    def of(self, baseline: str | None = None, series: str | None = None) -> list[int]:
        """Indices of the points of a baseline, of a series, or of both."""
        return [
            index
            for index, point in enumerate(self.points)
            if baseline in (None, point.baseline) and series in (None, point.series)
        ]


def measure(study: Study, rows: Sequence[RunRow]) -> Measured:
    """The points of a study with what is known of their runs.

    Raises InvalidInput where the rows are not runs of this study.
    """
    definition = study.definition
    own = {run.spec.key: run for run in definition.series_runs}
    own |= {run.spec.key: run for run in sources_of(definition, definition.series_runs)}
    for row in rows:
        require_own(row, own.get(row.run))
    points = definition.networks.points
    diverged = [0] * len(points)
    for row in runs_by_key(rows).values():
        for at in (i for i, point in enumerate(points) if point.member.id == row.trial):
            diverged[at] += row.status is RunStatus.DIVERGED
    errors = errors_of(study, rows, lambda row: judged_error(definition, row))
    return Measured(study=study, points=points, errors=errors, diverged=tuple(diverged))


def errors_of(
    study: Study, rows: Sequence[RunRow], error: Callable[[RunRow], float | None]
) -> Floats:
    """(points, seeds): an error of each run, nan where it is missing or diverged."""
    definition = study.definition
    points, seeds = definition.networks.points, definition.settings.sweep.seeds
    errors = np.full((len(points), len(seeds)), np.nan)
    for row in runs_by_key(rows).values():
        if (value := error(row)) is not None:
            for at in (i for i, point in enumerate(points) if point.member.id == row.trial):
                errors[at, seeds.index(row.seed)] = value
    return errors


def points_table(measured: Measured) -> pd.DataFrame:
    """points.csv: one row a point; errors are means over seeds without the seeds' own effects."""
    rows, error = [], f"{measured.words.part}_error"
    for index, point in enumerate(measured.points):
        member, cost = point.member, point.member.cost
        rows.append(
            {
                "baseline": point.baseline,
                "series": point.series,
                "network": member.id,
                "asked_cost": point.asked_cost,
                "within_tolerance": point.within,
                "depth_mult": member.depth_mult,
                "width_mult": member.width_mult,
                "resolution": member.resolution,
                "macs": cost.macs,
                "cost_ratio": member.cost_ratio,
                "pixel_price": member.pixel_price,
                "params": cost.params,
                "activations": cost.activations,
                "runs": int(np.isfinite(measured.errors[index]).sum()),
                "diverged": measured.diverged[index],
                error: measured.mean[index],
                f"{error}_se": measured.se[index],
                f"{error}_low": measured.mean[index] - measured.half[index],
                f"{error}_high": measured.mean[index] + measured.half[index],
            }
        )
    table = pd.DataFrame(rows)
    table["asked_cost"] = table["asked_cost"].astype(float)
    return table
