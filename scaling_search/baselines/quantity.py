"""What "twice as much" is counted in: a quantity of a network that grows with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Cost, Grid
from scaling_search.scaling.rounding import Floats
from scaling_search.wording import Amounts

if TYPE_CHECKING:
    from scaling_search.baselines.baseline import FamilyMember


class Quantity(ABC):
    """Prices networks. Equation 2 of Tan & Le 2019 bounds memory and FLOPS; users bound others."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Of constraint.on, and of the columns that hold it."""

    @property
    @abstractmethod
    def what(self) -> str:
        """In sentences and on axes: `multiply-adds`."""

    @property
    @abstractmethod
    def axis(self) -> str:
        """On the axis of a figure."""

    @property
    @abstractmethod
    def explained(self) -> str:
        """What it is, in a sentence for a caption."""

    @property
    def by_pixels(self) -> bool:
        """Whether it grows with the square of the resolution, but for what rounding adds."""
        return False

    @abstractmethod
    def of(self, member: FamilyMember) -> float:
        """Of one network, in its unit; above 0."""

    @abstractmethod
    def of_grid(self, grid: Grid) -> Floats:
        """(n,): of all networks of a grid."""

    def is_measured(self, member: FamilyMember) -> bool:
        """Whether that of a network comes from measuring it; counting is as good."""
        return True

    def log_se(self, member: FamilyMember) -> float:
        """The standard error of the log of what is known of a network; 0 where it is counted."""
        return 0.0

    def log_se_of_grid(self, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
        """(n,) each: that of each network of a grid, and whether it was measured or counted."""
        return np.zeros(len(grid.pair_of)), np.ones(len(grid.pair_of), bool)

    @abstractmethod
    def text(self, value: float) -> str:
        """A value, with its unit where `what` names none: `254,936`, `3.41 ms`."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """What stands behind a value in a sentence: `multiply-adds`, `of latency`."""

    @property
    def amounts(self) -> Amounts:
        """How a forecast tells them."""
        return Amounts(self.text, self.unit)

    def told(self, value: float) -> str:
        """A value in a sentence: `254,936 multiply-adds`."""
        return self.amounts.told(value)

    def rounded(self, value: float) -> str:
        """A value to two digits: what comes from a forecast carries no more."""
        return self.text(float(f"{value:.2g}"))


#: What `Cost` counts, in words.
COUNTS: Mapping[str, str] = {
    "macs": "multiply-adds",
    "params": "parameters",
    "activations": "activations",
}


@dataclass(frozen=True)
class Counted(Quantity):
    """What is counted of one forward pass of one image."""

    name: str = "macs"

    @property
    def what(self) -> str:
        return COUNTS[self.name]

    @property
    def unit(self) -> str:
        return self.what

    @property
    def axis(self) -> str:
        return self.what if self.name == "params" else f"{self.what} of one forward pass"

    @property
    def explained(self) -> str:
        if self.name != "macs":
            return f"{self.what.capitalize()} are those of convolutions and linear layers."
        return (
            "Multiply-adds are those of convolutions and linear layers; the paper prints them as "
            "FLOPs."
        )

    @property
    def by_pixels(self) -> bool:
        return self.name != "params"

    def of(self, member: FamilyMember) -> float:
        return float(self.of_cost(member.cost))

    def of_cost(self, cost: Cost) -> int:
        """The part of a cost that it is."""
        count: int = getattr(cost, self.name)
        return count

    def of_grid(self, grid: Grid) -> Floats:
        return np.asarray(grid.counts(self.name), float)

    def text(self, value: float) -> str:
        return f"{value:,.0f}"


MACS = Counted("macs")


@dataclass(frozen=True)
class Bounds:
    """What no network may exceed, quantity by quantity."""

    limits: tuple[tuple[Quantity, float], ...] = ()

    def broken_by(self, member: FamilyMember) -> str:
        """Which of them a network exceeds, and by what; empty where it exceeds none."""
        broken = []
        for quantity, limit in self.limits:
            value = quantity.of(member)
            if value > limit:
                broken.append(f"{quantity.told(value)}, beyond the bound of {quantity.text(limit)}")
        return " and ".join(broken)

    def require_base(self, baseline: FamilyMember) -> None:
        """Raise InvalidInput where not even the baseline is within."""
        if broken := self.broken_by(baseline):
            raise InvalidInput(
                f"constraint.at_most leaves no room: the baseline {baseline.baseline.name} itself "
                f"has {broken}: raise it, or begin with a smaller baseline"
            )


UNBOUNDED = Bounds()
