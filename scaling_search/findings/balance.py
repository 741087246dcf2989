"""Observation 2: at equal cost, is a base that is deeper and finer better than width alone?

Tan & Le 2019, section 3.3 and Figure 4, judged on runs. All series follow one curve of accuracy
against doublings of multiply-adds, a series lies above or below it by its own number of points:

    y = a_series + b x + c x^2,

with seeds as blocks, or runs as repetitions, and networks that deviate (blocks.py). Two series are
compared only where both reach the same realised cost; the difference a_i - a_j is then their
difference at equal cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.blocks import BlockFit, fit_blocks, require_runs
from scaling_search.findings.interval import LEVEL, Floats, Interval, tails

DRAWS = 8000


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How many points of accuracy `series` lies above `rival` at equal multiply-adds."""

    series: str
    rival: str
    points: Interval
    #: Multiply-adds over which both have networks; nan, nan: at none, so nothing is compared.
    macs_from: float
    macs_to: float

    @property
    def verdict(self) -> str:
        """better, worse or open; `no common cost` where they do not overlap."""
        return self.points.verdict if np.isfinite(self.macs_from) else "no common cost"


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Series compared at equal cost."""

    #: Every series against every earlier one, each interval by itself.
    gaps: tuple[Gap, ...]
    networks: int
    runs: int
    #: Accuracy in points of each series over its own costs: macs and points, (n,) each.
    curves: dict[str, tuple[Floats, Floats]]

    def gap(self, series: str, rival: str) -> Gap:
        """The gap of two series; `rival` stands earlier."""
        return next(g for g in self.gaps if (g.series, g.rival) == (series, rival))


def balance(
    series: Sequence[str],
    macs: Floats,
    errors: Floats,
    level: float = LEVEL,
    blocks: bool = True,
) -> Balance:
    """Compare series at equal cost.

    series: name of the series of each point (points,); macs: (points,); errors: (points, seeds),
    fractions, nan: no run. blocks: as in `fit_blocks`. Raises InvalidInput where fewer than two
    series are trained or too few runs.
    """
    macs, errors = np.asarray(macs, float), np.asarray(errors, float)
    kept = np.isfinite(errors).any(axis=1)
    names = [series[int(index)] for index in np.flatnonzero(kept)]
    macs, errors = macs[kept], errors[kept]
    order = list(dict.fromkeys(names))
    if len(order) < 2:
        raise InvalidInput(f"{len(order)} series are trained, but a comparison needs two")
    x = np.log2(macs / macs.min())
    member = np.array([[name == other for other in order] for name in names], float)
    design = np.column_stack([member, x, x**2])
    if np.linalg.matrix_rank(design) < design.shape[1] or len(x) <= design.shape[1]:
        # Too few networks to see a bend by.
        design = design[:, :-1]
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InvalidInput("no series has two networks of different cost: train more of them")
    require_runs(errors, design.shape[1], blocks)
    (fit,) = fit_blocks(design[None], 100 * (1 - errors), blocks)
    draws = fit.draw(DRAWS, np.random.default_rng(0))
    own = {name: macs[np.array(names) == name] for name in order}
    spans = {name: (float(costs.min()), float(costs.max())) for name, costs in own.items()}
    low, high = tails(level)
    gaps = []
    for j, i in itertools.combinations(range(len(order)), 2):
        points = np.quantile(draws[:, i] - draws[:, j], [0.5, low, high])
        first = max(spans[order[i]][0], spans[order[j]][0])
        last = min(spans[order[i]][1], spans[order[j]][1])
        overlap = first <= last
        gaps.append(
            Gap(
                series=order[i],
                rival=order[j],
                points=Interval._make(points.tolist()),
                macs_from=first if overlap else np.nan,
                macs_to=last if overlap else np.nan,
            )
        )
    return Balance(
        gaps=tuple(gaps),
        networks=len(macs),
        runs=int(np.isfinite(errors).sum()),
        curves={
            name: _curve(fit, spans[name], macs.min(), at, design.shape[1] - len(order))
            for at, name in enumerate(order)
        },
    )


def _curve(
    fit: BlockFit, span: tuple[float, float], smallest: float, at: int, bends: int
) -> tuple[Floats, Floats]:
    macs = np.geomspace(*span, 40)
    beta = fit.weights @ fit.estimate
    x = np.log2(macs / smallest)
    powers = np.array([x ** (power + 1) for power in range(bends)])
    points: Floats = beta[at] + beta[-bends:] @ powers
    return macs, points
