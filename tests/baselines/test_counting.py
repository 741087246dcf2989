"""Counting any module: by hand, and without a trace left behind."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scaling_search.baselines import load_baseline
from scaling_search.baselines.baseline import ArchitectureBaseline
from scaling_search.baselines.counting import Counted, count, count_cost
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


class Mixed(nn.Module):
    """16 tokens of 8 channels, something with an 8x8 matrix, a classifier of 5."""

    def __init__(self, mix: Callable[["Mixed", Tensor], Tensor]) -> None:
        super().__init__()
        self.stem, self.mix, self.fc = nn.Conv2d(1, 8, 4, 4), mix, nn.Linear(8, 5)
        self.w = nn.Parameter(torch.randn(8, 8))
        self.bilinear, self.lstm = nn.Bilinear(8, 8, 8), nn.LSTM(8, 8, batch_first=True)
        self.attention = nn.MultiheadAttention(8, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.stem(x).flatten(2).transpose(1, 2)
        return self.fc(self.mix(self, tokens).mean(1))


LINEAR = 16 * 8 * 8
FIRST = torch.zeros(1, 4, dtype=torch.long)


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(
    ("mix", "macs"),
    [
        (lambda m, x: x @ m.w, LINEAR),
        (lambda m, x: torch.einsum("bti,io->bto", x, m.w), LINEAR),
        (lambda m, x: (x[..., None] * m.w).sum(-2), LINEAR),
        (lambda m, x: (x[..., None].expand(1, 16, 8, 8) * m.w.expand(1, 16, 8, 8)).sum(-2), LINEAR),
        (lambda m, x: m.bilinear(x.contiguous(), x.contiguous()), 8 * LINEAR),
        (lambda m, x: m.lstm(x)[0], 8 * LINEAR),
        (lambda m, x: m.attention(x, x, x, need_weights=False)[0], 4 * LINEAR + 2 * 16 * 16 * 8),
        (lambda m, x: (m.w @ x[0, 0])[None, None], 64),
        (lambda m, x: x * m.w[0] * x.sigmoid(), 0),
    ],
)
def test_what_multiplies_is_counted(
    mix: Callable[[Mixed, Tensor], Tensor], macs: int, device: str
) -> None:
    with torch.device(device):
        network = Mixed(mix)
    counted = count(network, 1, 16)
    assert counted.cost.macs == 16 * 16 * 8 + macs + 8 * 5
    assert counted.uncounted == ()


@pytest.mark.parametrize(
    ("mix", "uncounted", "idle"),
    [
        (lambda m, x: torch.fft.irfft(torch.fft.rfft(x @ m.w), 8), ("fft_c2r", "fft_r2c"), False),
        (lambda m, x: torch.cdist(x, m.w[None]), ("cdist_forward",), True),
        (lambda m, x: -(x[..., None] - m.w).abs().sum(-2), ("sub",), True),
        (lambda m, x: x + F.embedding_bag(FIRST.to(x.device), m.w), ("embedding_bag",), True),
        (lambda m, x: x @ (m.w @ m.w.T), (), False),
        (lambda m, x: x, (), True),
    ],
)
def test_what_is_not_counted_is_named(
    mix: Callable[[Mixed, Tensor], Tensor], uncounted: tuple[str, ...], idle: bool
) -> None:
    with torch.device("meta"):
        counted = count(Mixed(mix), 1, 16)
    assert counted.uncounted == uncounted
    assert ("w (8, 8)" in counted.idle) == idle


class Norms(nn.Module):
    """Batch norm that knows its statistics, and such that takes them from the image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2)
        self.norms = nn.Sequential(nn.BatchNorm2d(8), nn.BatchNorm2d(8, track_running_stats=False))
        self.along = nn.BatchNorm1d(8, affine=False)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norms(self.conv(x)).flatten(2)
        return self.fc(self.along(x).transpose(1, 2))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_batch_norm_costs_nothing(device: str) -> None:
    with torch.device(device):
        network = Norms()
    by_hand = Cost(macs=25 * 8 * 27 + 25 * 8 * 5, params=8 * 28 + 32 + 45, activations=25 * 8)
    assert count_cost(network, 3, 11) == by_hand
    assert count(network, 3, 11) == Counted(by_hand, uncounted=(), idle=())
