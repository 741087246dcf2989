"""The quantities that a budget can be counted in, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_search.baselines.quantity import COUNTS, Bounds, Counted, Quantity
from scaling_search.errors import InvalidInput
from scaling_search.scaling.units import Unit, parse_quantity

#: What a bound is given in.
UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(COUNTS, "count"),
    "memory": "bytes",
    "latency": "seconds",
    "throughput": "images/s",
}


@dataclass(frozen=True)
class Pricing:
    """What quantities depend on beside the network."""

    def quantity(self, name: str) -> Quantity:
        """The quantity of this name. Raises InvalidInput where something is missing for it."""
        if name in COUNTS:
            return Counted(name)
        raise InvalidInput(f"{name!r} is no quantity: give one of {', '.join(UNITS)}")

    def bounds(self, at_most: Mapping[str, Any], where: str = "constraint.at_most.") -> Bounds:
        """Bounds as people write them, such as {memory: 8GiB}. Raises InvalidInput."""
        limits = {name: self.amount(name, v, f"{where}{name}") for name, v in at_most.items()}
        return Bounds(tuple((self.quantity(name), limit) for name, limit in limits.items()))

    def amount(self, name: str, value: Any, where: str) -> float:
        """A value as people write it, in what the quantity counts. Raises InvalidInput."""
        amount = parse_quantity(where, value, UNITS[name])
        # Of images a second a network may have more, so of seconds an image it has at most.
        return 1 / amount if name == "throughput" else amount
