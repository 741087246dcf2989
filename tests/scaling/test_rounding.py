"""The rounding policies: published figures, fine steps, and the list of all changes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling import (
    Architecture,
    FineRounding,
    PaperRounding,
    Rounding,
    Stage,
    cost,
    scale_architecture,
)

B0_CHANNELS = (32, 16, 24, 40, 80, 112, 192, 320, 1280)
B0_REPEATS = (1, 2, 2, 3, 3, 4, 1)

fine_policies = st.builds(FineRounding, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 4]))
policies = st.one_of(st.just(PaperRounding()), fine_policies)
some_repeats = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)
some_channels = st.lists(st.integers(1, 24).map(lambda n: 4 * n), min_size=1, max_size=5).map(tuple)
some_mults = st.lists(st.floats(0.1, 6), min_size=2, max_size=30).map(sorted)


# Tan & Le's published models: width and depth multipliers of B0-B7, and what they become.
@pytest.mark.parametrize(
    ("width_mult", "expected"),
    [
        (1.0, B0_CHANNELS),
        (1.1, (32, 16, 24, 48, 88, 120, 208, 352, 1408)),
        (1.2, (40, 24, 32, 48, 96, 136, 232, 384, 1536)),
        (1.4, (48, 24, 32, 56, 112, 160, 272, 448, 1792)),
        (1.6, (48, 24, 40, 64, 128, 176, 304, 512, 2048)),
        (1.8, (56, 32, 40, 72, 144, 200, 344, 576, 2304)),
        (2.0, (64, 32, 48, 80, 160, 224, 384, 640, 2560)),
    ],
)
def test_paper_channels_of_the_family(width_mult: float, expected: tuple[int, ...]) -> None:
    assert tuple(PaperRounding().channels(B0_CHANNELS, width_mult)[0]) == expected


@pytest.mark.parametrize(
    ("depth_mult", "expected"),
    [
        (1.0, B0_REPEATS),
        (1.1, (2, 3, 3, 4, 4, 5, 2)),
        (1.2, (2, 3, 3, 4, 4, 5, 2)),
        (1.4, (2, 3, 3, 5, 5, 6, 2)),
        (1.8, (2, 4, 4, 6, 6, 8, 2)),
        (2.2, (3, 5, 5, 7, 7, 9, 3)),
        (2.6, (3, 6, 6, 8, 8, 11, 3)),
        (3.1, (4, 7, 7, 10, 10, 13, 4)),
        (0.1, (1, 1, 1, 1, 1, 1, 1)),
    ],
)
def test_paper_repeats_of_the_family(depth_mult: float, expected: tuple[int, ...]) -> None:
    assert tuple(PaperRounding().repeats(B0_REPEATS, depth_mult)[0]) == expected


@pytest.mark.parametrize(
    ("exact", "rounded"),
    # 8 is below 90 % of 9 and of 11, 16 below 90 % of 19: those go up, although 8 or 16 is nearest.
    [(1, 8), (8, 8), (8.8, 8), (9, 16), (11, 16), (17, 16), (19, 24), (20, 24), (26, 24), (27, 32)],
)
def test_paper_channels_never_fall_below_nine_tenths(exact: float, rounded: int) -> None:
    assert PaperRounding().channels([1], exact)[0, 0] == rounded


def test_paper_depth_hides_alpha() -> None:
    """From 1.05 to 1.25 the published rule gives B0 the same depths."""
    rows = PaperRounding().repeats(B0_REPEATS, [1.05, 1.1, 1.15, 1.2, 1.25])
    assert (rows == rows[0]).all()


@pytest.mark.parametrize(
    ("policy", "mult", "pixels"),
    [
        (PaperRounding(), 1.15, 258),
        (PaperRounding(), 1.0, 224),
        (PaperRounding(), 1.0022, 224),
        (PaperRounding(), 1.0023, 225),
        (PaperRounding(), 1e-9, 1),
        (FineRounding(resolution_divisor=4), 1.15, 256),
        (FineRounding(resolution_divisor=4), 1e-9, 4),
    ],
)
def test_resolution_goes_to_the_nearest(policy: Rounding, mult: float, pixels: int) -> None:
    assert policy.resolution(224, mult)[0] == pixels


@pytest.mark.parametrize("policy", [PaperRounding(), FineRounding()])
@pytest.mark.parametrize("mult", [2.0**60, 2.0**64, 1e300, np.inf])
def test_what_no_integer_holds_is_refused(policy: Rounding, mult: float) -> None:
    """It ran over into other networks, or for ever."""
    for rounded in (
        lambda: policy.channels(B0_CHANNELS, [1.0, mult]),
        lambda: policy.repeats(B0_REPEATS, [1.0, mult]),
        lambda: policy.resolution(224, [1.0, mult]),
    ):
        with pytest.raises(InvalidInput, match="more than any network that can be described has"):
            rounded()


def test_fine_depth_has_fine_steps() -> None:
    """A tenth more depth is a tenth more blocks, where the paper's rule adds three tenths."""
    assert FineRounding().repeats((3, 4, 3), 1.1).sum() == 11
    assert PaperRounding().repeats((3, 4, 3), 1.1).sum() == 13


