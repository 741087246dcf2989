"""Where the surface is lowest, how sure that is, and what other choices cost.

The draws of the surface each have a lowest point on the triangle. The region holds it in 90 % of
them; a draw whose lowest point has no share of a dimension says that it should get nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scaling_search.findings.interval import LEVEL, Floats, Interval, tails
from scaling_search.findings.surface import Surface
from scaling_search.findings.triangle import triangle
from scaling_search.scaling import DIMENSIONS

#: The lattice on which optima are sought: shares in steps of 5 %, 231 points.
STEPS = 20


class OverShares(Protocol):
    """The posterior of the error at equal cost, over the triangle of shares."""

    def log_error_at(self, shares: Floats) -> Floats:
        """(draws, points): log error at shares (points, 3), whatever is the largest."""
        ...

    def error_at(self, shares: Floats) -> Floats:
        """(draws, points): error at shares (points, 3), the largest there is at most."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimum:
    """The lowest point of the surface on the triangle, at equal cost."""

    #: (3,): where the expected error is lowest.
    shares: Floats
    #: Expected error there, and the interval that holds it with `level`.
    error: Interval
    #: (points, 3): the points that hold the optimum with probability `level`.
    region: Floats
    #: (3,): probability that depth, width, resolution should get nothing.
    p_nothing: Floats
    level: float

    @property
    def nothing(self) -> tuple[str, ...]:
        """Dimensions that get nothing at the optimum; none where it lies inside the triangle."""
        return tuple(name for name, share in zip(DIMENSIONS, self.shares) if share == 0)


def find_optimum(surface: OverShares, level: float = LEVEL) -> Optimum:
    """The optimum on a lattice of the triangle with a step of 5 %."""
    points = triangle(STEPS)
    value, error = surface.log_error_at(points), surface.error_at(points)
    expected = error.mean(axis=0)
    best = int(np.argmin(expected))

    # By counts of draws alone, points of an edge would come first: a whole area beyond it drains
    # into them. So points are ranked by how many deviations they lie above the lowest point.
    lowest = value.argmin(axis=1)
    count = np.bincount(lowest, minlength=len(points)) / len(value)
    above = value - value[:, [best]]
    away = above.mean(axis=0) / np.maximum(above.std(axis=0), 1e-12)
    away[best] = -np.inf
    order = np.argsort(away, kind="stable")
    needed = int(np.searchsorted(np.cumsum(count[order]), level - 1e-12)) + 1
    return Optimum(
        shares=points[best],
        error=_intervals(error[:, [best]], level)[0],
        region=points[np.sort(order[:needed])],
        p_nothing=(points[lowest] == 0).mean(axis=0),
        level=level,
    )


def regret_of_points(
    surface: OverShares, shares: Floats, level: float = LEVEL
) -> tuple[Interval, ...]:
    """What spending the compute in shares (points, 3) adds to the error at the optimum: expected,
    and the interval that holds it with `level`. Fractions."""
    lowest = surface.error_at(triangle(STEPS)).min(axis=1, keepdims=True)
    return _intervals(np.maximum(surface.error_at(np.atleast_2d(shares)) - lowest, 0), level)


def regret_of_candidates(surface: Surface, level: float = LEVEL) -> tuple[Interval, ...]:
    """What choosing each candidate adds to the error of the best one, likewise."""
    error = np.exp(surface.log_error)
    return _intervals(error - error.min(axis=1, keepdims=True), level)


def _intervals(draws: Floats, level: float) -> tuple[Interval, ...]:
    """Of each column of draws (draws, n), with its mean."""
    low, high = np.quantile(draws, tails(level), axis=0)
    return tuple(map(Interval._make, np.stack([draws.mean(axis=0), low, high], axis=1).tolist()))
