"""Which candidate is the best, and which others cannot be told apart from it.

Multiple comparisons with the best (Hsu 1984, Annals of Statistics 12, 1136-1144) in a randomised
block design: every candidate is trained with the same seeds, so what a seed does to all of them
alike is taken out, and what is left over is pooled over candidates.

Under racing the candidates are looked at again after every round of seeds. Each look spends its
part of 1 - level (union bound), so the set holds the true best with probability `level` at whatever
look the race ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scaling_search.errors import whole_number
from scaling_search.findings.additive import fit_additive
from scaling_search.findings.interval import LEVEL, Bools, Floats, tails

#: With this probability a difference of `detectable` would have been found.
POWER = 0.8
#: Correlations are rounded down to multiples of this, which widens a little and spares work.
CORRELATION_STEP = 0.05


@dataclass(frozen=True, kw_only=True)
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
    possible: Bools
    level: float
    #: Residual standard deviation of a single run, seeds taken out.
    residual_sd: float
    degrees_of_freedom: int
    #: How much worse than the best a candidate would have to be for these runs to exclude it with
    #: probability 80 %; nan for the best itself and without degrees of freedom.
    detectable: Floats

    @property
    def possible_winners(self) -> tuple[int, ...]:
        """Indices of the set that holds the true best with probability `level`, best mean first."""
        kept = np.flatnonzero(self.possible)
        return tuple(int(i) for i in kept[np.argsort(self.mean[kept], kind="stable")])

    @property
    def smallest_detectable(self) -> float:
        """Difference from the best that these runs would have found, for the typical rival.

        The median of `detectable` over the rivals that are still possible, or over all where none
        is left; nan where nothing can be told. Where it is large, "no difference found" means too
        few runs; where it is small, it means that the difference does not matter.
        """
        known = np.isfinite(self.detectable)
        rivals = known & self.possible
        kept = self.detectable[rivals if rivals.any() else known]
        return float(np.median(kept)) if kept.size else math.nan


def compare_with_best(errors: Floats, level: float = LEVEL, looks: int = 1) -> Comparison:
    """Compare candidates; `errors` is (candidates, seeds), nan where a run is missing.

    looks: how often a race will look at its candidates in all, this time included.
    An additive model, candidate + seed, is fitted by least squares, so that an unfinished study is
    compared fairly too. Where numbers of seeds differ, the differences from a candidate correlate
    unequally; their smallest correlation is taken for all, which can only widen (Slepian 1962).
    """
    from scipy import special

    errors = np.asarray(errors, float)
    tails(level)
    looks = whole_number("looks", looks)
    count = len(errors)
    present = np.flatnonzero(np.isfinite(errors).any(axis=1))
    se, low, high, detectable = (np.full(count, np.nan) for _ in range(4))
    possible = np.isin(np.arange(count), present)
    fit = fit_additive(errors)
    freedom, size = fit.degrees_of_freedom, len(present)
    effects, unit = fit.effect[present], fit.unit[np.ix_(present, present)]
    se[present] = np.sqrt(np.diag(unit)) * fit.residual_sd
    if size > 1 and freedom > 0:
        cut = 1 - (1 - level) / looks
        critical = np.array(
            [critical_value(size, freedom, cut, rho) for rho in _least_correlations(unit)]
        )
        spread = np.sqrt(np.maximum(_difference_variances(unit), 0)) * fit.residual_sd
        gap = effects[:, None] - effects[None, :]
        np.fill_diagonal(gap, -np.inf)
        # If i is the best, no estimated difference from it lies further out than its own critical
        # value allows; how much worse i may be rests on the critical value of who is the best.
        behind = (gap - critical[:, None] * spread).max(axis=1)
        low[present] = np.minimum(0, behind)
        possible[present] = behind <= 0
        high[present] = np.maximum(0, (gap + critical[None, :] * spread).max(axis=1))
        best = int(np.argmin(effects))
        needed = (critical + float(special.stdtrit(freedom, POWER))) * spread[:, best]
        needed[best] = np.nan
        detectable[present] = needed
    return Comparison(
        mean=fit.effect,
        se=se,
        low=low,
        high=high,
        possible=possible,
        level=level,
        residual_sd=fit.residual_sd,
        degrees_of_freedom=freedom,
        detectable=detectable,
    )


@lru_cache(maxsize=65536)
def critical_value(
    candidates: int, degrees_of_freedom: int, level: float, correlation: float = 0.5
) -> float:
    """One-sided critical value of Dunnett's statistic with equal correlations.

    The probability that the greatest of `candidates` - 1 studentised differences from a common
    treatment stays below it is `level` (Dunnett 1955; Hsu 1996, section 4.1). With equal numbers of
    runs the correlation is 1/2.
    """
    from scipy import optimize, special

    normal_x, normal_w = np.polynomial.hermite_e.hermegauss(32)
    normal_w = normal_w / normal_w.sum()
    # The residual's spread relative to its true value: chi over root degrees of freedom.
    node, weight = np.polynomial.legendre.leggauss(48)
    spread = np.sqrt(special.chdtri(degrees_of_freedom, 0.5 - 0.5 * node) / degrees_of_freedom)
    shared, own = math.sqrt(correlation), math.sqrt(1 - correlation)

    def below(value: float) -> float:
        inner = special.ndtr((value * spread[:, None] + shared * normal_x[None, :]) / own)
        return float(0.5 * weight @ (inner ** (candidates - 1) @ normal_w))

    return float(optimize.brentq(lambda value: below(value) - level, 0.0, 1000.0, xtol=1e-6))


def _difference_variances(covariance: Floats) -> Floats:
    """(n, n): variances of all differences of estimates with this covariance (n, n)."""
    diagonal = np.diag(covariance)
    return np.asarray(diagonal[:, None] + diagonal[None, :] - 2 * covariance)


def _least_correlations(covariance: Floats) -> list[float]:
    """For each of n estimates, the least correlation among its differences from the others."""
    size = len(covariance)
    if size < 3:
        return [0.5] * size
    spread = np.sqrt(np.maximum(_difference_variances(covariance), 1e-12))
    least = []
    for i in range(size):
        # cov(i - j, i - k) = v_ii - v_ij - v_ik + v_jk
        joint = covariance[i, i] - covariance[i][:, None] - covariance[i][None, :] + covariance
        rho = joint / (spread[i][:, None] * spread[i][None, :])
        rho = np.delete(np.delete(rho, i, axis=0), i, axis=1)
        smallest = max(0.0, float(rho.min()))
        least.append(math.floor(smallest / CORRELATION_STEP + 1e-9) * CORRELATION_STEP)
    return least
