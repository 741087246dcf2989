"""Trained weights in a larger or smaller network: the function is kept where it can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from drawn_architectures import architectures
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from scaling_search.baselines import OwnNetwork, build_network
from scaling_search.errors import InvalidInput
from scaling_search.proxy.growth import take_over
from scaling_search.scaling import Architecture, Stage
from scaling_search.scaling.kinship import not_kept

SMALL = Architecture(
    stem_channels=6,
    stem_stride=1,
    stages=(Stage("mbconv", 2, 6, 3, 1, 2, 0.5), Stage("mbconv", 2, 10, 3, 2, 3, 0.5)),
    head_channels=12,
    num_classes=5,
    in_channels=1,
)


def trained(architecture: Architecture, seed: int = 0) -> nn.Module:
    """A network in which no tensor is as it is drawn: scales, shifts, statistics, biases."""
    torch.manual_seed(seed)
    module = build_network(architecture, 16)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if "running_var" in name:
                tensor.uniform_(0.5, 2)
            elif tensor.ndim == 1:
                tensor.normal_(0.5, 0.5)
    return module.eval()


def started(architecture: Architecture, source: Architecture, weights: dict[str, Tensor]):
    torch.manual_seed(1)
    module = build_network(architecture, 16)
    take_over(module, architecture, weights, source)
    return module.eval()


def logits(module: nn.Module, channels: int = 1, pixels: int = 16) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        return module(torch.randn(4, channels, pixels, pixels, generator=generator))


def furthest(one: Tensor, other: Tensor) -> float:
    """The largest difference of logits, over their size where that is above 1."""
    return float((one - other).abs().max() / other.abs().max().clamp(min=1))


@st.composite
def grown(draw: st.DrawFn) -> tuple[Architecture, Architecture]:
    """An architecture, and one that is as large or larger in every width, repeat and kernel."""
    small = draw(architectures)
    more = st.sampled_from([0, 0, 1, 2, 5, 8])
    stages = tuple(
        replace(
            stage,
            repeats=stage.repeats + draw(st.integers(0, 2)),
            channels=stage.channels + draw(more),
            kernel=stage.kernel + draw(st.sampled_from([0, 0, 2])),
        )
        for stage in small.stages
    )
    head = small.head_channels + draw(more) if small.head_channels else 0
    stem = small.stem_channels + draw(more)
    large = replace(small, stem_channels=stem, stages=stages, head_channels=head)
    return small, large


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(grown(), st.integers(0, 9))
def test_growth_keeps_the_function_of_every_kind_of_block(
    pair: tuple[Architecture, Architecture], seed: int
) -> None:
    small, large = pair
    reasons = not_kept(large, small)
    # What a pair can differ in here: a shortcut by its widths, further blocks without one.
    assert all("shortcut" in reason or "drawn" in reason for reason in reasons)
    assume(not reasons)
    source = trained(small, seed)
    module = started(large, small, source.state_dict())
    channels = small.in_channels
    assert furthest(logits(module, channels), logits(source, channels)) < 1e-5


@pytest.mark.parametrize("block", ["mbconv", "fused_mbconv", "basic", "bottleneck"])
@pytest.mark.parametrize("activation", ["silu", "relu", "relu6"])
def test_each_residual_block_grows_in_width_and_depth_at_once(block: str, activation: str) -> None:
    squeeze = 0.25 if "mbconv" in block else 0.0
    expansion = 1 if block == "basic" else 3
    stages = tuple(Stage(block, 2, 8 * s, 3, s, expansion, squeeze) for s in (1, 2))
    small = replace(SMALL, stem_channels=8, stages=stages, activation=activation)
    wide = replace(
        small,
        stem_channels=14,
        head_channels=20,
        stages=tuple(replace(s, channels=2 * s.channels + 6) for s in stages),
    )
    large = replace(wide, stages=tuple(replace(s, repeats=4) for s in wide.stages))
    # silu follows the sum of these two, and twice is not once.
    keeps = activation != "silu" or "mbconv" in block
    shortcut = "mbconv" in block
    if shortcut:
        # The first block of stage 1 keeps its shortcut: 14 channels and 14.
        first = replace(large.stages[0], channels=14)
        large = replace(large, stages=(first, large.stages[1]))
    assert (not_kept(large, small) == ()) == keeps
    source = trained(small)
    module = started(large, small, source.state_dict())
    assert (furthest(logits(module), logits(source)) < 1e-5) == keeps


def test_the_grown_network_learns_in_all_that_is_new() -> None:
    stages = tuple(replace(s, repeats=3, channels=s.channels + 4) for s in SMALL.stages)
    large = replace(SMALL, stem_channels=10, stages=stages, head_channels=16)
    source = trained(SMALL)
    module = started(large, SMALL, source.state_dict()).train()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(images), torch.arange(8) % 5).backward()
        optimizer.step()
    assert all(not torch.equal(p, before[name]) for name, p in module.named_parameters())
    # New channels are not alike: neither in what they read nor in what becomes of them.
    stem = module.stem[0].weight.detach()[6:].flatten(1)
    assert torch.unique(stem, dim=0).shape == stem.shape


def test_equal_architectures_take_all_tensors_as_they_are() -> None:
    source = trained(SMALL)
    module = started(SMALL, replace(SMALL, identity_start=True), source.state_dict())
    theirs = source.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in module.state_dict().items())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stem_channels": 4}, "trained channels are left out: the stem"),
        ({"head_channels": 10}, "trained channels are left out: the head"),
        ({"num_classes": 7}, "its classifier is drawn anew: there are other classes"),
        ({"in_channels": 3}, "images have 3 channels, not 1"),
    ],
)
def test_what_is_lost_is_said(change: dict[str, int], said: str) -> None:
    assert said in not_kept(replace(SMALL, **change), SMALL)


def test_a_shallower_and_wider_network_keeps_the_first_blocks_and_all_channels() -> None:
    first, second = SMALL.stages
    mixed = replace(SMALL, stages=(first, replace(second, repeats=1, channels=14)))
    assert not_kept(mixed, SMALL) == ("trained blocks are left out: 1 of stage 2",)
    source = trained(SMALL)
    module = started(mixed, SMALL, source.state_dict())
    # What is left of the trained network, its last block taken out, is what it computes.
    theirs = nn.Sequential(source.stem, *source.blocks[:3])
    ours = nn.Sequential(module.stem, *module.blocks)
    assert furthest(logits(ours)[:, :10], logits(theirs)) < 1e-5


def test_a_narrower_network_keeps_the_first_channels() -> None:
    first, second = SMALL.stages
    narrow = replace(SMALL, stages=(first, replace(second, channels=8)), head_channels=8)
    module, source = started(narrow, SMALL, trained(SMALL).state_dict()), trained(SMALL)
    ours, theirs = module.head[0].weight, source.head[0].weight
    assert torch.equal(ours, theirs[:8, :8])
    assert torch.equal(module.head[1].running_var, source.head[1].running_var[:8])
    where = ("the first block of stage 2", "the further blocks of stage 2", "the head")
    assert not_kept(narrow, SMALL) == tuple(f"trained channels are left out: {w}" for w in where)


def test_a_gained_shortcut_and_a_lost_one_are_said() -> None:
    first, second = SMALL.stages
    without = replace(SMALL, stages=(replace(first, channels=8), second))
    wider = replace(SMALL, stem_channels=8, stages=(replace(first, channels=8), second))
    assert not_kept(wider, without) == ("the first block of stage 1 gains a shortcut",)
    assert not_kept(without, SMALL) == ("the first block of stage 1 loses its shortcut",)


def test_other_classes_draw_the_classifier_and_keep_the_rest() -> None:
    other, source = replace(SMALL, num_classes=9), trained(SMALL)
    torch.manual_seed(1)
    drawn = build_network(other, 16).classifier.weight
    module = started(other, SMALL, source.state_dict())
    assert torch.equal(module.classifier.weight, drawn)
    assert torch.equal(module.head[0].weight, source.head[0].weight)


def test_grey_weights_see_the_same_in_coloured_images_and_the_other_way_round() -> None:
    source, coloured = trained(SMALL), replace(SMALL, in_channels=3)
    module = started(coloured, SMALL, source.state_dict())
    grey = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    back = started(SMALL, coloured, module.state_dict())
    with torch.no_grad():
        assert furthest(module(grey.expand(-1, 3, -1, -1)), source(grey)) < 1e-5
        assert furthest(back(grey), source(grey)) < 1e-5


@pytest.mark.parametrize(
    "change",
    [
        {"activation": "relu"},
        {"stem_stride": 2},
        {"stem_pool": True},
        {"head_channels": 0},
        {"stages": SMALL.stages[:1]},
        {"stages": (SMALL.stages[0], replace(SMALL.stages[1], stride=1))},
        {"stages": (SMALL.stages[0], replace(SMALL.stages[1], se_ratio=0.0))},
        {"stages": (SMALL.stages[0], replace(SMALL.stages[1], expansion=1))},
        {"stages": (SMALL.stages[0], replace(SMALL.stages[1], block="fused_mbconv"))},
    ],
)
def test_networks_of_other_layers_are_refused(change: dict) -> None:
    other = replace(SMALL, **change)
    with pytest.raises(InvalidInput, match="take a trained network of the same baseline"):
        started(other, SMALL, trained(SMALL).state_dict())


def test_weights_of_another_network_are_refused() -> None:
    weights = dict(trained(SMALL).state_dict())
    del weights["head.0.weight"]
    with pytest.raises(InvalidInput, match=r"head\.0\.weight differs"):
        started(SMALL, SMALL, weights)


def own(width: float, classes: int = 3) -> tuple[OwnNetwork, nn.Module]:
    network = OwnNetwork("somewhere.build", 1.0, width, classes, 1, "", "")
    inner = int(4 * width)
    return network, nn.Sequential(nn.Linear(2, inner), nn.Linear(inner, classes))


def test_own_networks_start_from_equal_shapes() -> None:
    (network, source), (_, module) = own(1.0), own(1.0)
    take_over(module, network, source.state_dict(), network)
    assert torch.equal(module[0].weight, source[0].weight)
    other, larger = own(1.0, classes=5)
    drawn = larger[1].weight.clone()
    take_over(larger, other, source.state_dict(), network)
    assert torch.equal(larger[0].weight, source[0].weight)
    assert torch.equal(larger[1].weight, drawn)


def test_own_networks_of_other_shapes_are_refused() -> None:
    (network, source), (wider, module) = own(1.0), own(2.0)
    with pytest.raises(InvalidInput, match="own networks and those of timm do not"):
        take_over(module, wider, source.state_dict(), network)
