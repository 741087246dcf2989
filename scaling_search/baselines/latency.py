"""How long networks really take: one image alone, and many images in a batch, measured in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines.baseline import FamilyMember, Network, build_network
from scaling_search.baselines.layout import lay_out, memory_format_of, place
from scaling_search.errors import InvalidInput, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

#: One core, as in Table 4 of Tan & Le 2019.
THREADS = 1
#: Images of a batch, as in the timings of Radosavovic et al. 2020 and Dollar et al. 2021.
BATCH_SIZE = 64
#: Rounds that count. Twenty networks of a millisecond take about half a minute.
ROUNDS = 20
#: Rounds before them that do not: the first passes choose kernels and fill caches.
WARM_UP_ROUNDS = 2
#: A sample repeats the pass for at least so long: the clock's resolution is below 1e-4 of it.
SAMPLE_SECONDS = 0.02


class Quartiles(NamedTuple):
    """The middle of the rounds, and where their middle half lies."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Quartiles:
        return cls(*np.quantile(values, [0.25, 0.5, 0.75]).tolist())


@dataclass(frozen=True)
class Latency:
    """What one network took, over the rounds of one measurement."""

    #: FamilyMember.id
    network: str
    #: One image alone.
    seconds_per_image: Quartiles
    #: At `batch_size`.
    images_per_second: Quartiles
    batch_size: int
    #: On the CPU; a GPU uses them to start its work.
    threads: int
    rounds: int
    #: Rounds before them that were not counted.
    warm_up: int
    device: str


def measure_latency(
    members: Sequence[FamilyMember],
    *,
    batch_size: int = BATCH_SIZE,
    threads: int = THREADS,
    rounds: int = ROUNDS,
    device: str = "cpu",
) -> tuple[Latency, ...]:
    """Time forward passes of networks with fresh weights, as the evaluation of a run makes them.

    That is in eval and inference mode, in the layout of training, and with bf16 autocast on a GPU;
    device is cpu or cuda. The networks take turns in every round, in an order that moves on by one,
    so that a slow moment of a shared machine hits all of them alike. All stay in memory. A large
    network takes rounds + 2 times the time of a batch and two images.

    Gives one Latency for each distinct network, in the order of first appearance; seconds are those
    of `clock`. The thread count and random state of the process are left as they were. Raises
    InvalidInput.
    """
    batch_size = whole_number("batch_size", batch_size)
    threads, rounds = whole_number("threads", threads), whole_number("rounds", rounds)
    distinct = {member.id: member for member in members}
    with timing(device, threads):
        timed = [TimedNetwork.of(member, device, threads) for member in distinct.values()]
        seconds = _sample_in_turns(timed, batch_size, rounds)
    return tuple(
        Latency(
            network=name,
            seconds_per_image=Quartiles.of(seconds[:, i, 0]),
            images_per_second=Quartiles.of(batch_size / seconds[:, i, 1]),
            batch_size=batch_size,
            threads=threads,
            rounds=rounds,
            warm_up=WARM_UP_ROUNDS,
            device=device,
        )
        for i, name in enumerate(distinct)
    )


def _sample_in_turns(
    timed: Sequence[TimedNetwork], batch_size: int, rounds: int
) -> NDArray[np.float64]:
    """(rounds, networks, 2): seconds of a pass of one image and of one batch."""
    count = len(timed)
    seconds = np.empty((WARM_UP_ROUNDS + rounds, count, 2))
    for turn in range(len(seconds)):
        for i in ((turn + step) % count for step in range(count)):
            # Made anew: the images of all networks may not fit at once.
            x_BCHW = timed[i].images(batch_size)
            # The network before has emptied the caches.
            timed[i].seconds_of_a_pass(x_BCHW[:1], 0)
            for which, x in enumerate((x_BCHW[:1], x_BCHW)):
                seconds[turn, i, which] = timed[i].seconds_of_a_pass(x, SAMPLE_SECONDS)
    return seconds[WARM_UP_ROUNDS:]


@contextmanager
def timing(device: str, threads: int) -> Iterator[None]:
    """Meanwhile the process has so many threads. Raises InvalidInput: no such device here."""
    import torch

    if device not in ("cpu", "cuda"):
        raise InvalidInput(f"device is {device!r}, but must be cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device is 'cuda', but torch finds no GPU here: use cpu")
    had_threads = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(had_threads)


def clock(device: str, threads: int) -> Callable[[], float]:
    """The time of the thread that works where it alone works, else the time on the wall.

    They are the same where nothing else runs. On a shared machine other work takes a core away in
    the middle of a pass, the longer the pass the surer, which says nothing of the network.
    """
    return time.thread_time if device == "cpu" and threads == 1 else time.perf_counter


class Buildable(Protocol):
    """What can be timed: a family member, or a network of a list."""

    @property
    def network(self) -> Network: ...
    @property
    def resolution(self) -> int: ...


@dataclass(frozen=True)
class TimedNetwork:
    """A network with fresh weights on a device, in the layout of training; used within `timing`."""

    module: nn.Module
    layout: torch.memory_format
    resolution: int
    in_channels: int
    device: str
    threads: int

    @classmethod
    def of(cls, built: Buildable, device: str, threads: int) -> TimedNetwork:
        import torch

        network, resolution = built.network, built.resolution
        layout = memory_format_of(network, resolution, device)
        with torch.random.fork_rng(devices=[]):
            module = place(build_network(network, resolution).eval(), device, layout)
        return cls(module, layout, resolution, network.in_channels, device, threads)

    def images(self, batch_size: int) -> Tensor:
        """(batch_size, in_channels, resolution, resolution): noise in the layout of training."""
        import torch

        noise, side = torch.Generator().manual_seed(0), self.resolution
        x_BHWC = torch.randn((batch_size, side, side, self.in_channels), generator=noise)
        return lay_out(x_BHWC.to(self.device).permute(0, 3, 1, 2), self.layout)

    def seconds_of_a_pass(self, x_BCHW: Tensor, at_least: float) -> float:
        """The median of passes one after another for so many seconds, each waited for.

        Other work on the machine takes a core away for milliseconds: that hits few of short passes.
        """
        import torch

        now, on_gpu = clock(self.device, self.threads), self.device == "cuda"
        autocast = torch.autocast(self.device, dtype=torch.bfloat16, enabled=on_gpu)
        with torch.inference_mode(), autocast:
            if on_gpu:
                torch.cuda.synchronize()
            times = [now()]
            while len(times) < 2 or times[-1] - times[0] < at_least:
                self.module(x_BCHW)
                if on_gpu:
                    torch.cuda.synchronize()
                times.append(now())
        return float(np.median(np.diff(times)))
