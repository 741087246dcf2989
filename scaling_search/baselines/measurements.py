"""Measured networks: the conditions, the networks' seconds, and the model that they make."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.baselines.baseline import Baseline, FamilyMember
from scaling_search.baselines.latency import TimedNetwork, clock, timing
from scaling_search.baselines.measured_networks import ListedNetwork, NetworkList
from scaling_search.baselines.this_device import device_name, governor, megahertz
from scaling_search.baselines.visits import visit
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.text_file import expanded

if TYPE_CHECKING:
    from scaling_search.findings.latency_model import LatencyModel

#: How often each network is visited, far apart in time; so often candidates that are trained.
VISITS, VISITS_OF_MEMBERS = 5, 11
#: Seconds of passes of each visit, and before them so many that do not count: a network is built
#: anew for each visit, and its first passes choose kernels and fill caches.
_SAMPLE, _WARM_UP = 0.04, 0.01
#: Seconds of passes of the reference each time.
_REFERENCE = 0.06
#: Fewer networks make no model.
FEWEST = 30


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under which networks were measured; times in seconds."""

    #: cpu or cuda
    device: str
    device_name: str
    torch_version: str
    #: Images of a pass.
    batch_size: int
    #: On the CPU; a GPU uses them to start its work.
    threads: int
    visits: int
    #: thread: the time of the thread that works; wall: that on the wall.
    clock: str
    #: When it began, in UTC, and how long it took.
    date: str
    took: float
    #: The mean clock of the cores at the beginning and at the end; 0: not told.
    first_megahertz: float
    last_megahertz: float
    #: How the clock is chosen; empty: not told.
    governor: str
    #: What the baseline took for an image, beside which all are measured: the median, the least and
    #: the most over time, and the last third of the time over the first.
    reference: float
    reference_least: float
    reference_most: float
    drift: float
    #: Blocks of visits that were made again since the reference had moved, and those that count
    #: although it had.
    repeated: int
    unsteady: int


@dataclass(frozen=True)
class Measurements:
    """What a device took for networks of a baseline, at one batch size."""

    listed: NetworkList
    conditions: Conditions

    @classmethod
    def read(cls, path: str | Path) -> Measurements:
        """Those of a file, of which nothing is run. Raises InvalidInput."""
        from scaling_search.baselines.measurements_file import read_measurements

        return read_measurements(expanded(path))

    @property
    def networks(self) -> tuple[ListedNetwork, ...]:
        return self.listed.networks

    @property
    def batch_size(self) -> int:
        return self.conditions.batch_size

    @property
    def device(self) -> str:
        """Its name, for people."""
        return self.conditions.device_name

    def known(self, id: str) -> tuple[float, float, float] | None:
        """(low, median, high) seconds of an image, if the network of this id was measured."""
        network = self._by_id.get(id)
        return network.interval if network else None

    @cached_property
    def _by_id(self) -> dict[str, ListedNetwork]:
        return {network.id: network for network in self.networks}

    def model(self, baseline: Baseline) -> LatencyModel:
        """What prices any network of the baseline. Raises InvalidInput: another baseline or data,
        or too few networks."""
        self.listed.require(baseline)
        return self.model_of_all

    @cached_property
    def model_of_all(self) -> LatencyModel:
        """The same for whatever baseline they are of. Raises InvalidInput: too few networks."""
        from scaling_search.findings.latency_model import fit_latency

        if len(self.networks) < FEWEST:
            raise InvalidInput(
                f"{len(self.networks)} networks were measured, but a model of latency needs "
                f"{FEWEST}: measure more, python -m scaling_search.measure --count 150"
            )
        return fit_latency(self.networks, [n.interval[1] for n in self.networks])

    def require_device(self, device: str, name: str, torch_version: str) -> None:
        """Raise InvalidInput unless they are of this device, cpu or cuda, and of this torch."""
        made, asked = self.conditions, (device, name, torch_version)
        if (made.device, made.device_name, made.torch_version) != asked:
            raise InvalidInput(
                f"the measurements are of {made.device_name} ({made.device}) with torch "
                f"{made.torch_version}, not of {name} ({device}) with torch {torch_version}: "
                "measure there, python -m scaling_search.measure"
            )


def measure_networks(
    listed: NetworkList,
    *,
    batch_size: int = 1,
    threads: int = 1,
    visits: int = VISITS,
    device: str = "cpu",
) -> Measurements:
    """Measure all networks of a list on this machine. Raises InvalidInput.

    They are timed as `measure_latency` times them. Each visit builds the network anew, so that few
    are in memory, and that where its weights happen to lie is part of the noise.
    """
    import torch

    whole_number("batch_size", batch_size)
    whole_number("threads", threads)
    if whole_number("visits", visits) < 2:
        raise InvalidInput("visits is 1, but must be at least 2: one alone says nothing of noise")
    began, date = time.monotonic(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    first_megahertz = megahertz()
    with timing(device, threads):
        reference = TimedNetwork.of(listed.baseline, device, threads)
        images = reference.images(batch_size)

        def of_reference() -> float:
            reference.seconds_of_a_pass(images, _WARM_UP)
            return reference.seconds_of_a_pass(images, _REFERENCE) / batch_size

        def of_network(index: int) -> float:
            timed = TimedNetwork.of(listed.networks[index], device, threads)
            x_BCHW = timed.images(batch_size)
            timed.seconds_of_a_pass(x_BCHW, _WARM_UP)
            return timed.seconds_of_a_pass(x_BCHW, _SAMPLE) / batch_size

        found = visit(len(listed.networks), visits, of_network, of_reference)
    conditions = Conditions(
        device=device,
        device_name=device_name(device),
        torch_version=torch.__version__,
        batch_size=batch_size,
        threads=threads,
        visits=visits,
        clock="thread" if clock(device, threads) is time.thread_time else "wall",
        date=date,
        took=round(time.monotonic() - began, 1),
        first_megahertz=first_megahertz or 0.0,
        last_megahertz=megahertz() or 0.0,
        governor=governor(),
        reference=found.level,
        reference_least=float(found.reference.min()),
        reference_most=float(found.reference.max()),
        drift=found.drift,
        repeated=found.repeated,
        unsteady=found.unsteady,
    )
    networks = tuple(
        replace(network, seconds=tuple(row.tolist()))
        for network, row in zip(listed.networks, found.seconds)
    )
    return Measurements(replace(listed, networks=networks), conditions)


def measure_members(members: Sequence[FamilyMember], like: Measurements) -> Measurements:
    """Measure a few networks on this machine under the conditions of other measurements of it.

    Gives each distinct network, the baseline among them, with more visits. Its seconds are on the
    level of `like`, as if the baseline took what it took then; what it takes now, the conditions
    say. Raises InvalidInput: another device or torch.
    """
    import torch

    made = like.conditions
    if made.device == "cpu" or torch.cuda.is_available():
        here = device_name(made.device)
    else:
        here = "a machine without a GPU"
    like.require_device(made.device, here, torch.__version__)
    distinct = {like.listed.baseline.id: replace(like.listed.baseline, seconds=())}
    for member in members:
        distinct.setdefault(member.id, ListedNetwork.of(member))
    now = measure_networks(
        NetworkList(like.listed.name, tuple(distinct.values())),
        batch_size=made.batch_size,
        threads=made.threads,
        visits=VISITS_OF_MEMBERS,
        device=made.device,
    )
    level = made.reference / now.conditions.reference
    networks = tuple(
        replace(network, seconds=tuple(level * s for s in network.seconds))
        for network in now.networks
    )
    return replace(now, listed=replace(now.listed, networks=networks))
