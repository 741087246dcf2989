"""What the runs of a study of transfer came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scaling_search.findings.agreement import Agreement, rank_agreement
from scaling_search.findings.interval import Floats
from scaling_search.findings.transfer import (
    Line,
    StartGains,
    chance_of_order,
    line_through,
    start_gains,
)
from scaling_search.proxy import RunStatus
from scaling_search.report.content import or_reason
from scaling_search.report.series.measured import Measured, points_table
from scaling_search.report.series.rivals import Rival, compare_points
from scaling_search.series import Point
from scaling_search.series.single_vs_compound import COMPOUND
from scaling_search.study.decision import require_own
from scaling_search.study.definition import PlannedRun
from scaling_search.study.family_runs import judged_error
from scaling_search.study.files.runs_csv import RunRow, runs_by_key
from scaling_search.study.read import Study
from scaling_search.study.transfer_runs import source_points, transfer_runs

#: What the three trainings of a network are called, in tables and in points.csv.
SOURCE, ALONE, TUNED = "source", "from nothing", "fine-tuned"


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """The same networks three times: on the source, on the target from nothing, and fine-tuned."""

    source: Measured
    alone: Measured
    tuned: Measured
    #: (points,): mean val errors on the target from nothing and fine-tuned, by which one is chosen.
    val: dict[str, Floats]

    @property
    def parts(self) -> dict[str, Measured]:
        """By their names."""
        return {SOURCE: self.source, ALONE: self.alone, TUNED: self.tuned}

    @property
    def points(self) -> Sequence[Point]:
        """On the target."""
        return self.tuned.points

    @property
    def sizes(self) -> list[int]:
        """Indices of the family's sizes, the smallest first."""
        return self.tuned.of(series=COMPOUND)

    @property
    def others(self) -> list[int]:
        """Indices of the other scalings, which cost what the largest size does."""
        return [i for i, point in enumerate(self.points) if point.series != COMPOUND]

    @cached_property
    def gains(self) -> StartGains:
        """What fine-tuning gains, in hundredths."""
        return start_gains(100 * self.alone.parts, 100 * self.tuned.parts)

    @cached_property
    def rivals(self) -> dict[str, tuple[Rival, ...]]:
        """The largest size against the other scalings, in each of the three."""
        largest = self.sizes[-1]
        return {
            name: compare_points(measured, largest, self.others)[0]
            for name, measured in self.parts.items()
        }

    @cached_property
    def agreement(self) -> Agreement | str:
        """Of the ranks on the source and after fine-tuning, or why there is none."""
        pair = (self.source.errors, self.tuned.errors)
        return or_reason(lambda: rank_agreement(*pair, blocks=self.tuned.seeded))

    @property
    def chance(self) -> float:
        """How often orders by chance agree or disagree as much."""
        return chance_of_order(self.source.mean, self.tuned.mean)

    @cached_property
    def line(self) -> Line | str:
        """Through the mean errors on the source and after fine-tuning, or why there is none."""
        return or_reason(lambda: line_through(self.source.mean, self.tuned.mean))


def measure_transfer(study: Study, rows: Sequence[RunRow]) -> Transferred:
    """What is known of the runs of a study. Raises InvalidInput where they are not its own."""
    definition = study.definition
    runs = transfer_runs(definition)
    own = {run.spec.key: run for run in runs.all}
    for row in rows:
        require_own(row, own.get(row.run))
    known = runs_by_key(rows)
    points = definition.networks.points
    tuned = _measured(study, points, known, runs.tuned, runs.tuned)
    val = {
        name: _val(_of_runs(study, points, known, part, runs.tuned, lambda row: row.val_error))
        for name, part in ((ALONE, runs.alone), (TUNED, runs.tuned))
    }
    return Transferred(
        source=_measured(study, source_points(definition), known, runs.source, runs.tuned),
        alone=_measured(study, points, known, runs.alone, runs.tuned),
        tuned=tuned,
        val=val,
    )


def _measured(
    study: Study,
    points: tuple[Point, ...],
    known: dict[str, RunRow],
    runs: Sequence[PlannedRun],
    tuned: Sequence[PlannedRun],
) -> Measured:
    """runs: in the order of the fine-tuned ones, whose network says which points they belong to."""
    definition = study.definition
    errors = _of_runs(study, points, known, runs, tuned, lambda row: judged_error(definition, row))
    diverged = _of_runs(
        study, points, known, runs, tuned, lambda row: float(row.status is RunStatus.DIVERGED)
    )
    counts = np.nansum(diverged, axis=1).astype(int).tolist()
    return Measured(study=study, points=points, errors=errors, diverged=tuple(counts))


def _of_runs(
    study: Study,
    points: tuple[Point, ...],
    known: dict[str, RunRow],
    runs: Sequence[PlannedRun],
    tuned: Sequence[PlannedRun],
    value: Callable[[RunRow], float | None],
) -> Floats:
    """(points, seeds): a value of each run, nan where it is not known."""
    seeds = study.definition.settings.sweep.seeds
    networks = [point.member.id for point in study.definition.networks.points]
    found = np.full((len(points), len(seeds)), np.nan)
    for run, of in zip(runs, tuned, strict=True):
        row = known.get(run.spec.key)
        if row is None or (told := value(row)) is None:
            continue
        for at in (i for i, network in enumerate(networks) if network == of.member.id):
            found[at, seeds.index(run.spec.seed)] = told
    return found


def _val(errors: Floats) -> Floats:
    """(points,): means over seeds, nan where one is missing: more seeds are no advantage."""
    return np.asarray(errors.mean(axis=1))


def transfer_table(found: Transferred) -> pd.DataFrame:
    """points.csv: a row a network for each of its trainings."""
    tables = []
    for name, measured in found.parts.items():
        table = points_table(measured)
        table.insert(0, "trained", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
