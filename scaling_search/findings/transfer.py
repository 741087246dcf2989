"""What starting from trained weights gains, and what errors on one task say of those on another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.additive import fit_additive
from scaling_search.findings.interval import LEVEL, UNKNOWN, Floats, Interval, half_width


@dataclass(frozen=True, kw_only=True)
class StartGains:
    """By how much errors are lower after a start from trained weights than from nothing."""

    #: Of each network, nan without a pair; the intervals hold together.
    each: Sequence[Interval]
    #: Their mean.
    mean: Interval
    degrees_of_freedom: int


def start_gains(alone: Floats, tuned: Floats, level: float = LEVEL) -> StartGains:
    """Gains from errors (networks, seeds) from nothing and from trained weights, nan where missing.

    Runs of one network and seed are a pair: what the seed does to both cancels. What is left of a
    pair varies alike for all networks, and independently: a seed draws other weights and another
    order for each. Student's intervals, those of the networks with Bonferroni's correction.
    """
    if alone.ndim != 2 or alone.shape != tuned.shape:
        raise InvalidInput(
            f"errors have the shapes {alone.shape} and {tuned.shape}, but must be (networks, "
            "seeds), the same for both: give one row a network"
        )
    # Repetitions, not blocks: a seed's common part of the gain is part of its noise.
    fit = fit_additive(alone - tuned, blocks=False)
    known = np.isfinite(fit.effect)
    count = int(known.sum())
    if not count:
        return StartGains(each=[UNKNOWN] * len(alone), mean=UNKNOWN, degrees_of_freedom=0)
    together = 1 - (1 - level) / count
    half = half_width(fit.se, fit.degrees_of_freedom, together)
    each = [Interval(*map(float, (e, e - h, e + h))) for e, h in zip(fit.effect, half)]
    of_mean = math.sqrt(float(fit.unit[np.ix_(known, known)].sum())) / count * fit.residual_sd
    width = float(half_width(np.array(of_mean), fit.degrees_of_freedom, level))
    value = float(fit.effect[known].mean())
    mean = Interval(value, value - width, value + width)
    return StartGains(each=each, mean=mean, degrees_of_freedom=fit.degrees_of_freedom)


def chance_of_order(source: Floats, target: Floats) -> float:
    """How often orders that have nothing to do with each other agree, or disagree, as much as those
    of the mean errors (networks,) do by Kendall's tau; nan with fewer than three networks."""
    from scipy import stats

    known = np.isfinite(source) & np.isfinite(target)
    if known.sum() < 3:
        return math.nan
    return float(stats.kendalltau(source[known], target[known]).pvalue)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Errors on the target as a straight line over those on the source."""

    slope: Interval
    intercept: float
    #: Pearson's.
    correlation: float
    networks: int


def line_through(source: Floats, target: Floats, level: float = LEVEL) -> Line:
    """The least-squares line through the mean errors (networks,) of both, nan where missing.

    Student's interval of the slope, from how far networks lie off the line. Raises InvalidInput
    with fewer than three networks, or where those on the source do not differ.
    """
    known = np.isfinite(source) & np.isfinite(target)
    x, y = source[known], target[known]
    spread = float(((x - x.mean()) ** 2).sum()) if known.any() else 0.0
    if len(x) < 3 or spread == 0:
        raise InvalidInput(
            f"{len(x)} networks have errors on both, but a line needs three different ones: train "
            "more of them"
        )
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    intercept = float(y.mean() - slope * x.mean())
    residual = y - intercept - slope * x
    freedom = len(x) - 2
    se = np.array(math.sqrt(float(residual @ residual) / freedom / spread))
    width = float(half_width(se, freedom, level))
    total = float(((y - y.mean()) ** 2).sum())
    return Line(
        slope=Interval(slope, slope - width, slope + width),
        intercept=intercept,
        correlation=slope * math.sqrt(spread / total) if total > 0 else 0.0,
        networks=len(x),
    )
