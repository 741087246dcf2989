"""Points of one baseline compared with one of them, at equal cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import LEVEL, UNKNOWN, Interval
from scaling_search.findings.paired import compare_with_one
from scaling_search.report.series.measured import Measured
from scaling_search.series import Point


@dataclass(frozen=True)
class Rival:
    """A point beside the one that all are compared with."""

    point: Point
    #: By how much the one is better, as `Gains` count; bounds are nan without a repetition.
    points: Interval
    #: Why it is not compared; empty where it is.
    reason: str = ""

    @property
    def verdict(self) -> str:
        """better, worse or open, as the one sees it; else the reason."""
        return self.reason or self.points.verdict


def compare_points(
    measured: Measured, one: int, rivals: Sequence[int]
) -> tuple[tuple[Rival, ...], int]:
    """Compare a point with rivals of its baseline, and the degrees of freedom of the intervals.

    Noise is pooled over all networks of the baseline, so few seeds go further. The intervals hold
    together for the rivals.
    """
    name = measured.points[one].series
    errors, row = measured.distinct(measured.points[one].baseline)
    reasons = {i: _reason(measured, one, i) for i in rivals}
    sound = [row[i] for i, reason in reasons.items() if not reason]
    parts = errors / measured.gains.whole
    differences = compare_with_one(parts, row[one], sound, LEVEL, measured.seeded)
    found = []
    for i, reason in reasons.items():
        points = UNKNOWN
        if not reason:
            of_all = (differences.difference, differences.low, differences.high)
            points = Interval._make(100 * float(of_each[row[i]]) for of_each in of_all)
            reason = f"it shares no seed with {name}" if math.isnan(points.value) else ""
        found.append(Rival(measured.points[i], points, reason))
    return tuple(found), differences.degrees_of_freedom if sound else 0


def _reason(measured: Measured, one: int, rival: int) -> str:
    if measured.points[rival].member.id == measured.points[one].member.id:
        return "it is the same network"
    for index, name in ((one, measured.points[one].series), (rival, "it")):
        if measured.diverged[index]:
            return f"{name} diverged"
        if not np.isfinite(measured.errors[index]).any():
            return f"{name} is not trained"
    return ""
