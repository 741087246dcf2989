"""Networks of an equal amount of any quantity: all of them are listed, and none is missed."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import (
    ArchitectureBaseline,
    Baseline,
    Counted,
    FamilyMember,
    counted_in,
    load_baseline,
    scale,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import CostConstraint
from scaling_search.search.listing import Listing, list_near
from scaling_search.search.shell import Shell, shell

COUNTS = ("params", "activations")


def baseline_by(quantity: str, name: str = "efficientnet_micro") -> ArchitectureBaseline:
    baseline = counted_in(load_baseline(name, 10, 1), Counted(quantity))
    assert isinstance(baseline, ArchitectureBaseline)
    return baseline


@cache
def listed_by(quantity: str) -> Listing:
    return list_near(baseline_by(quantity), CostConstraint(on=quantity))


@cache
def shell_by(quantity: str) -> Shell:
    return shell(baseline_by(quantity), CostConstraint(on=quantity))


def realised(member: FamilyMember) -> tuple[object, ...]:
    return member.architecture.channels, member.architecture.repeats, member.resolution


def at_equal_amount(baseline: Baseline, direction: Coefficients, goal: float) -> FamilyMember:
    """Along a ray from the baseline, by halving."""
    low, high = 0.0, 6.0
    for _ in range(25):
        middle = (low + high) / 2
        member = scale(baseline, direction, middle)
        low, high = (middle, high) if member.cost_ratio < goal else (low, middle)
    return scale(baseline, direction, high)


@pytest.mark.parametrize("quantity", COUNTS)
@settings(max_examples=12, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_no_network_of_the_amount_is_missed(quantity: str, depth: float, width: float) -> None:
    baseline, total = baseline_by(quantity), depth + width + 0.3
    direction = Coefficients.from_shares(depth / total, width / total, 0.3 / total)
    member = at_equal_amount(baseline, direction, 2.0)
    constraint = CostConstraint(on=quantity)
    listed = listed_by(quantity)
    if not constraint.allows(member) or member.resolution_mult > 3.9:
        return
    rows = listed.multipliers[np.isclose(listed.multipliers[:, 2], member.resolution_mult)]
    networks = {
        realised(FamilyMember(baseline, baseline.network(d, w), member.resolution, d, w))
        for d, w, _ in rows.tolist()
    }
    assert realised(member) in networks


@pytest.mark.parametrize("quantity", COUNTS)
@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 0.5))
def test_candidates_cost_the_same_and_keep_their_direction(
    quantity: str, depth: float, width: float, resolution: float
) -> None:
    baseline, total = baseline_by(quantity), depth + width + resolution
    asked = Coefficients.from_shares(depth / total, width / total, resolution / total)
    member = shell_by(quantity).at_cost(asked)
    ratio = getattr(member.cost, quantity) / getattr(scale(baseline, asked, 0).cost, quantity)
    assert abs(ratio / 2 - 1) <= 0.05
    assert math.isclose(member.cost_ratio, ratio)
    found = Coefficients(*(max(1.0, m) for m in (
        member.depth_mult, member.width_mult, member.resolution_mult)))  # fmt: skip
    # Rounding moves a small network; its shares stay those that were asked for, about.
    assert max(abs(a - b) for a, b in zip(found.shares(), asked.shares())) < 0.25


def test_by_parameters_resolution_alone_buys_nothing() -> None:
    with pytest.raises(InvalidInput, match="resolution alone has no network near 2 times"):
        shell_by("params").along("resolution")
    assert shell_by("macs").along("resolution").resolution > 20


def test_by_multiply_adds_the_shell_is_what_it_was() -> None:
    baseline = load_baseline("searched_micro", 36, 1)
    found = shell(baseline, CostConstraint())
    paper = found.at_cost(Coefficients.from_shares(0.28, 0.29, 0.43))
    assert paper.cost.macs == 485_417
    assert paper.resolution == 28
