"""What every study of series shares: its settings, and the points that it lists."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.search import CostConstraint, SweepSettings

if TYPE_CHECKING:
    from scaling_search.series.networks import LeftOut, Networks, Point


@dataclass(frozen=True)
class SeriesSettings(SweepSettings, ABC):
    """A kind of study that trains series of networks and compares them."""

    STARTS: ClassVar[frozenset[str]] = frozenset({"baseline"})

    def __post_init__(self) -> None:
        super().__post_init__()
        value = self.largest_cost
        if value is not None and not (math.isfinite(value) and value > 1):
            raise InvalidInput(
                f"sweep.largest_cost is {value!r}, but must be above 1, or null for all"
            )

    @abstractmethod
    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """The networks of every series of a baseline, in order; those that have none, and why.

        constraint: how near the cost must come where one is asked for; its cost_ratio is not used.
        native_resolution: side of the images in pixels.
        """

    @property
    def largest_cost(self) -> float | None:
        """Cost over the baseline's above which networks are left out; None leaves out none."""
        return None

    def check(self, networks: Networks) -> None:
        """Raise InvalidInput where these networks cannot be compared."""

    def plan_remarks(self, networks: Networks) -> Sequence[str]:
        """What a reader of the plan should know before the networks are trained."""
        return ()


def require_numbers(
    name: str, values: Sequence[float], low: float, high: float, ordered: bool = True
) -> None:
    """Raise InvalidInput unless all are numbers from low to high, and growing where ordered."""
    numbers = all(isinstance(v, int | float) and math.isfinite(v) for v in values)
    if not numbers or not all(low <= v <= high for v in values):
        raise InvalidInput(
            f"{name} is {list(values)!r}, but must hold numbers between {low:g} and {high:g}"
        )
    if ordered and list(values) != sorted(set(values)):
        raise InvalidInput(f"{name} is {list(values)!r}, but must hold growing numbers: sort it")
