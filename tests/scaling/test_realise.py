"""From multipliers to a realised architecture."""

import math
from dataclasses import replace

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.scaling import (
    Architecture,
    FineRounding,
    PaperRounding,
    Rounding,
    Stage,
    scale_architecture,
)

SMALL = Architecture(
    stem_channels=16,
    stem_stride=2,
    stages=(Stage("mbconv", 2, 16, 3, 1, 1, 0.0), Stage("mbconv", 3, 24, 5, 2, 4, 0.25)),
    head_channels=64,
    num_classes=7,
    in_channels=1,
    identity_start=True,
)


@pytest.mark.parametrize("rounding", [PaperRounding(), FineRounding()])
def test_one_gives_the_baseline_back(rounding: Rounding) -> None:
    assert scale_architecture(SMALL, rounding, 1, 1) == SMALL


def test_only_repeats_and_channels_change() -> None:
    grown = scale_architecture(SMALL, PaperRounding(), 2, 2)
    assert grown.repeats == (4, 6)
    assert grown.channels == (32, 32, 48, 128)
    stages = tuple(
        replace(stage, repeats=small.repeats, channels=small.channels)
        for stage, small in zip(grown.stages, SMALL.stages, strict=True)
    )
    assert replace(grown, stem_channels=16, head_channels=64, stages=stages) == SMALL


def test_depth_and_width_are_independent() -> None:
    deep = scale_architecture(SMALL, FineRounding(), 2, 1)
    wide = scale_architecture(SMALL, FineRounding(), 1, 2)
    assert (deep.repeats, deep.channels) == ((4, 6), SMALL.channels)
    assert (wide.repeats, wide.channels) == (SMALL.repeats, (32, 32, 48, 128))


@pytest.mark.parametrize("rounding", [PaperRounding(), FineRounding()])
def test_nothing_vanishes(rounding: Rounding) -> None:
    smallest = scale_architecture(SMALL, rounding, 1e-6, 1e-6)
    assert smallest.repeats == (1, 1)
    assert min(smallest.channels) >= 1


def test_total_stride() -> None:
    assert SMALL.total_stride == 4
    assert replace(SMALL, stem_stride=1).total_stride == 2
    assert replace(SMALL, stem_pool=True).total_stride == 8


def test_without_a_head_there_is_none_to_scale() -> None:
    grown = scale_architecture(replace(SMALL, head_channels=0), PaperRounding(), 1, 2)
    assert grown.channels == (32, 32, 48)
    assert grown.head_channels == 0


def test_the_head_of_mobilenet_v2_never_shrinks() -> None:
    keeping = PaperRounding(keep_last=True)
    assert scale_architecture(SMALL, keeping, 1, 0.5).channels == (8, 8, 16, 64)
    assert scale_architecture(SMALL, keeping, 1, 2).channels == (32, 32, 48, 128)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"block": "dense"},
            "block is 'dense', but must be one of mbconv, fused_mbconv",
        ),
        ({"kernel": 4}, "kernel is 4, but must be odd"),
        ({"block": "bottleneck"}, "se_ratio is 0.25, but must be 0: a bottleneck block"),
        ({"block": "separable", "se_ratio": 0.0}, "expansion is 4, but must be 1 in a separable"),
    ],
)
def test_blocks_that_do_not_exist(change: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL.stages[1], **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "gelu"}, "activation is 'gelu', but must be one of silu, relu, relu6"),
        ({"stem_kernel": 2}, "stem_kernel is 2, but must be odd"),
        ({"stem_kernel": 0}, "stem_kernel is 0, but must be a whole number"),
    ],
)
def test_stems_and_activations_that_do_not_exist(change: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL, **change)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_multipliers_must_be_finite_and_positive(value: float) -> None:
    with pytest.raises(InvalidInput, match=f"depth_mult is {value}, but must be a finite number"):
        scale_architecture(SMALL, PaperRounding(), value, 1)
    with pytest.raises(InvalidInput, match=f"width_mult is {value}, but must be a finite number"):
        scale_architecture(SMALL, PaperRounding(), 1, value)
