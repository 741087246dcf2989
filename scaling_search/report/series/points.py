"""The points of a study of series with what their runs came to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_search.findings.additive import fit_additive
from scaling_search.proxy import RunStatus
from scaling_search.series import Point
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import RunRow

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Points and their test errors; nothing is chosen by them, so the test images may judge."""

    definition: StudyDefinition
    points: tuple[Point, ...]
    #: Test errors as fractions, (points, seeds), nan where a run is missing or diverged.
    errors: Floats
    #: Diverged runs of each point.
    diverged: tuple[int, ...]

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
        own = self.of(baseline)
        first: dict[str, int] = {}
        for index in own:
            first.setdefault(self.points[index].member.id, index)
        place = {network: row for row, network in enumerate(first)}
        row = {index: place[self.points[index].member.id] for index in own}
        return self.errors[list(first.values())], row

    def of(self, baseline: str | None = None, series: str | None = None) -> list[int]:
        """Indices of the points of a baseline, of a series, or of both."""
        return [
            index
            for index, point in enumerate(self.points)
            if baseline in (None, point.baseline) and series in (None, point.series)
        ]


def measure(definition: StudyDefinition, results: dict[str, RunRow]) -> Measured:
    """The points of a definition with the known results of its runs, by key."""
    points, seeds = definition.networks.points, definition.settings.sweep.seeds
    found = {
        (run.member.id, run.spec.seed): results[run.spec.key]
        for run in definition.series_runs
        if run.spec.key in results
    }
    errors = np.full((len(points), len(seeds)), np.nan)
    diverged = []
    for row, point in enumerate(points):
        of_point = {seed: found.get((point.member.id, seed)) for seed in seeds}
        diverged.append(
            sum(run is not None and run.status is RunStatus.DIVERGED for run in of_point.values())
        )
        for column, run in enumerate(of_point.values()):
            if run is not None and run.test_error is not None:
                errors[row, column] = run.test_error
    return Measured(definition, points, errors, tuple(diverged))


def points_table(measured: Measured) -> pd.DataFrame:
    """points.csv: one row a point; errors are means over seeds without the seeds' own effects."""
    rows = []
    effect, se = means(measured)
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
                "params": cost.params,
                "activations": cost.activations,
                "runs": int(np.isfinite(measured.errors[index]).sum()),
                "diverged": measured.diverged[index],
                "test_error": effect[index],
                "test_error_se": se[index],
            }
        )
    table = pd.DataFrame(rows)
    table["asked_cost"] = table["asked_cost"].astype(float)
    return table


def means(measured: Measured) -> tuple[Floats, Floats]:
    """Mean error of each point and its standard error, (points,) each; seeds are blocks.

    Noise and the effects of seeds are those of one baseline's networks.
    """
    effect, se = (np.full(len(measured.points), math.nan) for _ in range(2))
    for baseline in measured.baselines:
        errors, row = measured.distinct(baseline)
        fit = fit_additive(errors)
        spread = fit.residual_sd * np.sqrt(np.diag(fit.unit))
        for index, at in row.items():
            effect[index], se[index] = fit.effect[at], spread[at]
    return effect, se
