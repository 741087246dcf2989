"""The closed form of memory: by hand, on grids, and what must hold for every network.

tests/baselines/test_memory.py compares it with what is watched on the built network.
"""

from dataclasses import replace

import numpy as np
import pytest
from drawn_architectures import architectures, mults, policies
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling import (
    Architecture,
    FineRounding,
    MemorySetup,
    PaperRounding,
    Rounding,
    Stage,
    cost,
    grid_peak_bytes,
    peak_bytes,
    scale_architecture,
)
from scaling_search.scaling.cost import Grid

setups = st.builds(
    MemorySetup,
    batch_size=st.integers(1, 300),
    training=st.booleans(),
    optimizer=st.sampled_from(["adamw", "sgd", "rmsprop", "muon"]),
    averaged=st.booleans(),
    mixed=st.booleans(),
)

# Stem 8x8, one block 4 -> 8 inner, 8x8 -> 4x4, squeeze to 1, out to 6, head 10, 5 classes.
TINY = Architecture(4, 2, (Stage("mbconv", 1, 6, 3, 2, 2, 0.25),), 10, 5, 3)
STEM, EXPANDED, STRIDED, OUT, HEAD = 4 * 64, 8 * 64, 8 * 16, 6 * 16, 10 * 16
PARAMS = cost(TINY, 16).params
#: Mean and variance of each channel, and of each batch norm a number of batches.
CHANNELS, NORMS = 4 + 8 + 8 + 6 + 10, 5
STATISTICS = 4 * 2 * CHANNELS + 8 * NORMS


def test_inference_by_hand() -> None:
    """The worst is the batch norm behind the expansion: its input, its output, the block's input.

    An image is there as bytes and as floats.
    """
    for images in (1, 7):
        maps = 4 * images * (STEM + 2 * EXPANDED) + 4 * 2 * 8
        batch = images * 3 * 16 * 16 * (1 + 4)
        found = peak_bytes(TINY, 16, MemorySetup(images, training=False))
        assert found == 4 * PARAMS + STATISTICS + batch + maps


def test_a_training_step_by_hand() -> None:
    """Few images: the worst is the mean over the head's map, with the gradients of the step before.

    Many: it is the backward pass of the head's SiLU, with those of the classifier.
    """
    # Convolution, batch norm and SiLU each leave a map, squeeze-excitation another; of the head the
    # mean keeps none.
    saved = 3 * (STEM + EXPANDED + STRIDED) + STRIDED + 2 * OUT + 2 * HEAD
    # What is pooled, the gate, what is squeezed before and behind SiLU. Scores of 5 classes.
    saved += 2 * 8 + 2 * 1 + 5
    mean = HEAD + 10  # SiLU's result, and what the classifier is given
    backward = 2 * HEAD  # the gradients of SiLU's result and of its input
    for images, rest in (
        (2, 4 * (2 * mean + PARAMS)),
        (64, 4 * (64 * backward + 11 * 5)),
    ):
        batch = images * (3 * 16 * 16 * (1 + 4) + 8)
        # Weights and momentum; batch norm saves mean and deviation.
        sgd = 4 * (2 * PARAMS + images * saved + 2 * CHANNELS) + STATISTICS + batch + rest
        plain = MemorySetup(images, optimizer="sgd", averaged=False)
        assert peak_bytes(TINY, 16, plain) == sgd
        assert peak_bytes(TINY, 16, replace(plain, optimizer="adamw")) == sgd + 4 * PARAMS
        averaged = replace(plain, averaged=True)
        assert peak_bytes(TINY, 16, averaged) == sgd + 4 * PARAMS + STATISTICS
        # One state for the dense kernels of stem, expansion, squeeze, projection and head, two for
        # all else.
        dense = 4 * 27 + 8 * 4 + 2 * 8 + 6 * 8 + 10 * 6
        assert peak_bytes(TINY, 16, replace(plain, optimizer="muon")) == sgd + 4 * (PARAMS - dense)


