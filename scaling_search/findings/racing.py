"""Racing: which candidates get one more seed, so that the final choice is good for few runs.

The knowledge gradient for correlated beliefs (Frazier, Powell and Dayanik 2009, INFORMS Journal on
Computing 21, 599-613): the next run goes where it lowers the expected error of the candidate that
would be chosen after it the most. A run tells of its candidate and, through the surface, of its
neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings.surface import Surface, fit_surface
from scaling_search.findings.triangle import quadratic

Floats = NDArray[np.float64]

#: A first look at the surface: as many runs as the quadratic has coefficients, and some more.
START = 10


def first_round(shares: Floats, size: int = START) -> tuple[int, ...]:
    """Indices of `size` candidates of shares (candidates, 3) that tell most of the surface.

    Each is the one whose error is the least known after those before it (a greedy D-optimal
    design), by a surface of three times and deviations of half the noise of a run.
    """
    scale = np.array([30.0, 3.0, 3.0, 4.5, 4.5, 4.5])
    weighted = quadratic(shares) * scale
    known = weighted @ weighted.T + 0.25 * np.eye(len(shares))
    chosen: list[int] = []
    while len(chosen) < min(size, len(shares)):
        left = np.diag(known).copy()
        left[chosen] = -1
        index = int(np.argmax(np.round(left, 9)))
        chosen.append(index)
        known = known - np.outer(known[index], known[index]) / (known[index, index] + 1)
    return tuple(chosen)


def racing_round(
    shares: Floats,
    errors: Floats,
    runs: int,
    log_cost: Floats | None = None,
    possible: NDArray[np.bool_] | None = None,
) -> tuple[int, ...]:
    """Indices of the candidates that get one more seed each, the most telling first.

    shares: (candidates, 3). errors: (candidates, seeds), nan where not trained. runs: how many to
    name at most. possible: candidates not yet excluded, by default all. A candidate is named once
    at most. Without any error, the first round.
    """
    if not np.isfinite(errors).any():
        return first_round(shares, runs)
    return next_runs(fit_surface(shares, errors, log_cost), runs, possible)


def next_runs(
    surface: Surface, runs: int, possible: NDArray[np.bool_] | None = None
) -> tuple[int, ...]:
    """As racing_round, from a surface."""
    able = np.ones(len(surface.mean), bool) if possible is None else np.asarray(possible, bool)
    error = np.exp(surface.log_error)
    known = np.cov(error, rowvar=False).reshape(len(able), len(able))
    noise = (surface.sigma * surface.mean) ** 2
    z, weight = np.polynomial.hermite_e.hermegauss(15)
    weight = weight / weight.sum()
    chosen: list[int] = []
    for _ in range(min(runs, int(able.sum()))):
        # How the expected errors of all (columns) would move with a run of each (rows).
        move = known / np.sqrt(np.diag(known) + noise)[:, None]
        after = (surface.mean[:, None] + move[:, :, None] * z)[:, able].min(axis=1) @ weight
        after[~able] = np.inf
        after[chosen] = np.inf
        index = int(np.argmin(after))
        chosen.append(index)
        known = known - np.outer(known[index], known[index]) / (known[index, index] + noise[index])
    return tuple(chosen)
