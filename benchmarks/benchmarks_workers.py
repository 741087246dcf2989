"""What several workers do in the time of one: two of them, on Ray, on one GPU.

Whole commands also start, plan and report, which no second worker makes shorter; and at the end of
a step one of two workers may have nothing to do. A training step reads and writes more than a
core's own cache holds: beside it stand copies of memory, for which all cores share the bandwidth,
and products of small matrices, which share nothing but the clock.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
from timing import command, timed

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


def workers(folder: Path) -> None:
    """Runs a minute of two workers over those of one, in turn; then what the machine allows."""
    words = ("scaling_search", "+sweep=grid", "sweep.alpha=[1.0]", "sweep.beta=[1.0,1.41]")
    words += ("sweep.seeds=[0,1,2,3]", "recipe.epochs=1", "family.sizes=1")
    ratios = []
    for _ in range(3):
        seconds = []
        for count in (1, 2):
            shutil.rmtree(folder / "experiments", ignore_errors=True)
            seconds += timed(command(*words, f"executor.workers={count}", cwd=folder), 1)
        ratios.append(seconds[0] / seconds[1])
    print(
        f"{'two workers over one, whole commands':58} {statistics.median(ratios):8.2f}   "
        f"({min(ratios):.2f} to {max(ratios):.2f}), wanted 1.8"
    )
    print_shared()


def gpu(folder: Path) -> None:
    """Runs of the default search in an hour of one GPU, by how many share it."""
    from scaling_search.execution.device import visible_gpus

    if not (gpus := visible_gpus()):
        print("gpu: there is no GPU here, so that nothing was measured")
        return
    words = ("scaling_search", "+sweep=grid", "executor.device=cuda", "family.sizes=1")
    words += (f"sweep.seeds={list(range(8))}".replace(" ", ""), f"data.cache_dir={folder}/pixels")
    with shown_only(gpus[0]):
        # The pixels of all resolutions are drawn once, before anything is timed.
        timed(command(*words, "recipe.epochs=1", "name=pixels", cwd=folder), 1)
        for sharing in (1, 2, 4, 8):
            shutil.rmtree(folder / "experiments", ignore_errors=True)
            name, given = f"gpu{sharing}", f"executor.runs_per_gpu={sharing}"
            (seconds,) = timed(command(*words, given, f"name={name}", cwd=folder), 1)
            rows = (folder / "experiments" / name / "timings.csv").read_text().splitlines()
            rate = 3600 * (len(rows) - 1) / seconds
            print(f"{f'runs in a GPU-hour, {sharing} at a time':58} {rate:8.0f}", flush=True)


@contextmanager
def shown_only(gpu: str) -> Iterator[None]:
    """Commands that are called meanwhile see this GPU alone."""
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        yield
    finally:
        del os.environ["CUDA_VISIBLE_DEVICES"]
        if before is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = before


def ray(folder: Path) -> None:
    """Wall time of a study of 50 short runs on a Ray cluster of this machine over that of slots."""
    words = ("scaling_search", "+sweep=grid", "sweep.alpha=[1.0]", "sweep.beta=[1.0,1.41]")
    words += (f"sweep.seeds={list(range(8))}".replace(" ", ""), "recipe.epochs=1")
    words += ("family.sizes=2", "family.train_up_to=1", "family.seeds=[0,1,2,3,4]")
    ratios = []
    for _ in range(3):
        seconds = []
        for kind in ("local", "ray"):
            shutil.rmtree(folder / "experiments", ignore_errors=True)
            seconds += timed(command(*words, f"executor={kind}", "name=study", cwd=folder), 1)
        ratios.append(seconds[1] / seconds[0])
        runs = len((folder / "experiments/study/runs.csv").read_text().splitlines()) - 1
        print(f"{runs} runs: {seconds[0]:.1f} s by local, {seconds[1]:.1f} s by ray", flush=True)
    print(
        f"{'a study on Ray over one in slots':58} {statistics.median(ratios):8.2f}   "
        f"({min(ratios):.2f} to {max(ratios):.2f}), wanted at most 1.15"
    )
