"""Latency and throughput: measured on a device, and between its networks told by a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines.measured_networks import ListedNetwork
from scaling_search.baselines.measurements import Measurements
from scaling_search.baselines.quantity import Quantity
from scaling_search.scaling import Architecture, Grid
from scaling_search.scaling.rounding import Floats
from scaling_search.wording import three_digits

if TYPE_CHECKING:
    from scaling_search.baselines.baseline import FamilyMember
    from scaling_search.findings.latency_model import LatencyModel


@dataclass(frozen=True, eq=False, kw_only=True)
class Timed(Quantity):
    """Seconds of an image on the device of the measurements, in passes of their batch size.

    Of members that were measured since they are to be trained it is known, of others a model of
    the drawn networks tells it.
    """

    #: latency or throughput, which are the same seconds in other words.
    name: str = "latency"
    #: From which the model follows.
    drawn: Measurements
    #: Of networks that were measured afterwards, since they are to be trained.
    members: Measurements | None = None

    @property
    def what(self) -> str:
        batch = self.drawn.batch_size
        if self.name == "latency":
            return "latency" if batch == 1 else f"time of an image at batch {batch}"
        return f"throughput at batch {batch}"

    @property
    def unit(self) -> str:
        return "an image" if self.name == "latency" else f"at batch {self.drawn.batch_size}"

    @property
    def axis(self) -> str:
        return f"{self.what} on {self.drawn.device}"

    @property
    def explained(self) -> str:
        made = self.drawn.conditions
        threads = f"{made.threads} thread{'s' if made.threads > 1 else ''}"
        where = f"{made.device_name}, {threads}" if made.device == "cpu" else made.device_name
        sd = 100 * self.model.relative_sd
        return (
            f"{self.what.capitalize()} on {where}: measured, or told by a model of "
            f"{len(self.drawn.networks)} measured networks, which errs by {sd:.1f} % (standard "
            "deviation on networks that it did not see)."
        )

    @cached_property
    def model(self) -> LatencyModel:
        return self.drawn.model_of_all

    def of(self, member: FamilyMember) -> float:
        if self.is_measured(member):
            return self._members[member.id].interval[1]
        return self.model.of_member(member)

    def is_measured(self, member: FamilyMember) -> bool:
        return self.members is not None and member.id in self._members

    def log_se(self, member: FamilyMember) -> float:
        return self._members[member.id].se if self.is_measured(member) else self.model.relative_sd

    def of_grid(self, grid: Grid) -> Floats:
        seconds = self.model.of_grid(grid)
        for rows, network in self._measured_rows(grid):
            seconds[rows] = network.interval[1]
        return seconds

    def log_se_of_grid(self, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
        rows = len(grid.pair_of)
        se, measured = np.full(rows, self.model.relative_sd), np.zeros(rows, bool)
        for at, network in self._measured_rows(grid):
            se[at], measured[at] = network.se, True
        return se, measured

    @cached_property
    def _members(self) -> dict[str, ListedNetwork]:
        return {one.id: one for one in self.members.networks} if self.members else {}

    def _measured_rows(self, grid: Grid) -> Iterator[tuple[NDArray[np.intp], ListedNetwork]]:
        """Where a grid has the members that were measured."""
        channels = np.stack([np.broadcast_to(c, grid.size.shape) for c in grid.channels], axis=1)
        for one in self._members.values():
            if not isinstance(one.network, Architecture):
                continue
            pair = (grid.size == one.resolution) & (channels == one.network.channels).all(axis=1)
            depth = (grid.repeats == one.network.repeats).all(axis=1)
            yield np.flatnonzero(pair[grid.pair_of] & depth[grid.depth_of]), one

    def text(self, value: float) -> str:
        if self.name == "throughput":
            return f"{1 / value:,.0f} images/s" if value < 0.01 else f"{1 / value:.3g} images/s"
        for factor, unit in ((1, "s"), (1e3, "ms")):
            if value * factor >= 1:
                return f"{three_digits(value * factor)} {unit}"
        return f"{three_digits(value * 1e6)} µs"
