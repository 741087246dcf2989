"""The memory that a network really takes, seen from outside: in a process of its own."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scaling_search.baselines import FamilyMember, MemorySetup, load_baseline, scale_by
from scaling_search.baselines.layout import memory_format_of, place
from scaling_search.errors import InvalidInput
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.recipe import Recipe
from scaling_search.proxy.task import Split

#: Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: From the second step on there are gradients of an earlier one.
_STEPS = 2


class MeasuredMemory(NamedTuple):
    """Bytes."""

    #: The peak of a training step or of inference, above what stays when the network is gone.
    network: int
    #: What stays then and was not there before: what libraries keep, such as prepared products.
    libraries: int


def measure_memory(member: FamilyMember, setup: MemorySetup, device: str = "cpu") -> MeasuredMemory:
    """The memory of training steps, as `train` makes them, or of inference, as `evaluate` does.

    On a GPU it is what torch allocates. On a CPU it is what a process holds that has carried out
    steps of a tiny network before; memory that is freed goes back to the system, and code that is
    loaded is left out. Raises InvalidInput where there is no such device or not enough memory.
    """
    import torch

    if device not in ("cpu", "cuda"):
        raise InvalidInput(f"device is {device!r}, but must be cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device is 'cuda', but torch finds no GPU here: use cpu")
    if device == "cpu" and not sys.platform.startswith("linux"):
        raise InvalidInput("the memory of a process can be measured on Linux only: use cuda")
    # Where there is one, a server that has imported torch and nothing else starts the process.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["scaling_search.proxy.training"])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_measured, member, setup, device).result()
        except (BrokenProcessPool, MemoryError, torch.OutOfMemoryError) as error:
            raise InvalidInput(
                f"{member.baseline.name} at {member.resolution} px needs more memory than there "
                f"is for batch_size={setup.batch_size}: take a smaller one"
            ) from error


def _measured(member: FamilyMember, setup: MemorySetup, device: str) -> MeasuredMemory:
    """In the new process."""
    import torch

    from scaling_search.proxy import training

    torch.set_num_threads(1)
    training._keep_freed_memory()  # it does so once
    _give_back_freed_memory()
    tiny = load_baseline("efficientnet_micro", 2, 3)
    warm_up = scale_by(tiny, depth_mult=1, width_mult=1, resolution=tiny.resolution)
    _steps(warm_up, replace(setup, batch_size=2), device)()
    run = _steps(member, setup, device)
    gc.collect()
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        run()
        gc.collect()
        peak, after = torch.cuda.max_memory_allocated(), torch.cuda.memory_allocated()
        # The images, which lie there meanwhile, are no part of a step.
        peak -= setup.batch_size * member.resolution**2 * member.network.in_channels
    else:
        before = _status()["RssAnon"]
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: proc(5)
        run()
        gc.collect()
        status = _status()
        peak, after = status["VmHWM"] - status["RssFile"] - status["RssShmem"], status["RssAnon"]
    return MeasuredMemory(peak - after, after - before)


def _steps(member: FamilyMember, setup: MemorySetup, device: str) -> Callable[[], object]:
    """A few steps with images of noise, which are there before they begin."""
    import torch

    from scaling_search.proxy.loading import open_images
    from scaling_search.proxy.training import evaluate, evaluation_batches, train

    network, side, batch = member.network, member.resolution, setup.batch_size
    layout = memory_format_of(network, side, device)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch, side, side, network.in_channels), np.uint8)
    rows = np.tile(np.arange(batch), _STEPS)
    labels = rows % network.num_classes
    steps, few = Split(images, rows, labels), Split(images, rows[:2], labels[:2])

    def step() -> None:
        recipe = Recipe(
            epochs=1,
            batch_size=batch,
            optimizer=setup.optimizer,
            ema_horizon=1.0 if setup.averaged else 0.0,
        )
        train(
            make_network=member.build,
            splits=(steps, few, few),
            recipe=recipe,
            augmentation=Augmentation(),
            seed=0,
            device_type=device,
            layout=layout,
        )

    def infer() -> None:
        placed = place(member.build(), device, layout)
        with open_images(images, torch.device(device)) as read_batches:
            shown = read_batches(evaluation_batches(steps, batch))
            evaluate(placed, steps, shown, torch.device(device), layout)

    return step if setup.training else infer


def _give_back_freed_memory() -> None:
    """What is freed goes back to the system at once, where the C library is glibc: the memory of
    the process is then what its tensors take, not what they took in the order of their coming."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 16 << 10)
        mallopt(_M_TRIM_THRESHOLD, 0)


def _status() -> dict[str, int]:
    """Bytes of the kinds of memory that this process holds: proc(5)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = (line.split(":") for line in lines if line.endswith(" kB"))
    return {name: 1024 * int(size.split()[0]) for name, size in sizes}
