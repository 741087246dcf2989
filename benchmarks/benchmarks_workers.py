"""What two processes do in the time of one: trainings, and what of the machine they share.

Whole commands also start, plan and report, which no second worker makes shorter; and at the end of
a step one of two workers may have nothing to do. A training step reads and writes more than a
core's own cache holds: beside it stand copies of memory, for which all cores share the bandwidth,
and products of small matrices, which share nothing but the clock.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

import numpy as np

SECONDS, PAIRS = 6.0, 5


def copies() -> Callable[[], object]:
    """A copy of 256 MB."""
    source = np.zeros(32 << 20)
    target = np.empty_like(source)
    return lambda: np.copyto(target, source)


def products() -> Callable[[], object]:
    """A hundred products of matrices that the first cache holds."""
    matrix = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)

    def work() -> None:
        for _ in range(100):
            _ = matrix @ matrix

    return work


def steps() -> Callable[[], object]:
    """Ten training steps of the default baseline, batch 32, one thread."""
    import torch
    from torch.nn import functional as F

    from scaling_search.baselines import load_baseline, scale
    from scaling_search.scaling import Coefficients

    torch.set_num_threads(1)
    baseline = load_baseline("searched_micro", 36, 1)
    network = scale(baseline, Coefficients(1.0, 1.0, 1.0), 0.0).build()
    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    x_BCHW = torch.rand(32, 1, 24, 24)
    labels = torch.randint(36, (32,))

    def work() -> None:
        for _ in range(10):
            optimizer.zero_grad()
            torch.autograd.backward(F.cross_entropy(network(x_BCHW), labels))
            optimizer.step()

    return work


def _count(make: Callable[[], Callable[[], object]], together: Barrier, times: object) -> None:
    work = make()
    work()
    together.wait()
    ends_at, count = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < ends_at:
        work()
        count += 1
    times.put(count)  # type: ignore[attr-defined]


def done(make: Callable[[], Callable[[], object]], processes: int) -> int:
    """How often so many processes do the work within SECONDS, in all."""
    context = multiprocessing.get_context("spawn")
    together, times = context.Barrier(processes), context.Queue()
    started = [
        context.Process(target=_count, args=(make, together, times)) for _ in range(processes)
    ]
    for process in started:
        process.start()
    total = sum(times.get() for _ in started)
    for process in started:
        process.join()
    return total


def print_shared() -> None:
    """Two processes over one, for each kind of work, in turn."""
    for make in (steps, products, copies):
        ratios = [done(make, 2) / done(make, 1) for _ in range(PAIRS)]
        name = f"two processes over one, {(make.__doc__ or '').splitlines()[0].rstrip('.').lower()}"
        print(
            f"{name:58} {statistics.median(ratios):8.2f}   ({min(ratios):.2f} to "
            f"{max(ratios):.2f})",
            flush=True,
        )
