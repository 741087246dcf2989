"""How long networks really take: one image alone, and many images in a batch, measured in turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines.baseline import FamilyMember
from scaling_search.baselines.layout import lay_out, memory_format_of, place
from scaling_search.errors import InvalidInput, whole_number

if TYPE_CHECKING:
    from torch import Tensor, nn

#: One core, as in Table 4 of Tan & Le 2019.
THREADS = 1
#: Images of a batch, as in the timings of Radosavovic et al. 2020 and Dollar et al. 2021.
BATCH_SIZE = 64
#: Rounds that count. Twenty networks of a millisecond take about half a minute.
ROUNDS = 20
#: Rounds before them that do not: the first passes choose kernels and fill caches.
WARM_UP_ROUNDS = 2
#: A sample repeats the pass for at least so long: the clock's resolution is below 1e-5 of it.
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

    Gives one Latency for each distinct network, in the order of first appearance; seconds of wall
    time. The thread count and random state of the process are left as they were. Raises
    InvalidInput.
    """
    batch_size = whole_number("batch_size", batch_size)
    threads, rounds = whole_number("threads", threads), whole_number("rounds", rounds)
    import torch

    if device not in ("cpu", "cuda"):
        raise InvalidInput(f"device is {device!r}, but must be cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device is 'cuda', but torch finds no GPU here: use cpu")
    distinct = {member.id: member for member in members}
    seconds = _sample_in_turns(list(distinct.values()), batch_size, threads, rounds, device)
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
    members: list[FamilyMember], batch_size: int, threads: int, rounds: int, device: str
) -> NDArray[np.float64]:
    """(rounds, networks, 2): seconds of a pass of one image and of one batch."""
    import torch

    had_threads, count = torch.get_num_threads(), len(members)
    layouts = [memory_format_of(m.network, m.resolution, device) for m in members]
    seconds = np.empty((WARM_UP_ROUNDS + rounds, count, 2))
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            networks = [
                place(member.build().eval(), device, layout)
                for member, layout in zip(members, layouts)
            ]
        autocast = torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda")
        with torch.inference_mode(), autocast:
            for turn in range(len(seconds)):
                for i in ((turn + place) % count for place in range(count)):
                    # Noise in the layout of training, made anew: that of all may not fit at once.
                    noise = torch.Generator().manual_seed(0)
                    side, channels = members[i].resolution, members[i].network.in_channels
                    x_BHWC = torch.randn((batch_size, side, side, channels), generator=noise)
                    x_BCHW = lay_out(x_BHWC.to(device).permute(0, 3, 1, 2), layouts[i])
                    # The network before has emptied the caches.
                    networks[i](x_BCHW[:1])
                    for which, x in enumerate((x_BCHW[:1], x_BCHW)):
                        seconds[turn, i, which] = _seconds_of_a_pass(networks[i], x)
    finally:
        torch.set_num_threads(had_threads)
    return seconds[WARM_UP_ROUNDS:]


def _seconds_of_a_pass(network: nn.Module, x_BCHW: Tensor) -> float:
    """The median of passes one after another, each waited for.

    Other work on the machine takes a core away for milliseconds: that hits few of short passes.
    """
    import torch

    on_gpu = x_BCHW.device.type == "cuda"
    if on_gpu:
        torch.cuda.synchronize()
    times = [time.perf_counter()]
    while times[-1] - times[0] < SAMPLE_SECONDS:
        network(x_BCHW)
        if on_gpu:
            torch.cuda.synchronize()
        times.append(time.perf_counter())
    return float(np.median(np.diff(times)))
