"""Synthetic landscapes with a known optimum: what a search on the triangle is tested against.

The smooth part of log error is made on a lattice like that of real networks and brought to a given
spread between candidates. What rounding does comes on top: a pixel's price differs, networks of one
resolution share a step, costs differ by a few per cent, and each candidate has a deviation of its
own (tau). Runs add an effect of the seed (omega) and noise (sigma). All of these are in log error:
0.05 is 5 % of an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from search_table import Network, Table

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.triangle import PLANE, triangle
from scaling_search.scaling import Coefficients

Floats = NDArray[np.float64]

#: What `make_landscape` knows. `inside`, `edge`: a quadratic whose lowest point lies there. `dent`,
#: `returns`: not quadratic; a well in a plain, and diminishing returns of each dimension.
KINDS = ("inside", "edge", "dent", "returns")
#: Error of the middle of a landscape.
LEVEL = 0.2
#: The baseline's, in px; its scaled networks have 16 to 23.
BASELINE_RESOLUTION = 16
COST_RATIO = 2.0
#: Log error for each unit of log cost is drawn from here: what doublings of small networks buy.
COST_SLOPES = (-0.6, 0.0)
#: Log error for each unit of log pixel price, likewise: least squares on benchmarks/tables give
#: 0.78, 0.80 and 0.18.
PIXEL_PRICE_SLOPES = (0.0, 0.9)


@dataclass(frozen=True, eq=False)
class Landscape:
    """Candidates with their true errors (fractions), and the true optimum of the smooth part."""

    kind: str
    design: Design
    #: (candidates,): smooth part, pixel price, step and deviation; at the wished cost.
    error: Floats
    #: (candidates,): the same at each network's own cost, which is what runs show.
    own_error: Floats
    #: (3,): where on the triangle the smooth part is lowest, to a step of 1/120.
    optimum: Floats

    @property
    def best(self) -> int:
        """Index of the candidate with the lowest true error at the wished cost."""
        return int(np.argmin(self.error))

    @property
    def networks(self) -> tuple[Network, ...]:
        """The candidates as a search sees them."""
        design = self.design
        cost, price = np.exp(design.log_cost), np.exp(design.log_pixel_price)
        return tuple(
            Network(
                f"n{index}",
                Coefficients.from_shares(*shares, cost_ratio=COST_RATIO),
                int(design.resolution[index]),
                COST_RATIO * float(cost[index]),
                int(1e6 * cost[index]),
                float(price[index]),
            )
            for index, shares in enumerate(design.shares.tolist())
        )

    def runs(self, seeds: int, sigma: float, omega: float, rng: np.random.Generator) -> Floats:
        """(candidates, seeds): errors of trainings whose means over seeds are `own_error`."""
        block, noise = rng.normal(0, omega, seeds), rng.normal(0, sigma, (len(self.error), seeds))
        log_error = np.log(self.own_error)[:, None] - 0.5 * (sigma**2 + omega**2) + block + noise
        return np.asarray(np.minimum(np.exp(log_error), 1.0))

    def table(self, seeds: int, sigma: float, omega: float, rng: np.random.Generator) -> Table:
        """Runs of one epoch, as a table that a search can be replayed on."""
        errors = self.runs(seeds, sigma, omega, rng)[:, :, None]
        return Table(self.kind, self.networks, errors, COST_RATIO)


def make_landscape(
    kind: str,
    spread: float,
    tau: float,
    rng: np.random.Generator,
    *,
    lattice: int = 7,
    step: float = 0.0,
    cost: float = 0.0,
) -> Landscape:
    """A random landscape.

    spread: standard deviation of the smooth part over the candidates. step: that of what networks
    of one resolution have in common beyond the price of a pixel. cost: by how much costs differ at
    most, in log; without any, pixels have one price.
    """
    points = triangle(lattice)
    # Rounding moves real networks off the lattice, along the edges and inside.
    moved = points + (points > 0) * rng.uniform(-0.25, 0.25, points.shape) / lattice
    shares = moved / moved.sum(axis=1, keepdims=True)
    smooth = _smooth(kind, rng)
    fine = triangle(120)
    optimum = fine[int(np.argmin(smooth(fine)))]
    value = smooth(shares)
    value = (value - value.mean()) * spread / value.std()
    log_error = np.log(LEVEL) + value + rng.normal(0, tau, len(shares))

    pixels, which = np.unique(
        np.rint(BASELINE_RESOLUTION * COST_RATIO ** (shares[:, 2] / 2)).astype(int),
        return_inverse=True,
    )
    price = np.log(_pixel_price(pixels))[which] * (cost > 0)
    log_error += rng.normal(0, step, len(pixels))[which] + rng.uniform(*PIXEL_PRICE_SLOPES) * price
    log_cost = rng.uniform(-cost, cost, len(shares))
    own = log_error + rng.uniform(*COST_SLOPES) * log_cost
    design = Design(
        shares=shares, log_cost=log_cost, resolution=pixels[which], log_pixel_price=price
    )
    return Landscape(kind, design, np.exp(log_error), np.exp(own), optimum)


def _pixel_price(pixels: NDArray[np.int64]) -> Floats:
    """Of networks that compute as much on the maps after a first stride of 2 as after a second."""
    sides = np.stack([stride * -(-pixels // stride) for stride in (2, 4)])
    return np.asarray(((sides / pixels) ** 2).mean(axis=0))


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
