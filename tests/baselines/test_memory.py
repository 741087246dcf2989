"""Memory in closed form against what is watched on the meta device, and both against a process."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from drawn_architectures import architectures
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from scaling_search.baselines import (
    STAGE_TABLES,
    FamilyMember,
    MemorySetup,
    build_network,
    load_baseline,
    scale_by,
)
from scaling_search.baselines.layout import place
from scaling_search.baselines.memory import count_memory, watch
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Architecture, Stage, peak_bytes

setups = st.builds(
    MemorySetup,
    batch_size=st.integers(2, 64),
    training=st.booleans(),
    optimizer=st.sampled_from(["adamw", "sgd", "rmsprop", "muon"]),
    averaged=st.booleans(),
)


def watched(architecture: Architecture, resolution: int, setup: MemorySetup) -> int:
    with torch.device("meta"):
        network = build_network(architecture, resolution)
    network = place(network, "meta", torch.channels_last)
    return watch(network, architecture.in_channels, resolution, setup)


def agree(one: int, other: int) -> bool:
    """To the byte but where things of a few numbers an image, such as the loss, are at the peak."""
    return abs(one - other) <= max(2048, 0.003 * other)


def block(kind: Any, channels: int, kernel: int = 3) -> Stage:
    return Stage(kind, 1, channels, kernel, stride=1, expansion=1, se_ratio=0.0)


def of_blocks(stem: int, activation: Any, *stages: Stage, stem_pool: bool = False) -> Architecture:
    return Architecture(
        stem_channels=stem,
        stem_stride=1,
        stages=stages,
        head_channels=0,
        num_classes=10,
        in_channels=3,
        activation=activation,
        stem_pool=stem_pool,
    )


@pytest.mark.parametrize(
    "architecture",
    [
        # The sum of two gradients where a residual block has fewer channels behind it than before.
        *(
            of_blocks(32, activation, block(kind, 8), stem_pool=pool)
            for activation in ("relu", "silu")
            for kind in ("basic", "bottleneck")
            for pool in (False, True)
        ),
        of_blocks(4, "silu", block("separable", 48), block("basic", 8), block("basic", 8)),
        of_blocks(4, "relu", block("bottleneck", 48), block("bottleneck", 8)),
    ],
)
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_narrow_blocks_in_closed_form(architecture: Architecture, optimizer: Any) -> None:
    setup = MemorySetup(16, True, optimizer)
    assert agree(peak_bytes(architecture, 32, setup), watched(architecture, 32, setup))


def test_of_one_channel_a_depthwise_convolution_is_a_dense_one() -> None:
    network, setup = of_blocks(1, "silu", block("mbconv", 1, kernel=5)), MemorySetup(2)
    assert agree(peak_bytes(network, 8, setup), watched(network, 8, setup))


@settings(max_examples=15, deadline=None)
@given(architectures, st.integers(8, 48), setups)
def test_the_closed_form_is_what_is_watched(
    architecture: Architecture, resolution: int, setup: MemorySetup
) -> None:
    counted = peak_bytes(architecture, resolution, setup)
    assert agree(counted, watched(architecture, resolution, setup))


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v2", "resnet50", "mobilenet_v1"])
@pytest.mark.parametrize("training", [True, False])
def test_published_networks_in_closed_form(name: str, training: bool) -> None:
    table = STAGE_TABLES[name]
    setup = MemorySetup(32, training, "muon")
    counted = peak_bytes(table.architecture, table.resolution, setup)
    assert agree(counted, watched(table.architecture, table.resolution, setup))


class Plain(nn.Module):
    """Two convolutions whose forward pass may need the numbers in a tensor."""

    def __init__(self, width: int, looks: bool) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, width, 3), nn.Conv2d(width, width, 3)
        self.classifier = nn.Linear(width, 10)
        self.looks = looks

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out = self.second(self.first(x_BCHW).relu()).relu()
        if self.looks and float(out.detach().max()) < 0:
            raise AssertionError("a maximum of what relu gives")
        logits: Tensor = self.classifier(out.mean((2, 3)))
        return logits


Own = Callable[[Callable[..., nn.Module]], FamilyMember]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Own:
    """A member of width 2 at 24 px of a family that a function builds."""

    def own(build: Callable[..., nn.Module]) -> FamilyMember:
        module = ModuleType(f"networks_of_{id(build)}")
        vars(module)["net"] = build
        monkeypatch.setitem(sys.modules, module.__name__, module)
        baseline = load_baseline(f"{module.__name__}.net", 10, 3, resolution=24)
        return scale_by(baseline, depth_mult=1, width_mult=2, resolution=24)

    return own


@pytest.mark.parametrize("setup", [MemorySetup(20), MemorySetup(20, training=False)])
def test_the_same_network_from_a_function_takes_the_same(own: Own, setup: MemorySetup) -> None:
    ours = scale_by(
        load_baseline("efficientnet_micro", 10, 3), depth_mult=1, width_mult=2, resolution=24
    )
    theirs = own(lambda **_: build_network(ours.network, 24))
    assert agree(count_memory(theirs, setup), count_memory(ours, setup))


@pytest.mark.parametrize("training", [True, False])
def test_what_does_not_work_on_the_meta_device_is_counted_by_small_steps(
    own: Own, training: bool
) -> None:
    """All of it but the weights grows with the images, so that few tell of many."""
    setup = MemorySetup(200, training)
    plain = count_memory(own(lambda width_mult, **_: Plain(round(8 * width_mult), False)), setup)
    looks = count_memory(own(lambda width_mult, **_: Plain(round(8 * width_mult), True)), setup)
    assert looks == pytest.approx(plain, rel=0.01)


class Maps(nn.Module):
    """It gives two maps by name, as a segmenter or a detector does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)

    def forward(self, x_BCHW: Tensor) -> dict[str, Tensor]:
        out = self.conv(x_BCHW)
        return {"first": out, "second": out.sigmoid()}


def test_a_network_that_does_not_classify(own: Own) -> None:
    """Both maps of the step before are there when the second one is made."""
    setup = MemorySetup(5, optimizer="sgd", averaged=False)
    maps, weights = 4 * 5 * 6 * 24 * 24, 4 * (6 * 3 * 9 + 6)
    batch = 5 * 3 * 24 * 24 * (1 + 4) + 5 * 8
    assert count_memory(own(lambda **_: Maps()), setup) == 4 * maps + 3 * weights + batch
    inference = MemorySetup(5, training=False)
    counted = count_memory(own(lambda **_: Maps()), inference)
    assert counted == 2 * maps + weights + batch - 5 * 8


def test_a_network_that_fails_is_named(own: Own) -> None:
    def failing(**_: Any) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(7, 10))

    member = own(failing)
    with pytest.raises(InvalidInput, match=r"the memory of .*net cannot be counted: a training st"):
        count_memory(member, MemorySetup(4))