@settings(max_examples=100, deadline=None)
@given(some_repeats, some_mults)
def test_fine_blocks_are_handed_out_one_by_one(repeats: tuple[int, ...], mults: list) -> None:
    rows = FineRounding().repeats(repeats, mults)
    exact = np.array(mults) * sum(repeats)
    floor = len(repeats)
    assert (np.abs(rows.sum(1) - np.maximum(exact, floor)) <= 0.5 + 1e-9).all()
    assert (rows >= 1).all()
    assert (np.diff(rows, axis=0) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(some_repeats, st.integers(1, 5))
def test_fine_depth_keeps_proportions(repeats: tuple[int, ...], times: int) -> None:
    assert tuple(FineRounding().repeats(repeats, times)[0]) == tuple(times * r for r in repeats)


@settings(max_examples=60, deadline=None)
@given(policies, some_repeats, some_channels, some_mults, st.integers(4, 300))
def test_every_policy_is_monotone(
    policy: Rounding, repeats: tuple, channels: tuple, mults: list, resolution: int
) -> None:
    assert (np.diff(policy.repeats(repeats, mults), axis=0) >= 0).all()
    assert (np.diff(policy.channels(channels, mults), axis=0) >= 0).all()
    pixels = policy.resolution(resolution, mults)
    assert (np.diff(pixels) >= 0).all()
    assert (pixels % policy.resolution_divisor == 0).all()
    assert (pixels >= policy.resolution_divisor).all()


@settings(max_examples=60, deadline=None)
@given(fine_policies, some_repeats, some_channels, st.integers(8, 300))
def test_one_gives_the_baseline_back(
    policy: FineRounding, repeats: tuple, channels: tuple, resolution: int
) -> None:
    assert tuple(policy.repeats(repeats, 1)[0]) == repeats
    assert tuple(policy.channels(channels, 1)[0]) == channels
    assert abs(policy.resolution(resolution, 1)[0] - resolution) <= policy.resolution_divisor / 2


@settings(max_examples=60, deadline=None)
@given(some_repeats, some_mults, st.sampled_from([0.7, 1.0, 1.9]))
def test_every_cost_grows_with_fine_depth(repeats: tuple, mults: list, width_mult: float) -> None:
    stages = tuple(
        Stage("mbconv", blocks, 8 + 4 * index, 3, 1 + index % 2, 2, 0.25)
        for index, blocks in enumerate(repeats)
    )
    architecture = Architecture(8, 2, stages, 32, 10, 3)
    costs = [
        cost(scale_architecture(architecture, FineRounding(), mult, width_mult), 20)
        for mult in mults
    ]
    for shallow, deep in itertools.pairwise(costs):
        assert shallow.macs <= deep.macs
        assert shallow.params <= deep.params
        assert shallow.activations <= deep.activations
    blocks = [sum(FineRounding().repeats(repeats, mult)[0]) for mult in mults]
    grown = [costs[i].macs < costs[i + 1].macs for i in range(len(costs) - 1)]
    assert grown == [a < b for a, b in itertools.pairwise(blocks)]


def _constant_between(edges: list[float], outcome: object) -> bool:
    """Whether the outcome is the same everywhere between neighbouring edges."""
    for low, high in itertools.pairwise(edges):
        inside = np.linspace(low * (1 + 1e-9), high * (1 - 1e-9), 7)
        if inside[0] < inside[-1]:
            rows = outcome(inside)  # type: ignore[operator]
            if (rows != rows[0]).any():
                return False
    return True


@settings(max_examples=60, deadline=None)
@given(policies, some_channels, some_repeats, st.floats(0.1, 2), st.floats(1.01, 4))
def test_no_change_is_missed(
    policy: Rounding, channels: tuple, repeats: tuple, low: float, span: float
) -> None:
    high = low * span
    for listed, outcome in (
        (policy.width_changes(channels, low, high), lambda m: policy.channels(channels, m)),
        (policy.depth_changes(repeats, low, high), lambda m: policy.repeats(repeats, m)),
    ):
        changes = listed.tolist()
        assert changes == sorted(set(changes))
        assert all(low < change < high for change in changes)
        assert _constant_between([low, *changes, high], outcome)


@pytest.mark.parametrize("policy", [PaperRounding(), FineRounding(channel_divisor=1)])
def test_changes_are_found_where_there_are_some(policy: Rounding) -> None:
    """The check above would not see a policy whose outcome never changes."""
    inside = np.linspace(1, 2, 4000)[1:-1]
    for outcomes, listed in (
        (policy.channels((16, 24), inside), policy.width_changes((16, 24), 1, 2)),
        (policy.repeats((3, 4), inside), policy.depth_changes((3, 4), 1, 2)),
    ):
        seen = len(np.unique(outcomes, axis=0)) - 1
        assert 2 <= seen <= len(listed)


def test_divisors_are_kept() -> None:
    policy = replace(FineRounding(), channel_divisor=4, resolution_divisor=2)
    mults = np.linspace(0.3, 3, 100)
    assert (policy.channels((12, 24), mults) % 4 == 0).all()
    assert (policy.resolution(20, mults) % 2 == 0).all()
