"""The coefficients of compound scaling, and how they spend the compute budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from scaling_search.errors import InvalidInput, finite_number


class Multipliers(NamedTuple):
    """By how much a network is made deeper, wider and finer (1 = the baseline)."""

    depth_mult: float
    width_mult: float
    resolution_mult: float


class Shares(NamedTuple):
    """The part of the compute growth, in log space, that each dimension gets; they add up to 1."""

    depth: float
    width: float
    resolution: float


#: What is scaled, in the order of the shares.
DIMENSIONS = Shares._fields


@dataclass(frozen=True)
class Coefficients:
    """Bases of the depth, width and resolution multipliers (Tan & Le 2019, Eq. 3).

    depth = alpha**phi, width = beta**phi, resolution = gamma**phi, and the nominal cost of a
    network grows by (alpha * beta**2 * gamma**2)**phi. Each must be finite and at least 1, as in
    the paper. Raises InvalidInput otherwise.
    """

    alpha: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            value = finite_number(name, getattr(self, name))
            if value < 1:
                raise InvalidInput(
                    f"{name} is {value!r}, but must be at least 1: "
                    "a coefficient below 1 would shrink the network as compute grows"
                )
            object.__setattr__(self, name, value)

    @property
    def nominal_cost_ratio(self) -> float:
        """alpha * beta**2 * gamma**2: the growth of cost per unit of phi before rounding."""
        return self.alpha * self.beta**2 * self.gamma**2

    def multipliers(self, phi: float = 1.0) -> Multipliers:
        """The multipliers at compound coefficient phi; fractional and negative phi are allowed."""
        phi = finite_number("phi", phi)
        try:
            return Multipliers(self.alpha**phi, self.beta**phi, self.gamma**phi)
        except OverflowError as error:
            raise InvalidInput(
                f"phi is {phi!r}, but {self} raised to it is beyond any number: take a smaller phi"
            ) from error

    def shares(self) -> Shares:
        """log(alpha), 2 log(beta), 2 log(gamma), each over the log of the nominal cost ratio."""
        parts = (math.log(self.alpha), 2 * math.log(self.beta), 2 * math.log(self.gamma))
        total = sum(parts)
        if total == 0:
            raise InvalidInput(
                "alpha, beta and gamma are all 1, so no compute is added and shares have no "
                "meaning: raise at least one of them above 1"
            )
        return Shares(*(part / total for part in parts))

    @classmethod
    def from_shares(
        cls, depth: float, width: float, resolution: float, cost_ratio: float = 2.0
    ) -> Coefficients:
        """The coefficients that spend `cost_ratio` in these shares, which must add up to 1."""
        shares = {"depth": depth, "width": width, "resolution": resolution}
        for name, value in shares.items():
            if finite_number(f"the share of {name}", value) < 0:
                raise InvalidInput(f"the share of {name} is {value!r}, but must be at least 0")
        if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
            raise InvalidInput(
                f"the shares {depth} + {width} + {resolution} add up to {sum(shares.values()):g}, "
                "but must add up to 1"
            )
        if finite_number("cost_ratio", cost_ratio) <= 1:
            raise InvalidInput(f"cost_ratio is {cost_ratio!r}, but must be above 1")
        return cls(cost_ratio**depth, cost_ratio ** (width / 2), cost_ratio ** (resolution / 2))


#: Tan & Le 2019, section 3.3: the coefficients that the grid search of the paper arrived at.
PAPER = Coefficients(alpha=1.2, beta=1.1, gamma=1.15)
