"""The closed form against what is counted on the built network, one by one and on grids."""

from dataclasses import replace

import numpy as np
import torch
from drawn_architectures import architectures, mults, policies
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import build_network
from scaling_search.baselines.counting import count_cost
from scaling_search.scaling import (
    Architecture,
    Cost,
    FineRounding,
    Grid,
    Rounding,
    Stage,
    cost,
    scale_architecture,
)

# Stem 8x8, one block 4 -> 8 inner, 8x8 -> 4x4, squeeze to 1, out to 6, head 10, 5 classes.
TINY = Architecture(4, 2, (Stage("mbconv", 1, 6, 3, 2, 2, 0.25),), 10, 5, 3)


def test_a_network_priced_by_hand() -> None:
    stem, expand, depthwise = 4 * 64 * 27, 8 * 64 * 4, 8 * 16 * 9
    squeeze, project, head, classes = 2 * 8 * 1, 6 * 16 * 8, 10 * 16 * 6, 10 * 5
    assert cost(TINY, 16) == Cost(
        macs=stem + expand + depthwise + squeeze + project + head + classes,
        params=4 * (27 + 2)
        + 8 * (4 + 2)
        + 8 * (9 + 2)
        + (8 + 1 + 8 + 8)
        + 6 * (8 + 2)
        + 10 * (6 + 2)
        + 11 * 5,
        activations=4 * 64 + 8 * 64 + 8 * 16 + (1 + 8) + 6 * 16 + 10 * 16,
    )


# Stem 8x8, of each kind one block of 6 channels, 8x8 -> 4x4, no head, 5 classes.
FUSED = Architecture(4, 2, (Stage("fused_mbconv", 1, 6, 3, 2, 2, 0.25),), 0, 5, 3)
BASIC = Architecture(4, 2, (Stage("basic", 1, 6, 3, 2, 1, 0.0),), 0, 5, 3)


def test_fused_and_basic_blocks_priced_by_hand() -> None:
    stem, classes = 4 * 64 * 27, 6 * 5
    fused = 8 * 16 * 4 * 9 + 2 * 8 * 1 + 6 * 16 * 8
    basic = 6 * 16 * 4 * 9 + 6 * 16 * 6 * 9 + 6 * 16 * 4
    assert cost(FUSED, 16).macs == stem + fused + classes
    assert cost(BASIC, 16).macs == stem + basic + classes


# Stem 8x8 pooled to 4x4, two blocks of 2 inside and 6 out, 4x4 -> 2x2, no head, 5 classes.
BOTTLENECK = Architecture(
    3,
    2,
    (Stage("bottleneck", 2, 2, 3, 2, 3, 0.0),),
    0,
    5,
    1,
    activation="relu",
    stem_kernel=5,
    stem_pool=True,
)


def test_a_projection_priced_by_hand() -> None:
    """It strides beside the layers, once for each stage, and no pooling is counted."""
    stem, project = 3 * 64 * 25, 6 * 4 * 3
    first = 2 * 16 * 3 + 2 * 4 * 18 + 6 * 4 * 2
    further = 2 * 4 * 6 + 2 * 4 * 18 + 6 * 4 * 2
    assert cost(BOTTLENECK, 16) == Cost(
        macs=stem + project + first + further + 6 * 5,
        params=3 * (25 + 2)
        + 6 * (3 + 2)
        + (2 * (3 + 2) + 2 * (18 + 2) + 6 * (2 + 2))
        + (2 * (6 + 2) + 2 * (18 + 2) + 6 * (2 + 2))
        + 7 * 5,
        activations=3 * 64 + 6 * 4 + (2 * 16 + 2 * 4 + 6 * 4) + (2 * 4 + 2 * 4 + 6 * 4),
    )


@settings(max_examples=50, deadline=None)
@given(architectures, st.integers(1, 41))
def test_closed_form_equals_the_count(architecture: Architecture, resolution: int) -> None:
    with torch.device("meta"):
        network = build_network(architecture, resolution)
    assert cost(architecture, resolution) == count_cost(
        network, architecture.in_channels, resolution
    )


def test_odd_sizes_round_up_at_each_stride() -> None:
    costs = [cost(TINY, resolution) for resolution in (15, 16, 17)]
    assert costs[0] == costs[1]
    assert costs[1].macs < costs[2].macs


@settings(max_examples=60, deadline=None)
@given(
    architectures,
    policies,
    st.integers(4, 64),
    st.lists(st.tuples(mults, mults, mults), min_size=1, max_size=12),
)
def test_grids_are_priced_like_single_networks(
    architecture: Architecture, policy: Rounding, resolution: int, points: list
) -> None:
    depth, width, pixels = np.array(points).T
    grid = Grid.of(architecture, resolution, policy, depth, width, pixels)
    for index, (depth_mult, width_mult, resolution_mult) in enumerate(points):
        side = int(policy.resolution(resolution, resolution_mult)[0])
        expected = cost(scale_architecture(architecture, policy, depth_mult, width_mult), side)
        assert grid.resolution[index] == side
        assert grid.counts("macs")[index] == expected.macs
        assert grid.counts("params")[index] == expected.params
        assert grid.counts("activations")[index] == expected.activations


def test_grids_are_exact_beyond_floating_point() -> None:
    """At this size a float64 would lose the last digits."""
    big = replace(TINY, stem_channels=10007, head_channels=10009, num_classes=99991)
    grid = Grid.of(big, 4001, FineRounding(channel_divisor=1), [1.0], [1.0], [1.0])
    assert int(grid.counts("macs")[0]) == cost(big, 4001).macs


def test_train_flops() -> None:
    assert Cost(macs=10, params=1, activations=1).train_flops(7) == 3 * 2 * 10 * 7
