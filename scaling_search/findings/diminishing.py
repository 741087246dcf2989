"""Observation 1: does scaling one dimension help, and does it help less and less?

Tan & Le 2019, section 3.2 and Figure 3, judged on runs. Accuracy y, in points, of the networks of a
series against x, doublings of multiply-adds from its smallest network on, follows

    y(x) = a + gain * (1 - 2^(-k x)) / (1 - 2^(-k X)),

X the largest x. At k > 0 a doubling buys less and less (the slope falls by half every 1/k
doublings: accuracy saturates, and 1 - y is a power law with a floor), at k = 0 always the same, at
k < 0 more and more. k is integrated over a range that holds both, so nothing but the runs decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.blocks import BlockFit, fit_blocks, require_runs
from scaling_search.findings.interval import LEVEL, Floats, Interval, tails

#: Bends over which is integrated, alike on both sides of 0: at 2 the slope falls to a quarter in
#: one doubling.
BENDS = np.linspace(-2.0, 2.0, 41)
#: Points a doubling below which more of a dimension is hardly worth its cost.
LITTLE = 0.5
DRAWS = 8000
#: Networks of different cost that have a start, an end and a bend between them.
NETWORKS_NEEDED = 3

DIMINISHING, NOT_VISIBLE, CONTRADICTED = "diminishing", "not visible", "contradicted"


@dataclass(frozen=True, kw_only=True)
class Diminishing:
    """What a series says. Points are per doubling of multiply-adds; 1 point = 0.01 of accuracy.

    Values of intervals are medians.
    """

    #: Points gained by a doubling at the smallest and at the largest network of the series.
    start: Interval
    end: Interval
    #: Start minus end; above 0: the gain diminishes.
    difference: Interval
    #: One-sided bounds of the difference, each with confidence `level`.
    difference_above: float
    difference_below: float
    #: Points from the smallest network to the largest.
    gain: Interval
    #: Multiply-adds over the smallest network's where a doubling begins to buy less than LITTLE;
    #: inf: at no size, by this fit. `little_beyond`: the median lies beyond the series.
    little_from: Interval
    little_beyond: bool
    level: float
    networks: int
    runs: int
    #: Doublings of multiply-adds that the series spans.
    doublings: float
    #: Accuracy in points at `curve_macs`: median, low and high, (3, n).
    curve_macs: Floats
    curve: Floats

    @property
    def helps(self) -> str:
        """Whether the largest network beats the smallest: helps, hurts or open."""
        return {"better": "helps", "worse": "hurts", "open": "open"}[self.gain.verdict]

    @property
    def verdict(self) -> str:
        """diminishing, not visible or contradicted, at `level` one-sided confidence.

        Where the dimension hurts the observation is contradicted, whatever the bend, and where no
        gain is seen there is none that could diminish.
        """
        if self.helps == "hurts":
            return CONTRADICTED
        if self.helps == "open":
            return NOT_VISIBLE
        if self.difference_above > 0:
            return DIMINISHING
        return CONTRADICTED if self.difference_below < 0 else NOT_VISIBLE


def diminishing_returns(
    macs: Floats, errors: Floats, level: float = LEVEL, blocks: bool = True
) -> Diminishing:
    """Judge a series: `macs` (networks,), `errors` (networks, seeds) as fractions, nan: no run.

    blocks: as in `fit_blocks`. Raises InvalidInput with fewer than three trained networks of
    different cost, or too few runs to tell noise from gain.
    """
    macs, errors = np.asarray(macs, float), np.asarray(errors, float)
    kept = np.isfinite(errors).any(axis=1)
    macs, errors = macs[kept], errors[kept]
    if len(np.unique(macs)) < NETWORKS_NEEDED:
        raise InvalidInput(
            f"{len(np.unique(macs))} networks of different cost are trained, but a start and an "
            "end need three: train more of the series"
        )
    require_runs(errors, 3, blocks)
    values = 100 * (1 - errors)
    x = np.log2(macs / macs.min())
    reach = float(x.max())
    rises = _rise(x[None, :], BENDS[:, None], reach)
    fits = fit_blocks(np.stack([np.ones_like(rises), rises], axis=2), values, blocks)
    evidence = np.array([fit.log_evidence for fit in fits])
    weights = np.exp(evidence - evidence.max())
    bend, level_at_start, gain = _draw(fits, weights / weights.sum())
    start = gain * _slope(0.0, bend, reach)
    end = gain * _slope(reach, bend, reach)
    little = _little_from(start, bend)
    grid = np.linspace(0, reach, 60)
    curve = level_at_start[:, None] + gain[:, None] * _rise(grid[None], bend[:, None], reach)

    low, high = tails(level)

    def interval(draws: Floats) -> Interval:
        return Interval._make(np.quantile(draws, [0.5, low, high], method="nearest").tolist())

    little_from = interval(2**little)
    return Diminishing(
        start=interval(start),
        end=interval(end),
        difference=interval(start - end),
        difference_above=float(np.quantile(start - end, 1 - level)),
        difference_below=float(np.quantile(start - end, level)),
        gain=interval(gain),
        little_from=little_from,
        little_beyond=little_from.value > 2**reach,
        level=level,
        networks=len(macs),
        runs=int(np.isfinite(errors).sum()),
        doublings=reach,
        curve_macs=macs.min() * 2**grid,
        curve=np.quantile(curve, [0.5, low, high], axis=0),
    )


def _draw(fits: list[BlockFit], weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Draws of the bend, the level at the start and the gain, (DRAWS,) each; the same each time."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(DRAWS, weights)
    bend = np.repeat(BENDS, counts)
    beta = np.concatenate([fit.draw(int(n), rng) for fit, n in zip(fits, counts) if n])
    return bend, beta[:, 0], beta[:, 1]


def _rise(x: Floats, bend: Floats | float, reach: float) -> Floats:
    """The part of the gain that is reached at x: 0 at 0, 1 at `reach`."""
    k = np.where(np.abs(bend) < 1e-9, 1e-9, bend)
    rise: Floats = np.expm1(-k * math.log(2) * x) / np.expm1(-k * math.log(2) * reach)
    return rise


def _slope(x: float, bend: Floats, reach: float) -> Floats:
    """Derivative of `_rise` by x."""
    k = np.where(np.abs(bend) < 1e-9, 1e-9, bend) * math.log(2)
    slope: Floats = -k * np.exp(-k * x) / np.expm1(-k * reach)
    return slope


def _little_from(start: Floats, bend: Floats) -> Floats:
    """Doublings from which on a doubling buys less than LITTLE for good; inf: from none on."""
    found = np.full(len(start), math.inf)
    found[(start < LITTLE) & (bend >= -1e-9)] = 0.0
    falls = (start >= LITTLE) & (bend > 1e-9)
    found[falls] = np.log2(start[falls] / LITTLE) / bend[falls]
    return found
