"""The state of a training between two rungs, kept so that it goes on as if it had not stopped."""

from __future__ import annotations

import os
import pickle
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Epoch:
    """A point of the learning curve."""

    epoch: int
    train_loss: float
    val_error: float


@dataclass(frozen=True)
class TrainingState:
    """All that changes while a network trains; the global random generators are kept with it."""

    network: nn.Module
    #: The averaged weights, or the network itself where none are averaged.
    averaged: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    #: Grows by one point an epoch.
    curve: list[Epoch]

    def save(self, path: Path) -> None:
        """Write the state whole or not at all."""
        write_whole(
            {
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "global_generators": _global_generators(),
                "curve": [astuple(point) for point in self.curve],
            },
            path,
        )

    def restore(self, path: Path, last: int) -> None:
        """Take the state over, where there is a readable one of fewer than `last` epochs.

        Without one the training starts anew and comes to the same result.
        """
        try:
            kept: dict[str, Any] = torch.load(path, weights_only=True)
            curve = [Epoch(*point) for point in kept["curve"]]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError):
            return
        if len(curve) >= last:
            return
        self.network.load_state_dict(kept["network"])
        self.averaged.load_state_dict(kept["averaged"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.generator.set_state(kept["generator"])
        torch.random.set_rng_state(kept["global_generators"][0])
        if torch.cuda.is_available():
            torch.cuda.set_rng_state(kept["global_generators"][1])
        self.curve.extend(curve)


def _global_generators() -> list[torch.Tensor]:
    """Dropout and stochastic depth draw from these."""
    states = [torch.random.get_rng_state()]
    if torch.cuda.is_available():
        states.append(torch.cuda.get_rng_state())
    return states


def write_whole(content: Any, path: Path) -> None:
    """torch.save, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".partial-{os.getpid()}")
    torch.save(content, partial)
    partial.replace(path)
