"""The state of a training between two rungs, kept so that it goes on as if it had not stopped."""

from __future__ import annotations

import copy
import hashlib
import io
import random
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from scaling_search.baselines.put_back import NUMPY, PYTHON
from scaling_search.proxy.loose_state import loose_state, put_loose_state
from scaling_search.proxy.result import Epoch
from scaling_search.whole_files import write_whole

_DIGEST_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """All that changes while a network trains."""

    network: nn.Module
    #: The averaged weights, or the network itself where none are averaged.
    averaged: nn.Module
    optimizers: tuple[torch.optim.Optimizer, ...]
    #: The run's own, and the global ones, from which dropout and stochastic depth draw.
    generators: tuple[torch.Generator, ...]
    #: Grows by one point an epoch.
    curve: list[Epoch]
    #: The global ones of numpy and of Python, from which own networks may draw.
    numpy: np.random.RandomState = NUMPY
    python: random.Random = PYTHON

    def content(self) -> dict[str, Any]:
        """The state as tensors, numbers and containers of them."""
        return {
            "network": self.network.state_dict(),
            "loose": loose_state(self.network),
            "averaged": self.averaged.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "generators": [generator.get_state() for generator in self.generators],
            "numpy": self._numpy_state(),
            "python": self.python.getstate(),
            "curve": [astuple(point) for point in self.curve],
        }

    def take_over(self, content: dict[str, Any]) -> None:
        """Become the state that has this content."""
        self.network.load_state_dict(content["network"])
        put_loose_state(self.network, content["loose"])
        self.averaged.load_state_dict(content["averaged"])
        for optimizer, state in zip(self.optimizers, content["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        for generator, state in zip(self.generators, content["generators"], strict=True):
            generator.set_state(state)
        name, words, *rest = content["numpy"]
        self.numpy.set_state((name, words.numpy().astype(np.uint32), *rest))
        self.python.setstate(content["python"])
        self.curve[:] = [Epoch(*point) for point in content["curve"]]

    def _numpy_state(self) -> list[Any]:
        state: Any = self.numpy.get_state(legacy=True)
        name, words, *rest = state
        return [name, torch.from_numpy(words.astype(np.int64)), *rest]


def global_generators(device: torch.device) -> tuple[torch.Generator, ...]:
    """The generators that operations on the device draw from where they are given none."""
    if device.type == "cuda":
        gpu = torch.cuda.current_device()
        return torch.default_generator, torch.cuda.default_generators[gpu]
    return (torch.default_generator,)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The file in which one run waits at a rung: a SHA-256, and the state.

    The SHA-256 is that of the run's specification and of the state. So no damage is taken for a
    state, and no checkpoint of another run for one of this. What cannot be restored, for whatever
    reason, is as if it were not there: the training starts anew and comes to the same result. Who
    can write to the folder can forge a state of this run; its numbers are then believed, but
    reading it runs no code.
    """

    path: Path
    #: Specification of the run to its end, the same for all its rungs.
    run: str

    def save(self, state: TrainingState) -> None:
        """Keep the state, in place of an earlier one. Raises OSError where the disk refuses."""
        content = torch_bytes(state.content())
        write_whole(self.path, self._digest(content) + content)

    def restore(self, state: TrainingState, last: int) -> None:
        """Let `state`, of a run at its start, become the kept one of fewer than `last` epochs.

        All or nothing changes: a copy takes the kept state over first.
        """
        try:
            if not self.path.is_file():  # reading a pipe would never end
                return
            kept = self.path.read_bytes()
            digest, written = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
            if digest != self._digest(written):
                return
            content = torch.load(io.BytesIO(written), weights_only=True)
            if len(content["curve"]) >= last:
                return
            # Pickling a generator, as deepcopy does, loses a reference to None in torch 2.13.
            clones = {id(generator): generator.clone_state() for generator in state.generators}
            copy.deepcopy(state, clones).take_over(content)
        except Exception:  # damage has many forms and one remedy
            return
        state.take_over(content)

    def forget(self) -> None:
        """Remove the file; one that stays does no harm."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _digest(self, content: bytes) -> bytes:
        return hashlib.sha256(hashlib.sha256(self.run.encode()).digest() + content).digest()


def torch_bytes(content: Any) -> bytes:
    """What torch.save writes. A disk, unlike torch, says when it is full."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()
