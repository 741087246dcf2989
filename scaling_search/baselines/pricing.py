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
        limits = []
        for name, value in at_most.items():
            limit = parse_quantity(f"{where}{name}", value, UNITS[name])
            # Of images a second a network may have more, so of seconds an image it has at most.
            limits.append((self.quantity(name), 1 / limit if name == "throughput" else limit))
        return Bounds(tuple(limits))
