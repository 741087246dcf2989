"""The largest network within a budget, at the smallest phi that gives it."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scaling_search.baselines import Baseline, FamilyMember, load_baseline, scale, solve_phi
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients

B0 = load_baseline("efficientnet_b0")
MICRO = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
both = pytest.mark.parametrize("baseline", [B0, MICRO], ids=lambda baseline: baseline.name)


@st.composite
def some_coefficients(draw: st.DrawFn) -> Coefficients:
    first, second = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    cost_ratio = draw(st.floats(1.2, 4))
    return Coefficients.from_shares(first, second - first, 1 - second, cost_ratio)


def _next_member(baseline: Baseline, coefficients: Coefficients, at: FamilyMember) -> FamilyMember:
    """The first member with another name beyond `at`, to the last bit of phi."""
    assert at.phi is not None
    low, high = at.phi, at.phi + 0.25
    while scale(baseline, coefficients, high).id == at.id:
        high += 0.25
    while low < (middle := (low + high) / 2) < high:
        if scale(baseline, coefficients, middle).id == at.id:
            low = middle
        else:
            high = middle
    return scale(baseline, coefficients, high)


def _smallest(baseline: Baseline, coefficients: Coefficients) -> FamilyMember:
    return scale(baseline, coefficients, -60 / math.log2(coefficients.nominal_cost_ratio))


@both
@settings(max_examples=15, deadline=None)
@given(some_coefficients(), st.floats(-3, 5))
def test_largest_member_at_the_smallest_phi(
    baseline: Baseline, coefficients: Coefficients, doublings: float
) -> None:
    budget = scale(baseline, PAPER, 0).cost.macs * 2**doublings
    smallest = _smallest(baseline, coefficients)
    assume(_next_member(baseline, coefficients, smallest).cost.macs <= budget)
    member = solve_phi(baseline, coefficients, macs=budget)
    assert member.cost.macs <= budget
    assert _next_member(baseline, coefficients, member).cost.macs > budget
    assert member.phi is not None
    assert scale(baseline, coefficients, member.phi).id == member.id
    just_below = math.nextafter(member.phi, -math.inf)
    assert scale(baseline, coefficients, just_below).id != member.id


@both
@settings(max_examples=10, deadline=None)
@given(some_coefficients(), st.floats(-1, 4))
def test_the_cost_of_a_member_buys_that_member(
    baseline: Baseline, coefficients: Coefficients, phi: float
) -> None:
    member = scale(baseline, coefficients, phi)
    assume(member.id != _smallest(baseline, coefficients).id)
    solved = solve_phi(baseline, coefficients, macs=member.cost.macs)
    # A pixel more may be free, so the solved member may be a larger one of the same cost.
    assert solved.cost.macs == member.cost.macs
    assert solved.id == member.id or (solved.phi is not None and solved.phi > phi)
    less = solve_phi(baseline, coefficients, macs=member.cost.macs - 1)
    assert less.cost.macs < member.cost.macs


def test_a_budget_for_b0() -> None:
    """Published rounding adds a block to every stage at once, so 600 M buys nothing finer."""
    member = solve_phi(B0, PAPER, macs=600e6)
    assert member.architecture.repeats == (2, 3, 3, 4, 4, 5, 2)
    assert 385_814_752 < member.cost.macs <= 600e6
    assert solve_phi(B0, PAPER, macs=385_814_752).network == B0.network(1, 1)


@both
def test_the_smallest_network_is_the_least_budget(baseline: Baseline) -> None:
    smallest = _smallest(baseline, PAPER)
    assert solve_phi(baseline, PAPER, macs=smallest.cost.macs).cost.macs == smallest.cost.macs
    with pytest.raises(InvalidInput, match=f"smallest network of {baseline.name} has") as refusal:
        solve_phi(baseline, PAPER, macs=smallest.cost.macs - 1)
    assert f"{smallest.cost.macs:,}" in str(refusal.value)


@pytest.mark.parametrize("macs", [0, -1e6, math.nan, math.inf])
def test_budgets_must_be_finite_and_positive(macs: float) -> None:
    with pytest.raises(InvalidInput, match=f"macs is {macs}, but must be a finite number above 0"):
        solve_phi(MICRO, PAPER, macs=macs)


def test_a_budget_beyond_every_network() -> None:
    with pytest.raises(InvalidInput, match="more than any network that can be described"):
        solve_phi(B0, PAPER, macs=1e40)
    with pytest.raises(InvalidInput, match="more than any network that can be described"):
        solve_phi(MICRO, Coefficients(2.0, 1.0, 1.0), macs=1e30)


def test_coefficients_must_add_compute() -> None:
    with pytest.raises(InvalidInput, match="adds no compute, so phi has no meaning"):
        solve_phi(MICRO, Coefficients(1, 1, 1), macs=1e9)
