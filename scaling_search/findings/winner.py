"""Which candidate is the best, and which others cannot be told apart from it.

Multiple comparisons with the best (Hsu 1984, Annals of Statistics 12, 1136-1144) in a randomised
block design: every candidate is trained with the same seeds, so what a seed does to all of them
alike is taken out, and what is left over is pooled over candidates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Candidates compared with the best of the others. Arrays have one entry a candidate.

    Errors are fractions, lower is better. `low` and `high` bound, simultaneously at `level`, how
    much worse a candidate is than the best other one (Hsu's constrained intervals: low <= 0 <=
    high). Candidates without any error have nan.
    """

    mean: Floats
    #: Standard error of each mean from the pooled residual; nan with one seed.
    se: Floats
    low: Floats
    high: Floats
    #: Whether the candidate may be the best; all may without residual degrees of freedom.
    possible: NDArray[np.bool_]
    level: float
    #: Residual standard deviation of a single run, seeds taken out.
    residual_sd: float
    degrees_of_freedom: int

    @property
    def best(self) -> int:
        """Index of the lowest mean error."""
        return int(np.nanargmin(self.mean))

    @property
    def possible_winners(self) -> tuple[int, ...]:
        """Indices of the set that holds the true best with probability `level`, best mean first."""
        kept = np.flatnonzero(self.possible)
        return tuple(int(i) for i in kept[np.argsort(self.mean[kept], kind="stable")])


def compare_with_best(errors: Floats, level: float = 0.9) -> Comparison:
    """Compare candidates; `errors` is (candidates, seeds), nan where a run is missing.

    An additive model, candidate + seed, is fitted by least squares, so that an unfinished study is
    compared fairly too. The critical value is that of equal numbers of seeds.
    """
    errors = np.asarray(errors, float)
    rows, columns = np.nonzero(np.isfinite(errors))
    count, seeds = errors.shape
    nothing = np.full(count, np.nan)
    present, blocks = np.unique(rows), np.unique(columns)
    if len(present) == 0:
        return Comparison(
            nothing, nothing, nothing, nothing, np.isfinite(nothing), level, math.nan, 0
        )

    design = np.zeros((len(rows), count + seeds))
    design[np.arange(len(rows)), rows] = 1
    # Seed effects add up to nothing over the seeds that were used, so means keep their level.
    design[np.arange(len(rows)), count + columns] = 1
    design[:, count + blocks] -= 1 / len(blocks)
    used = np.r_[present, count + blocks[1:]]
    design = design[:, used]
    inverse = np.linalg.pinv(design.T @ design)
    effects = inverse @ design.T @ errors[rows, columns]
    residual = errors[rows, columns] - design @ effects
    freedom = len(rows) - np.linalg.matrix_rank(design)
    variance = float(residual @ residual) / freedom if freedom > 0 else math.nan

    size = len(present)
    mean, se, low, high = (nothing.copy() for _ in range(4))
    mean[present] = effects[:size]
    possible = np.isfinite(mean)
    covariance = inverse[:size, :size] * variance
    se[present] = np.sqrt(np.diag(covariance))
    if size > 1 and freedom > 0:
        margin = critical_value(size, int(freedom), level) * np.sqrt(
            np.maximum(
                0, np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance
            )
        )
        gap = effects[:size, None] - effects[None, :size]
        np.fill_diagonal(gap, -np.inf)
        low[present] = np.minimum(0, (gap - margin).max(axis=1))
        possible[present] = (gap - margin).max(axis=1) <= 0
        high[present] = np.maximum(0, (gap + margin).max(axis=1))
    return Comparison(mean, se, low, high, possible, level, math.sqrt(variance), int(freedom))


@lru_cache(maxsize=256)
def critical_value(candidates: int, degrees_of_freedom: int, level: float) -> float:
    """One-sided critical value of Dunnett's statistic with equal correlations of 1/2.

    The probability that the greatest of `candidates` - 1 studentised differences from a common
    treatment stays below it is `level` (Dunnett 1955; Hsu 1996, section 4.1).
    """
    from scipy import optimize, stats

    normal_x, normal_w = np.polynomial.hermite_e.hermegauss(64)
    normal_w = normal_w / normal_w.sum()
    # The residual's spread relative to its true value: chi over root degrees of freedom.
    probabilities = (np.arange(400) + 0.5) / 400
    spread = np.sqrt(stats.chi2.ppf(probabilities, degrees_of_freedom) / degrees_of_freedom)

    def below(value: float) -> float:
        inner = stats.norm.cdf(math.sqrt(2) * value * spread[:, None] + normal_x[None, :])
        return float((inner ** (candidates - 1) @ normal_w).mean())

    return float(optimize.brentq(lambda value: below(value) - level, 0.0, 200.0, xtol=1e-6))
