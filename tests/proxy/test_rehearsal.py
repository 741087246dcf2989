"""What would fail in every run of a network of one's own is refused before the plan."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from scaling_search.baselines import OwnNetwork
from scaling_search.baselines.layout import memory_format_of
from scaling_search.baselines.own_network import count_own_network
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Recipe
from scaling_search.proxy.rehearsal import rehearse

NETS = """
import numpy as np
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, num_classes, in_channels, give=lambda s, self: s, body=()):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 6, 3, stride=2, padding=1)
        self.norm, self.body = nn.BatchNorm2d(6), nn.Sequential(*body)
        self.fc, self.give = nn.Linear(6, num_classes), give

    def forward(self, x):
        return self.give(self.fc(self.body(self.norm(self.stem(x))).mean((2, 3))), self)

def made(give=lambda s, self: s, before=lambda: None, body=lambda: (), more=0, after=lambda n: n):
    def net(depth_mult, width_mult, resolution, num_classes, in_channels):
        before()
        return after(Net(num_classes + more, in_channels, give, body()))
    return net

class View(nn.Module):
    def forward(self, x):
        return x.view(len(x), -1)[:, :, None, None]

class Spectrum(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 5, 3, dtype=torch.cfloat))

    def forward(self, x):
        return torch.fft.irfft2(torch.fft.rfft2(x) * self.weight, s=x.shape[-2:])

def item():
    return [torch.linspace(0, 0.1, 3)[1].item(), torch.ones(2).numpy().tolist()]

def lazy():
    return [nn.LazyConv2d(6, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU()]

SHARED = nn.Conv2d(6, 6, 1)
CACHE = {}

def cached(depth_mult, width_mult, resolution, num_classes, in_channels):
    return CACHE.setdefault(width_mult, Net(num_classes, in_channels))

plain = made()
dictionary = made(lambda s, self: {"logits": s, "aux": s})
in_training = made(lambda s, self: (s, s) if self.training else s)
in_eval = made(lambda s, self: s if self.training else s.softmax(1).argmax(1))
three_axes = made(lambda s, self: s[..., None])
squeezed = made(lambda s, self: s.squeeze())
classes = made(more=3)
not_numbers = made(lambda s, self: s / 0)
whole = made(lambda s, self: s.long())
half = made(after=lambda net: net.half())
no_gradient = made(lambda s, self: s.detach())
exits = made(lambda s, self: exit(3) if self.training and s.device.type == "cpu" else s)
shared = made(body=lambda: [SHARED])
reseeds = made(before=lambda: torch.manual_seed(42))
reseeds_forward = made(lambda s, self: torch.manual_seed(42) and s)
reseeds_numpy = made(before=lambda: np.random.seed(0))
same_start = made(after=lambda net: [nn.init.eye_(p) for p in net.parameters() if p.ndim == 2]
                  and [nn.init.ones_(p) for p in net.parameters() if p.ndim != 2] and net)
unseeded = made(lambda s, self: s * float(np.random.default_rng().random()))
numpy_seeded = made(lambda s, self: s * float(np.random.rand()))
views = made(body=lambda: [nn.AdaptiveAvgPool2d(1), nn.AdaptiveAvgPool2d(2), View(),
                           nn.Conv2d(24, 6, 1)])
reads = made(before=item)
moves = made(after=lambda net: net.to("cpu"))
lazily = made(body=lazy)
complex_ = made(body=lambda: [Spectrum()])
normed = made(body=lambda: [nn.utils.weight_norm(nn.Conv2d(6, 6, 3, padding=1))])
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], OwnNetwork]:
    (tmp_path / "rehearsed_nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "rehearsed_nets", raising=False)
    memory_format_of.cache_clear()
    return lambda name: OwnNetwork(f"rehearsed_nets.{name}", 1.0, 1.0, 6, 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dictionary", r"gave a dict with 'logits', 'aux' .* in train mode, .*shape \(4, 6\)"),
        ("in_training", r"gave a tuple of 2 .* in train mode"),
        ("in_eval", r"tensor of int64 of the shape \(4,\) for 4 images in eval mode"),
        ("three_axes", r"shape \(4, 6, 1\)"),
        ("squeezed", r"shape \(6,\) for 1 image in eval mode of one image"),
        ("classes", r"shape \(4, 9\) .* num_classes"),
        ("not_numbers", "values that are not finite"),
        ("whole", "tensor of int64"),
        ("half", r"cannot be trained: .* failed with RuntimeError"),
        ("no_gradient", r"two training steps .* failed with RuntimeError: .*does not require grad"),
        ("exits", r"a pass in train mode on noise failed with SystemExit: 3"),
        ("shared", "share weights when it is called twice"),
        ("cached", "share weights when it is called twice"),
        ("reseeds", "seeds torch's generator"),
        ("reseeds_forward", "seeds torch's generator"),
    ],
)
def test_refused(own: Callable[[str], OwnNetwork], name: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refusal:
        rehearse(own(name), 10, Recipe())
    assert f"rehearsed_nets.{name}" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "remarks"),
    [
        ("reseeds_numpy", ["seeds the generator of numpy"]),
        ("same_start", ["gives all seeds the same first weights"]),
        ("unseeded", ["two trainings of rehearsed_nets.unseeded with one seed differ"]),
        ("complex_", ["not counted .*: fft_c2r, fft_r2c", r"no counted operation uses: .*weight"]),
    ],
)
def test_said(own: Callable[[str], OwnNetwork], name: str, remarks: list[str]) -> None:
    found = rehearse(own(name), 10, Recipe())
    assert len(found) == len(remarks)
    for remark, pattern in zip(found, remarks):
        assert re.search(pattern, remark), remark


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "name", ["plain", "views", "reads", "moves", "lazily", "numpy_seeded", "normed"]
)
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_taken(own: Callable[[str], OwnNetwork], name: str, optimizer: str) -> None:
    network = own(name)
    state = torch.get_rng_state()
    assert rehearse(network, 10, Recipe(optimizer=optimizer)) == []
    assert torch.equal(torch.get_rng_state(), state)
    assert count_own_network(network, 10).cost.macs > 25 * 9 * 6


def test_the_layout_follows_from_the_network(own: Callable[[str], OwnNetwork]) -> None:
    assert memory_format_of(own("plain"), 10, "cpu") is torch.channels_last
    assert memory_format_of(own("views"), 10, "cpu") is torch.contiguous_format
