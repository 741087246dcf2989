"""The quantities that a budget can be counted in, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaling_search.baselines.peak_memory import PeakMemory
from scaling_search.baselines.quantity import COUNTS, Bounds, Counted, Quantity
from scaling_search.errors import InvalidInput
from scaling_search.scaling import MemorySetup
from scaling_search.scaling.units import Unit, parse_quantity

if TYPE_CHECKING:
    from scaling_search.baselines.measurements import Measurements

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

    #: What memory is asked for.
    memory: MemorySetup = field(default_factory=MemorySetup)
    #: Images of a pass, for latency (None: 1) and throughput (None: the most that was measured).
    batch_size: int | None = None
    #: Networks that were measured on the device that counts, one batch size each.
    drawn: tuple[Measurements, ...] = ()
    #: Members that were measured there later.
    members: tuple[Measurements, ...] = ()

    def quantity(self, name: str) -> Quantity:
        """The quantity of this name. Raises InvalidInput where something is missing for it."""
        if name in COUNTS:
            return Counted(name)
        if name == "memory":
            return PeakMemory(self.memory)
        if name in ("latency", "throughput"):
            return self._timed(name)
        raise InvalidInput(f"{name!r} is no quantity: give one of {', '.join(UNITS)}")

    def _timed(self, name: str) -> Quantity:
        from scaling_search.baselines.timed import Timed

        sizes = {one.batch_size: one for one in self.drawn}
        wanted = self.batch_size or (1 if name == "latency" else max(sizes, default=1))
        if wanted not in sizes:
            there = ", ".join(map(str, sizes)) or "none"
            raise InvalidInput(
                f"{name} at batch size {wanted} was not measured (batch sizes measured: {there}): "
                "run python -m scaling_search.measure baseline=... data=... --batch-size "
                f"{wanted} --to FILE, and give its file"
            )
        members = next((one for one in self.members if one.batch_size == wanted), None)
        return Timed(name=name, drawn=sizes[wanted], members=members)

    def bounds(self, at_most: Mapping[str, Any], where: str = "constraint.at_most.") -> Bounds:
        """Bounds as people write them, such as {memory: 8GiB}. Raises InvalidInput."""
        limits = {name: self.amount(name, v, f"{where}{name}") for name, v in at_most.items()}
        return Bounds(tuple((self.quantity(name), limit) for name, limit in limits.items()))

    def amount(self, name: str, value: Any, where: str) -> float:
        """A value as people write it, in what the quantity counts. Raises InvalidInput."""
        amount = parse_quantity(where, value, UNITS[name])
        # Of images a second a network may have more, so of seconds an image it has at most.
        return 1 / amount if name == "throughput" else amount
