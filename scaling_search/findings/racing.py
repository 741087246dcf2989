"""Racing: which candidates get one more seed, so that the final choice is good for few runs.

The next runs go where they may show a better choice (expected improvement; Jones, Schonlau and
Welch 1998, Journal of Global Optimization 13, 455-492), per run that the candidate then has: the
first runs of a candidate tell more of it than later ones. The present choice counts as much as its
best rival, so that it is not kept by luck. Other rules were tried: docs/calibration.md.
"""

from __future__ import annotations

import numpy as np

from scaling_search.findings.design import Design
from scaling_search.findings.interval import Bools
from scaling_search.findings.surface import Surface
from scaling_search.findings.surface_prior import PRIOR
from scaling_search.findings.triangle import quadratic


def first_round(design: Design, size: int) -> tuple[int, ...]:
    """Indices of `size` candidates that tell most of the surface.

    Each is the one whose error is the least known after those before it (a greedy D-optimal
    design), by a surface of three times, steps of once and deviations of half the noise of a run.
    """
    scale = np.repeat([PRIOR.level_scale, 3.0, 3.0 * PRIOR.curvature], [1, 2, 3])
    price = design.log_pixel_price * PRIOR.pixel_price_slope[1]
    weighted = np.column_stack([quadratic(design.shares) * scale, price, design.steps])
    known = weighted @ weighted.T + 0.25 * np.eye(len(design))
    chosen: list[int] = []
    while len(chosen) < min(size, len(design)):
        left = np.diag(known).copy()
        left[chosen] = -1
        index = int(np.argmax(np.round(left, 9)))
        chosen.append(index)
        known = known - np.outer(known[index], known[index]) / (known[index, index] + 1)
    return tuple(chosen)


def next_runs(surface: Surface, runs: int, possible: Bools | None = None) -> tuple[int, ...]:
    """Indices of the candidates that get one more seed each, the most telling first.

    runs: how many to name at most; a candidate is named once at most. possible: candidates not yet
    excluded, by default all.
    """
    able = np.ones(len(surface.mean), bool) if possible is None else np.asarray(possible, bool)
    error = np.exp(surface.log_error)
    gain = np.maximum(error[:, [surface.choice]] - error, 0).mean(axis=0)
    gain[surface.choice] = gain.max()
    order = np.argsort(-np.round(gain / (1 + surface.runs), 12), kind="stable")
    return tuple(int(i) for i in order[able[order]][:runs])
