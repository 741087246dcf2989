"""Code of the user's may set what all of a process shares; here that is put back afterwards."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

#: What draws where np.random.rand() and random.random() are called.
NUMPY: np.random.RandomState = np.random.mtrand._rand
PYTHON: random.Random = random._inst
#: (reads a setting, writes it)
_Setting = tuple[Callable[[], Any], Callable[[Any], Any]]


@contextmanager
def settings_put_back() -> Iterator[None]:
    """What a network is, and how it trains, must not depend on what was imported before it.

    Put back are torch's defaults (type, device, threads, precision, determinism, gradients),
    numpy's handling of floating-point errors, warnings and the working directory.
    """
    import torch

    settings = _settings()
    before = [read() for read, _ in settings]
    try:
        yield
    finally:
        for (read, write), value in zip(settings, before):
            if read() != value:
                write(value)
        # It cannot be read, and nobody but the user's code sets it.
        torch.set_flush_denormal(False)


@contextmanager
def generators_put_back() -> Iterator[None]:
    """What is drawn meanwhile, or seeded, leaves the global generators as they were."""
    import torch

    numpy_state, python_state = NUMPY.get_state(), PYTHON.getstate()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        NUMPY.set_state(numpy_state)
        PYTHON.setstate(python_state)


def seed_generators(seed: int) -> None:
    """Seed the global generators of torch, numpy and Python; 0 <= seed < 2**63."""
    import torch

    torch.manual_seed(seed)
    NUMPY.seed([seed % 2**32, seed // 2**32])
    PYTHON.seed(seed)


def _set_filters(filters: Any) -> None:
    warnings.filters[:] = filters  # type: ignore[index]
    with warnings.catch_warnings():
        pass  # Leaving it tells Python that the filters have changed.


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it has been removed
        return ""


def _settings() -> list[_Setting]:
    import torch

    backends: Any = torch.backends
    precisions = [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]
    precisions += [backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn]

    def flag(of: Any, name: str) -> _Setting:
        return (lambda: getattr(of, name)), (lambda value: setattr(of, name, value))

    def set_device(device: torch.device) -> None:
        # A default device costs time in every call, that of the CPU too; None takes it away.
        torch.set_default_device(None if device.type == "cpu" else device)

    return [
        (torch.get_default_dtype, torch.set_default_dtype),
        (torch.get_default_device, set_device),
        (torch.get_num_threads, torch.set_num_threads),
        (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
        (torch.is_grad_enabled, lambda on: torch._C._set_grad_enabled(on)),
        (torch.is_anomaly_enabled, lambda on: torch.autograd.set_detect_anomaly(on) and None),
        flag(torch.utils.deterministic, "fill_uninitialized_memory"),
        flag(backends.cudnn, "enabled"),
        flag(backends.cudnn, "benchmark"),
        flag(backends.cudnn, "deterministic"),
        flag(backends.mkldnn, "enabled"),
        # The older names of these raise errors once a newer one has been used.
        *(flag(of, "fp32_precision") for of in precisions),
        (np.geterr, lambda modes: np.seterr(**modes)),
        (_working_directory, lambda folder: os.chdir(folder or ".")),
        # `catch_warnings` would let each warning appear again every time.
        ((lambda: list(warnings.filters)), _set_filters),
    ]
