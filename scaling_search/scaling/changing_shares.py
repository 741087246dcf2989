"""Shares that change with size, and what they have in common with constant ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from scaling_search.errors import InvalidInput, finite_number
from scaling_search.scaling.coefficients import Coefficients, Multipliers, Shares

#: Log of a multiplier that no float holds.
_BEYOND = 700.0


class ScalingRule(Protocol):
    """What gives a family its members: `Coefficients`, or shares that change with size."""

    @property
    def nominal_cost_ratio(self) -> float:
        """The growth of cost per unit of phi before rounding."""

    def multipliers(self, phi: float = 1.0) -> Multipliers:
        """The multipliers at compound coefficient phi."""


class Knot(NamedTuple):
    """The shares at one size."""

    #: Over the baseline's.
    cost_ratio: float
    shares: Shares


@dataclass(frozen=True)
class ChangingShares:
    """A family whose shares change with size, by their values at some costs.

    The logs of the multipliers are linear in the log of the nominal cost from knot to knot, so that
    at each knot a dimension has its share of the growth, or of what is saved below the baseline.
    From the baseline to the nearest knot and beyond the last the shares are theirs; where no knot
    lies below the baseline they are those of the first. Raises InvalidInput where no knot lies
    above it, where costs do not grow, or where shares are below 0 or do not add up to 1.
    """

    knots: tuple[Knot, ...]
    #: The growth of nominal cost per unit of phi.
    nominal_cost_ratio: float

    def __post_init__(self) -> None:
        costs = [knot.cost_ratio for knot in self.knots]
        rising = all(a < b for a, b in pairwise([0.0, *costs, math.inf]))
        if not rising or 1.0 in costs or max(costs, default=0.0) <= 1:
            raise InvalidInput(
                f"the costs of the shares are {costs!r}, but must be above 0 and grow, with one "
                "above 1 or more and none that is 1"
            )
        for knot in self.knots:
            Coefficients.from_shares(*knot.shares)  # refuses what are no shares
        if finite_number("nominal_cost_ratio", self.nominal_cost_ratio) <= 1:
            raise InvalidInput(
                f"nominal_cost_ratio is {self.nominal_cost_ratio!r}, but must be above 1"
            )

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[float]], cost_ratio: float) -> ChangingShares:
        """Of rows of a cost and the shares of depth, width and resolution. Raises InvalidInput."""
        for row in rows:
            if len(row) != 4:
                raise InvalidInput(
                    f"the shares of a size are {list(row)!r}, but must be a cost and the shares of "
                    "depth, width and resolution"
                )
        return cls(tuple(Knot(row[0], Shares(*row[1:])) for row in rows), cost_ratio)

    def multipliers(self, phi: float = 1.0) -> Multipliers:
        """The multipliers at compound coefficient phi; fractional and negative phi are allowed."""
        grown = finite_number("phi", phi) * math.log(self.nominal_cost_ratio)
        # Outwards from the baseline, on its side of it.
        larger = [knot for knot in self.knots if knot.cost_ratio > 1]
        smaller = [knot for knot in reversed(self.knots) if knot.cost_ratio < 1]
        knots = larger if grown > 0 else smaller or larger[:1]
        away, at = abs(grown), np.abs(np.log([knot.cost_ratio for knot in knots]))
        shares = np.array([knot.shares for knot in knots])
        if at[0] < away < at[-1]:
            parts = np.array([np.interp(away, at, at * shares[:, i]) for i in range(3)])
        else:
            parts = away * shares[0 if away <= at[0] else -1]
        parts = math.copysign(1.0, grown) * parts
        if np.abs(parts).max() > _BEYOND:
            raise InvalidInput(
                f"phi is {phi!r}, but networks of that size are beyond any number: take a smaller "
                "phi"
            )
        depth, width, resolution = np.exp(parts / [1, 2, 2]).tolist()
        return Multipliers(depth, width, resolution)
