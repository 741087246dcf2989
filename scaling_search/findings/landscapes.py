"""Synthetic landscapes with a known optimum: what a search on the triangle is tested against.

The smooth part of log error is made on a lattice like that of real networks, brought to a given
spread between candidates, and each candidate deviates from it by a random amount (tau). Runs add
an effect of the seed (omega) and noise (sigma). All four are in log error: 0.05 is 5 % of an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.triangle import PLANE, triangle

Floats = NDArray[np.float64]

#: What `make_landscape` knows. `inside`, `edge`: a quadratic whose lowest point lies there. `dent`,
#: `returns`: not quadratic; a well in a plain, and diminishing returns of each dimension.
KINDS = ("inside", "edge", "dent", "returns")
#: Error of the middle of a landscape.
LEVEL = 0.2


@dataclass(frozen=True, eq=False)
class Landscape:
    """Candidates with their true errors (fractions), and the true optimum of the smooth part."""

    kind: str
    #: (candidates, 3)
    shares: Floats
    #: (candidates,): smooth part and deviation.
    error: Floats
    #: (3,): where on the triangle the smooth part is lowest, to a step of 1/120.
    optimum: Floats

    @property
    def best(self) -> int:
        """Index of the candidate with the lowest true error."""
        return int(np.argmin(self.error))

    def runs(self, seeds: int, sigma: float, omega: float, rng: np.random.Generator) -> Floats:
        """(candidates, seeds): errors of trainings whose means over seeds are the true errors."""
        block, noise = rng.normal(0, omega, seeds), rng.normal(0, sigma, (len(self.error), seeds))
        log_error = np.log(self.error)[:, None] - 0.5 * (sigma**2 + omega**2) + block + noise
        return np.asarray(np.minimum(np.exp(log_error), 1.0))


def make_landscape(
    kind: str, spread: float, tau: float, rng: np.random.Generator, steps: int = 7
) -> Landscape:
    """A random landscape; spread: standard deviation of the smooth part over the candidates."""
    lattice = triangle(steps)
    # Rounding moves real networks off the lattice, along the edges and inside.
    moved = lattice + (lattice > 0) * rng.uniform(-0.25, 0.25, lattice.shape) / steps
    shares = moved / moved.sum(axis=1, keepdims=True)
    smooth = _smooth(kind, rng)
    fine = triangle(120)
    optimum = fine[int(np.argmin(smooth(fine)))]
    value = smooth(shares)
    value = (value - value.mean()) * spread / value.std()
    log_error = np.log(LEVEL) + value + rng.normal(0, tau, len(shares))
    return Landscape(kind, shares, np.exp(log_error), optimum)


def _smooth(kind: str, rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """Log error at shares (points, 3), up to a shift and a factor."""
    if kind == "returns":
        # Each dimension takes its own part of the error away, with its own exponent.
        part, exponent = rng.dirichlet([2, 2, 2]), rng.uniform(0.5, 4, 3)
        return lambda shares: np.log(0.1 + np.exp2(-exponent * shares) @ part)
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 2.5)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    form = PLANE @ turn.T * np.array([1, stretch])
    if kind == "edge":
        # Beyond a side or a corner.
        lowest = rng.dirichlet([1, 1, 1]) * 1.2
        lowest[rng.integers(3)] = -rng.uniform(0.02, 0.5)
        lowest /= lowest.sum()
    elif kind in ("inside", "dent"):
        lowest = 0.1 + 0.7 * rng.dirichlet([1, 1, 1])
    else:
        raise InvalidInput(f"kind is {kind!r}, but must be one of {', '.join(KINDS)}")

    def bowl(shares: Floats) -> Floats:
        return np.asarray((((shares - lowest) @ form) ** 2).sum(axis=1))

    return bowl if kind != "dent" else lambda shares: -np.exp(-bowl(shares) / 0.18)
