"""The average follows each distinct tensor once, of whatever type, and copies what is no weight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from scaling_search.proxy.average import WeightAverage


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.alone, self.first = nn.Linear(3, 3), nn.Linear(3, 3)
        self.again = self.first

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.again(self.first(self.alone(x)))
        return out


class Complex(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, dtype=torch.cfloat))
        self.register_buffer("phase", torch.randn(3, dtype=torch.cfloat))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight * self.phase).real


class Running(nn.Module):
    """Holds in five ways what a training changes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.register_buffer("unkept", torch.ones(()), persistent=False)
        self.register_buffer("replaced", torch.ones(()))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.register_buffer("mask", torch.full((3,), -torch.inf))
        self.steps, self.scale = 0, torch.ones(3)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.unkept = self.unkept + 1
            self.replaced = self.replaced + 1
            self.count += 1
            self.steps += 1
            self.scale = self.scale * 2
        return x * self.weight


def twice_built(make: Callable[[], nn.Module]) -> tuple[nn.Module, WeightAverage]:
    network = make().train()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    average = WeightAverage(network, 10, make)
    assert torch.equal(torch.get_rng_state(), before)
    return network, average


@pytest.mark.parametrize("make", [Tied, Complex])
def test_every_distinct_weight_moves_by_one_step(make: Callable[[], nn.Module]) -> None:
    network, average = twice_built(make)
    tensors = [*network.parameters(), *network.buffers()]
    start = [t.detach().clone() for t in tensors]
    with torch.no_grad():
        for tensor in tensors:
            tensor.add_(1)
    average.update(1000)
    averaged = [*average.network.parameters(), *average.network.buffers()]
    assert len(averaged) == len(tensors)
    for before, after in zip(start, averaged):
        torch.testing.assert_close(after - before, torch.full_like(before, 0.1))


def test_what_is_no_weight_has_its_latest_value() -> None:
    network, average = twice_built(Running)
    for step in range(3):
        network(torch.ones(2, 3))
        average.update(1000 + step)
    averaged = average.network
    assert isinstance(averaged, Running)
    assert (averaged.steps, averaged.count.item(), averaged.unkept.item()) == (3, 3, 4)
    assert torch.equal(averaged.scale, torch.full((3,), 8.0))
    assert torch.equal(averaged.mask, torch.full((3,), -torch.inf))
    # Of the values 1 to 4, each of three steps a tenth of the way.
    assert averaged.replaced.item() == pytest.approx(1.561, abs=1e-6)
    network(torch.ones(2, 3))
    assert averaged.steps == 3


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_network_that_cannot_be_copied_is_built_again() -> None:
    def make() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(3, 3)))

    network, average = twice_built(make)
    network(torch.ones(1, 3)).sum().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2)
    for step in range(300):
        average.update(1000 + step)
    torch.testing.assert_close(average.network(torch.ones(1, 3)), network(torch.ones(1, 3)))


def test_average_follows_the_weights() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm1d(1))
    average = WeightAverage(network, horizon_steps=4)
    with torch.no_grad():
        network[0].weight.fill_(0)
        average.network[0].weight.fill_(0)
        network[0].weight.fill_(8)
    for step in range(1000, 1003):
        average.update(step)
    # Three steps of a quarter of the way each.
    assert average.network[0].weight.item() == pytest.approx(8 * (1 - 0.75**3))
    assert network[0].weight.item() == 8


def test_horizon_of_a_step_or_less_is_no_average() -> None:
    network = torch.nn.Linear(1, 1)
    assert WeightAverage(network, 1.0).network is network
    assert WeightAverage(network, 1.5).network is not network
