"""Baselines by name: what can be set, what is refused."""

import pytest

from scaling_search.baselines import (
    STAGE_TABLES,
    ArchitectureBaseline,
    BaselineSettings,
    load_baseline,
    scale_by,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PaperRounding


def test_names() -> None:
    published = {f"efficientnet_b{index}" for index in range(8)} | {
        "mobilenet_v1",
        "mobilenet_v2",
        "resnet50",
    }
    micros = {f"{name}_micro" for name in ("efficientnet", "mobilenet_v1", "mobilenet_v2")}
    assert set(STAGE_TABLES) == published | micros | {"resnet50_micro", "searched_micro"}
    b0 = load_baseline("efficientnet_b0")
    assert (b0.name, b0.architecture.num_classes, b0.architecture.in_channels, b0.resolution) == (
        "efficientnet_b0",
        1000,
        3,
        224,
    )
    assert isinstance(b0, ArchitectureBaseline)
    assert b0.rounding == PaperRounding()


@pytest.mark.parametrize(
    "name", [n for n in STAGE_TABLES if n not in {f"efficientnet_b{i}" for i in range(1, 8)}]
)
def test_classes_and_channels_are_part_of_the_cost(name: str) -> None:
    def member(num_classes: int, in_channels: int):
        baseline = load_baseline(name, num_classes, in_channels, resolution=32)
        return scale_by(baseline, depth_mult=1, width_mult=1, resolution=32)

    small, classes, channels = member(10, 1), member(11, 1), member(10, 2)
    features = classes.cost.macs - small.cost.macs
    assert features == small.build().classifier.in_features
    assert classes.cost.params - small.cost.params == features + 1
    kernel, stem = small.architecture.stem_kernel, small.architecture.stem_channels
    pixels = 32 // small.architecture.stem_stride
    assert channels.cost.macs - small.cost.macs == kernel**2 * pixels**2 * stem
    assert len({small.id, classes.id, channels.id}) == 3


def test_base_resolution_can_be_set() -> None:
    micro = load_baseline("efficientnet_micro", resolution=26)
    assert micro.resolution == 26
    assert micro.round_resolution(1) == 26
    assert micro.round_resolution(2) == 52


def test_divisors_can_be_set() -> None:
    micro = load_baseline("efficientnet_micro", channel_divisor=4, resolution_divisor=6)
    member = micro.network(1, 1.37)
    assert all(channels % 4 == 0 for channels in member.channels)
    assert micro.resolution == 18
    assert [micro.round_resolution(mult) for mult in (1, 1.2, 1.6)] == [18, 24, 30]


def test_a_resolution_that_is_no_multiple_of_the_divisor_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"must be a multiple .* set baseline\.resolution=16"):
        load_baseline("efficientnet_micro", resolution=20, resolution_divisor=8)


@pytest.mark.parametrize("divisor", ["channel_divisor", "resolution_divisor"])
def test_the_published_rule_has_no_divisors_to_set(divisor: str) -> None:
    with pytest.raises(InvalidInput, match=f"baseline.{divisor} has no use: leave it out"):
        load_baseline("efficientnet_b0", **{divisor: 4})


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="'efficientnet_b9', but must be one of") as refusal:
        load_baseline("efficientnet_b9")
    assert all(name in str(refusal.value) for name in STAGE_TABLES)


@pytest.mark.parametrize(
    ("argument", "named"),
    [
        ("num_classes", "num_classes"),
        ("in_channels", "in_channels"),
        ("resolution", "baseline.resolution"),
        ("channel_divisor", "baseline.channel_divisor"),
        ("resolution_divisor", "baseline.resolution_divisor"),
    ],
)
@pytest.mark.parametrize("value", [0, -3, 2.5, True])
def test_counts_must_be_whole_and_positive(argument: str, named: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"{named} is {value}, but must be a whole number above"):
        load_baseline("efficientnet_micro", **{argument: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("num_classes", 10**8),
        ("in_channels", 10**5),
        ("resolution", 10_001),
        ("channel_divisor", 1_000_000),
        ("channel_divisor", 11),
        ("resolution_divisor", 20_000),
    ],
)
def test_what_no_network_can_have_is_refused(argument: str, value: int) -> None:
    with pytest.raises(InvalidInput, match=f"{argument} is {value}, but .* at most "):
        load_baseline("efficientnet_micro", **{argument: value})  # type: ignore[arg-type]


def test_settings_load_the_same_baseline() -> None:
    settings = BaselineSettings(
        name="efficientnet_micro", resolution=26, channel_divisor=4, resolution_divisor=2
    )
    assert settings.load(7, 2) == load_baseline("efficientnet_micro", 7, 2, 26, 4, 2)
    assert BaselineSettings(name="efficientnet_b0").load(7, 2) == load_baseline(
        "efficientnet_b0", 7, 2
    )
