"""Which device runs are for, found without importing torch."""

from __future__ import annotations

import ctypes
import os
from importlib import metadata

from scaling_search.errors import InvalidInput


def torch_version() -> str:
    """The installed torch, such as 2.13.0+cpu."""
    return metadata.version("torch")


def gpu_count() -> int:
    """How many GPUs the CUDA driver offers to this process; 0 for a CPU build of torch."""
    if "+cpu" in torch_version():
        return 0
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return 0
        return count.value
    except OSError:
        return 0


def visible_gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES calls each GPU of this process: an index, a UUID or a MIG name."""
    count = gpu_count()
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is None or not count:
        return [str(index) for index in range(count)]
    names = [name.strip() for name in given.split(",")]
    # Of several parts of a GPU the driver offers one to a process; all may be given to workers.
    # Of other names it takes those before the first that names nothing.
    return names if all(name.startswith("MIG-") for name in names) else names[:count]


def resolve_device(asked: str) -> str:
    """cpu or cuda for auto, cpu or cuda. Raises InvalidInput where the GPU asked for is missing."""
    has_gpu = gpu_count() > 0
    if asked == "cuda" and not has_gpu:
        raise InvalidInput(
            "executor.device is cuda, but torch finds no GPU here: use executor.device=cpu"
        )
    if asked == "auto":
        return "cuda" if has_gpu else "cpu"
    return asked


def slot_count(asked: int | None, device: str, runs_per_gpu: int = 1) -> int:
    """Workers: as asked, else so many for each GPU or one for each core of this process."""
    if asked is not None:
        return asked
    return len(visible_gpus()) * runs_per_gpu if device == "cuda" else core_count()


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
