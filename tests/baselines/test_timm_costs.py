"""Scaled networks of timm cost what is counted on timm's own, made by hand with its arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from timm_here import import_timm
from torch import Tensor, nn

from scaling_search.baselines import MemorySetup, load_baseline, scale_by
from scaling_search.baselines.memory import count_memory
from scaling_search.scaling import Cost

timm = import_timm()
efficientnet, mobilenetv3 = timm.models.efficientnet, timm.models.mobilenetv3
CLASSES, CHANNELS = 10, 3


def counted(network: nn.Module, resolution: int) -> Cost:
    """Multiply-adds of convolutions and linear layers from their shapes alone."""
    macs = activations = 0

    def add(layer: Any, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal macs, activations
        if isinstance(layer, nn.Linear):
            macs += out.numel() * layer.in_features
        else:
            macs += out.numel() * layer.in_channels // layer.groups * math.prod(layer.kernel_size)
            activations += out.numel()

    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(add)
    with torch.no_grad():
        network.eval()(torch.zeros(1, CHANNELS, resolution, resolution, device="meta"))
    return Cost(macs, sum(p.numel() for p in network.parameters()), activations)


class Case(NamedTuple):
    model: str
    depth_mult: float
    width_mult: float
    resolution: int
    #: timm's own way to the same network.
    by_hand: Callable[..., nn.Module]


def generated(generator: Callable[..., nn.Module], name: str) -> Callable[..., Any]:
    def case(depth: float, width: float, resolution: int, /, **more: float) -> Case:
        multipliers = {"channel_multiplier": width, "depth_multiplier": depth}
        return Case(name, depth, width, resolution, lambda **k: generator(name, **multipliers, **k))

    return case


def created(name: str) -> Callable[..., Any]:
    def case(depth: float, width: float, resolution: int, /, **arguments: Any) -> Case:
        return Case(
            name, depth, width, resolution, lambda **k: timm.create_model(name, **arguments, **k)
        )

    return case


b0 = generated(efficientnet._gen_efficientnet, "efficientnet_b0")
v3 = generated(mobilenetv3._gen_mobilenet_v3, "mobilenetv3_small_100")
resnet, regnet = created("resnet18"), created("regnetx_002")
convnext, densenet = created("convnext_atto"), created("densenet121")
CASES = [
    *(b0(1.0, 1.0, 32), b0(1.1, 1.0, 40), b0(1.2, 1.1, 33), b0(1.8, 1.4, 48), b0(0.6, 0.5, 32)),
    *(v3(1.0, 1.0, 32), v3(1.3, 1.0, 40), v3(1.0, 1.3, 33), v3(2.0, 0.75, 48), v3(1.6, 1.2, 32)),
    resnet(1.0, 1.0, 32, layers=(2, 2, 2, 2), channels=(64, 128, 256, 512)),
    resnet(1.125, 1.0, 40, layers=(2, 2, 2, 3), channels=(64, 128, 256, 512)),
    resnet(1.5, 1.25, 33, layers=(3, 3, 3, 3), channels=(80, 160, 320, 640)),
    resnet(2.0, 0.5, 48, layers=(4, 4, 4, 4), channels=(32, 64, 128, 256)),
    resnet(1.0, 1.1, 32, layers=(2, 2, 2, 2), channels=(72, 144, 280, 560)),
    regnet(1.0, 1.0, 32),
    regnet(2.0, 1.0, 40, depth=26, wa=36.44 * 12 / 25),
    regnet(1.0, 4 / 3, 33, w0=32, wa=36.44 * 4 / 3, group_size=8),
    regnet(1.5, 2.0, 48, depth=20, w0=48, wa=2 * 36.44 * 12 / 19, group_size=16),
    regnet(0.7, 1.0, 32, depth=9, wa=36.44 * 12 / 8),
    convnext(1.0, 1.0, 32, depths=(2, 2, 6, 2), dims=(40, 80, 160, 320)),
    convnext(1.5, 1.0, 64, depths=(3, 3, 9, 3), dims=(40, 80, 160, 320)),
    convnext(1.0, 1.2, 48, depths=(2, 2, 6, 2), dims=(48, 96, 192, 384)),
    convnext(2.0, 1.6, 32, depths=(4, 4, 12, 4), dims=(64, 128, 256, 512)),
    convnext(0.5, 0.6, 40, depths=(1, 1, 3, 1), dims=(24, 48, 96, 192)),
    densenet(1.0, 1.0, 32, block_config=(6, 12, 24, 16), growth_rate=32),
    densenet(0.5, 1.0, 40, block_config=(3, 6, 12, 8), growth_rate=32),
    densenet(0.5, 1.5, 33, block_config=(3, 6, 12, 8), growth_rate=48),
    densenet(0.25, 0.75, 48, block_config=(2, 3, 6, 4), growth_rate=24),
    densenet(1.5, 0.5, 32, block_config=(9, 18, 36, 24), growth_rate=16),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.model}-{c.depth_mult}-{c.width_mult}")
def test_a_scaled_network_costs_what_timm_s_own_costs(case: Case) -> None:
    baseline = load_baseline(f"timm.{case.model}", CLASSES, CHANNELS, resolution=32)
    member = scale_by(
        baseline,
        depth_mult=case.depth_mult,
        width_mult=case.width_mult,
        resolution=case.resolution,
    )
    with torch.device("meta"):
        network = case.by_hand(num_classes=CLASSES, in_chans=CHANNELS)
    assert member.cost == counted(network, case.resolution)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("efficientnet_b0", "efficientnet_b0"),
        ("mobilenet_v2", "mobilenetv2_100"),
        ("resnet50", "resnet50"),
    ],
)
def test_a_training_step_of_timm_s_takes_the_memory_of_ours(ours: str, theirs: str) -> None:
    """The closed form of ours against timm's, which is written independently, as it is watched."""
    setup = MemorySetup(16)
    counted, watched = (
        count_memory(scale_by(baseline, depth_mult=1, width_mult=1, resolution=128), setup)
        for baseline in (
            load_baseline(ours, 1000, 3),
            load_baseline(f"timm.{theirs}", 1000, 3, resolution=128),
        )
    )
    assert watched == pytest.approx(counted, rel=0.005)
