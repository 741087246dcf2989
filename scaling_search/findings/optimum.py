"""Where the surface is lowest, how sure that is, and what other choices cost.

The draws of the surface each have a lowest point on the triangle. The region holds it in 90 % of
them; a draw whose lowest point has no share of a dimension says that it should get nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.surface import Surface
from scaling_search.findings.triangle import triangle
from scaling_search.scaling import DIMENSIONS

Floats = NDArray[np.float64]

#: The lattice on which optima are sought: shares in steps of 5 %, 231 points.
STEPS = 20


@dataclass(frozen=True, eq=False)
class Optimum:
    """The lowest point of the surface on the triangle, at equal cost."""

    #: (3,): where the expected error is lowest.
    shares: Floats
    #: Expected error there (a fraction), and the interval that holds it with `level`.
    error: float
    low: float
    high: float
    #: (points, 3): the points that hold the optimum with probability `level`.
    region: Floats
    #: (3,): probability that depth, width, resolution should get nothing.
    p_nothing: Floats
    level: float

    @property
    def nothing(self) -> tuple[str, ...]:
        """Dimensions that get nothing at the optimum; none where it lies inside the triangle."""
        return tuple(name for name, share in zip(DIMENSIONS, self.shares) if share == 0)


@dataclass(frozen=True, eq=False)
class Regret:
    """Error above the best choice's: expected, and bounds that hold it with `level`. Fractions."""

    mean: Floats
    low: Floats
    high: Floats
    level: float


def find_optimum(surface: Surface, level: float = 0.9) -> Optimum:
    """The optimum on a lattice of the triangle with a step of 5 %."""
    points = triangle(STEPS)
    value, error = surface.log_error_at(points), surface.error_at(points)
    expected = error.mean(axis=0)
    best = int(np.argmin(expected))
    low, high = np.quantile(error[:, best], _tails(level))

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
        error=float(expected[best]),
        low=float(low),
        high=float(high),
        region=points[np.sort(order[:needed])],
        p_nothing=(points[lowest] == 0).mean(axis=0),
        level=level,
    )


def regret_of_points(surface: Surface, shares: Floats, level: float = 0.9) -> Regret:
    """Regret of spending the compute in shares (points, 3) instead of at the optimum."""
    lowest = surface.error_at(triangle(STEPS)).min(axis=1, keepdims=True)
    return _regret(np.maximum(surface.error_at(np.atleast_2d(shares)) - lowest, 0), level)


def regret_of_candidates(surface: Surface, level: float = 0.9) -> Regret:
    """Regret of choosing each candidate instead of the best candidate."""
    error = np.exp(surface.log_error)
    return _regret(error - error.min(axis=1, keepdims=True), level)


def _regret(regret: Floats, level: float) -> Regret:
    low, high = np.quantile(regret, _tails(level), axis=0)
    return Regret(regret.mean(axis=0), low, high, level)


def _tails(level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise InvalidInput(f"level is {level!r}, but must lie between 0 and 1, such as 0.9")
    return (1 - level) / 2, (1 + level) / 2