@pytest.mark.parametrize(("kernel", "work"), [(3, 0), (5, 1024), (7, 1024)])
def test_wide_depthwise_kernels_need_room_to_work_on_a_cpu(kernel: int, work: int) -> None:
    """The kernels of 512 channels at 1 px are then the worst; on a GPU they take none."""
    stage = Stage("mbconv", 1, 512, kernel, 1, 1, 0.0)
    network = Architecture(512, 1, (stage,), 0, 2, 1, stem_kernel=1)
    setup = MemorySetup(1, optimizer="sgd", averaged=False)
    weights = 512 * kernel**2
    fixed = 3 * 4 * cost(network, 1).params + 2 * 4 * 2 * 512
    found = peak_bytes(network, 1, setup) - fixed
    assert work * weights * 0.9 < found < work * weights + 100_000
    assert peak_bytes(network, 1, replace(setup, mixed=True)) - fixed < 2_000_000


@settings(max_examples=30, deadline=None)
@given(
    architectures,
    policies,
    st.integers(4, 64),
    setups,
    st.lists(st.tuples(mults, mults, mults), min_size=1, max_size=12),
)
def test_grids_are_counted_like_single_networks(
    architecture: Architecture,
    policy: Rounding,
    resolution: int,
    setup: MemorySetup,
    points: list,
) -> None:
    found = grid_peak_bytes(Grid.of(architecture, resolution, policy, *np.array(points).T), setup)
    assert found.dtype == np.int64
    for peak, (depth_mult, width_mult, resolution_mult) in zip(found, points):
        side = int(policy.resolution(resolution, resolution_mult)[0])
        network = scale_architecture(architecture, policy, depth_mult, width_mult)
        assert peak == peak_bytes(network, side, setup)


def test_a_block_that_is_residual_at_some_widths_only() -> None:
    """Of 10 and 11 channels the paper's rounding makes the same 8 and different ones."""
    stages = (
        Stage("mbconv", 1, 10, 3, 1, 1, 0.0),
        Stage("mbconv", 1, 13, 3, 1, 1, 0.0),
    )
    network = Architecture(10, 1, stages, 0, 5, 3)
    setup = MemorySetup(16, training=True)
    width = np.array([0.5, 1.0, 2.0, 3.0])
    grid = Grid.of(network, 20, PaperRounding(), np.ones(4), width, np.ones(4))
    alone = [
        peak_bytes(scale_architecture(network, PaperRounding(), 1.0, w), 20, setup) for w in width
    ]
    same = {bool(a == b) for a, b in zip(grid.channels[1], grid.channels[2])}
    assert same == {True, False}
    assert grid_peak_bytes(grid, setup).tolist() == alone


@settings(max_examples=25, deadline=None)
@given(architectures, st.integers(4, 64), setups)
def test_what_must_hold_for_every_network(
    architecture: Architecture, resolution: int, setup: MemorySetup
) -> None:
    here = peak_bytes(architecture, resolution, setup)
    assert here > 4 * cost(architecture, resolution).params
    # Some of it grows with the images, and nothing of it more than they do.
    twice = peak_bytes(architecture, resolution, replace(setup, batch_size=2 * setup.batch_size))
    assert here < twice < 2 * here
    assert peak_bytes(architecture, resolution + 8, setup) > here
    if setup.training:
        assert here > peak_bytes(architecture, resolution, replace(setup, training=False))


def test_whole_numbers_beyond_floating_point() -> None:
    """At this size a float64 would lose the last digits."""
    big = replace(TINY, stem_channels=10007, head_channels=10009, num_classes=99991)
    one = np.ones(1)
    grid = Grid.of(big, 4001, FineRounding(channel_divisor=1), one, one, one)
    setup = MemorySetup(8191)
    peak = peak_bytes(big, 4001, setup)
    assert peak > 2**53
    assert grid_peak_bytes(grid, setup).tolist() == [peak]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0, but must be a whole number above 0"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        (
            {"optimizer": "lion"},
            "optimizer is 'lion', but must be one of sgd, adamw, rmsprop, muon",
        ),
    ],
)
def test_wrong_setups_are_named(wrong: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        MemorySetup(**wrong)
