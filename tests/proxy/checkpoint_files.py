"""States of a small training, and a file to keep them in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from scaling_search.proxy import Recipe
from scaling_search.proxy.checkpoint import Checkpoint, TrainingState
from scaling_search.proxy.optimizer import make_optimizers
from scaling_search.proxy.result import Epoch

RUN = '{"seed": 0}'


class Net(nn.Module):
    """Small, with a parameter that is frozen and one that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)
        self.unused = nn.Parameter(torch.ones(4))
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x_BC: torch.Tensor) -> torch.Tensor:
        return self.norm(self.used(x_BC)) * self.frozen


def new_state(optimizer: str = "adamw", averaged: bool = True) -> TrainingState:
    """A state at the start of a training, the same each time."""
    torch.manual_seed(0)
    network = Net()
    return TrainingState(
        network=network,
        averaged=Net() if averaged else network,
        optimizers=make_optimizers(network, Recipe(optimizer=optimizer)),
        generators=(torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)),
        curve=[],
    )


def advance(state: TrainingState, epochs: int = 2) -> TrainingState:
    """The state after some training."""
    for epoch in range(1, epochs + 1):
        x_BC = torch.rand(4, 3, generator=state.generators[0])
        state.network.zero_grad()
        state.network(x_BC).square().sum().backward()
        for optimizer in state.optimizers:
            optimizer.step()
        torch.rand(1, generator=state.generators[1])
        state.curve.append(Epoch(epoch, 1 / epoch, 0.5))
    if state.averaged is not state.network:
        with torch.no_grad():
            state.averaged.used.weight.add_(1)
    return state


def bytes_of(state: TrainingState) -> object:
    """All that a state holds, in a form in which equal states are equal."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.dtype, value.shape, value.detach().numpy().tobytes()
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, list) else value

    return plain(state.content())


def checkpoint_in(folder: Path, run: str = RUN) -> Checkpoint:
    return Checkpoint(path=folder / "run.pt", run=run)
