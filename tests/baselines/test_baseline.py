"""Family members: what scaling gives, costs relative to the baseline, and names of networks."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import (
    Baseline,
    load_baseline,
    plain_network,
    scale,
    scale_by,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients, cost

B0 = load_baseline("efficientnet_b0")
MICRO = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
both = pytest.mark.parametrize("baseline", [B0, MICRO], ids=lambda baseline: baseline.name)


@both
def test_phi_zero_is_the_baseline(baseline: Baseline) -> None:
    member = scale(baseline, PAPER, 0)
    assert member.network == baseline.network(1, 1)
    assert member.resolution == baseline.resolution
    assert member.resolution_mult == 1
    assert member.cost_ratio == 1
    assert member.effective_phi == 0
    assert member.phi == 0


def test_the_paper_coefficients_scale_b0() -> None:
    member = scale(B0, PAPER, 1)
    assert (member.depth_mult, member.width_mult, member.resolution) == (1.2, 1.1, 258)
    assert member.architecture.repeats == (2, 3, 3, 4, 4, 5, 2)
    assert member.architecture.head_channels == 1408
    assert member.resolution_mult == 258 / 224


@both
def test_cost_ratio_is_realised(baseline: Baseline) -> None:
    member = scale(baseline, PAPER, 2)
    base = cost(scale(baseline, PAPER, 0).architecture, baseline.resolution)
    realised = cost(member.architecture, member.resolution)
    assert member.cost == realised
    assert member.cost_ratio == realised.macs / base.macs
    assert 2**member.effective_phi == pytest.approx(member.cost_ratio)
    assert member.cost_ratio != pytest.approx(PAPER.nominal_cost_ratio**2, rel=0.01)


def test_a_pixel_costs_more_where_maps_are_rounded_up() -> None:
    base = load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=16)
    price = {
        px: scale_by(base, depth_mult=1, width_mult=1, resolution=px).pixel_price
        for px in (16, 17, 18, 20)
    }
    assert price[16] == 1
    # Strides of 2 and 4 divide 20 px, and make 9 and 5 px of 17 as of 18.
    assert price[20] == pytest.approx(1, abs=0.01)
    assert price[17] / price[18] == pytest.approx((18 / 17) ** 2)
    assert price[17] > 1.2
    # Depth and width alone are scaled at the baseline's resolution.
    assert scale_by(base, depth_mult=2, width_mult=1.3, resolution=16).pixel_price == 1


@both
@settings(max_examples=40, deadline=None)
@given(st.floats(-3, 5), st.floats(0, 3))
def test_a_family_grows_with_phi(baseline: Baseline, phi: float, step: float) -> None:
    small, large = scale(baseline, PAPER, phi), scale(baseline, PAPER, phi + step)
    assert small.cost.macs <= large.cost.macs
    assert small.cost.params <= large.cost.params
    assert small.cost.activations <= large.cost.activations
    assert small.resolution <= large.resolution
    assert (small.id == large.id) == (
        (small.network, small.resolution) == (large.network, large.resolution)
    )


def test_negative_phi_shrinks() -> None:
    member = scale(B0, PAPER, -2)
    assert member.effective_phi < -1
    assert member.resolution < 224


def test_equal_networks_have_equal_names() -> None:
    asked, nearly = scale(B0, PAPER, 1), scale(B0, PAPER, 1.00001)
    assert nearly.depth_mult != asked.depth_mult
    given_directly = scale_by(B0, depth_mult=1.2, width_mult=1.1, resolution=258)
    assert asked.id == nearly.id == given_directly.id
    assert asked.id == B0.priced(asked.network, 258).id
    assert len(asked.id) == 8
    assert int(asked.id, 16) >= 0


def test_different_networks_have_different_names() -> None:
    architecture = scale(MICRO, PAPER, 0).architecture
    first, *others = architecture.stages
    variants = [
        architecture,
        replace(architecture, num_classes=37),
        replace(architecture, in_channels=3),
        replace(architecture, head_channels=97),
        replace(architecture, identity_start=False),
        replace(architecture, activation="relu"),
        replace(architecture, stem_kernel=5),
        replace(architecture, stem_pool=True),
        *(
            replace(architecture, stages=(replace(first, **change), *others))
            for change in ({"repeats": 9}, {"kernel": 5}, {"se_ratio": 0.5}, {"channels": 17})
        ),
    ]
    names = {MICRO.priced(variant, 20).id for variant in variants}
    names.add(MICRO.priced(architecture, 21).id)
    assert len(names) == len(variants) + 1


def test_names_of_stored_networks_last() -> None:
    """Written down: committed studies name these, so younger fields must not change them."""
    assert scale(MICRO, PAPER, 0).id == "8527d95f"
    assert scale(load_baseline("efficientnet_b0", 36, 1, resolution=64), PAPER, 1).id == "d1b2976e"
    assert set(plain_network(MICRO.network(1, 1))) == {
        "stem_channels",
        "stem_stride",
        "stages",
        "head_channels",
        "num_classes",
        "in_channels",
        "identity_start",
    }
    # A younger field counts where it is used.
    assert plain_network(load_baseline("mobilenet_v2").network(1, 1))["activation"] == "relu6"


@pytest.mark.parametrize("resolution", [0, -5, 20.5, True])
def test_scale_by_refuses_odd_resolutions(resolution: float) -> None:
    with pytest.raises(InvalidInput, match=f"resolution is {resolution}, but must be a whole"):
        scale_by(MICRO, depth_mult=1, width_mult=1, resolution=resolution)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_scale_by_refuses_odd_multipliers(value: float) -> None:
    with pytest.raises(InvalidInput, match=f"depth_mult is {value}, but must be"):
        scale_by(MICRO, depth_mult=value, width_mult=1, resolution=20)
    with pytest.raises(InvalidInput, match=f"width_mult is {value}, but must be"):
        scale_by(MICRO, depth_mult=1, width_mult=value, resolution=20)


@both
def test_a_single_dimension_leaves_the_others(baseline: Baseline) -> None:
    base = scale(baseline, PAPER, 0)
    deep, wide, fine = (
        scale(baseline, Coefficients(*bases), 1) for bases in ((2, 1, 1), (1, 2, 1), (1, 1, 2))
    )
    assert deep.architecture.channels == base.architecture.channels
    assert deep.architecture.repeats == tuple(2 * r for r in base.architecture.repeats)
    assert wide.architecture.repeats == base.architecture.repeats
    assert wide.architecture.channels == tuple(2 * c for c in base.architecture.channels)
    assert fine.architecture == base.architecture
    assert (deep.resolution, wide.resolution) == (base.resolution, base.resolution)
    assert fine.resolution == 2 * base.resolution
