"""Counting any module: by hand, and without a trace left behind."""

import torch
from torch import Tensor, nn

from scaling_search.baselines import load_baseline
from scaling_search.baselines.baseline import ArchitectureBaseline
from scaling_search.baselines.counting import count_cost
from scaling_search.baselines.network import ConvNet
from scaling_search.scaling import Cost, cost


class Twice(nn.Module):
    """One convolution, used twice: its parameters count once, its work twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.conv(x))


def test_counted_by_hand() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten()
    ).append(nn.Linear(8 * 25, 7))
    assert count_cost(network, in_channels=3, resolution=10) == Cost(
        macs=25 * 8 * 27 + 200 * 7, params=8 * 28 + 16 + 201 * 7, activations=25 * 8
    )


def test_a_layer_used_twice() -> None:
    counted = count_cost(Twice(), in_channels=3, resolution=4)
    assert counted == Cost(macs=2 * 16 * 3 * 27, params=81, activations=2 * 16 * 3)


def test_nothing_is_left_behind() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    count_cost(network, in_channels=1, resolution=8)
    assert network.training
    assert all(not module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_b0_counts_like_its_closed_form() -> None:
    baseline = load_baseline("efficientnet_b0")
    assert isinstance(baseline, ArchitectureBaseline)
    with torch.device("meta"):
        network = ConvNet(baseline.architecture)
    assert count_cost(network, 3, 224) == cost(baseline.architecture, 224)
