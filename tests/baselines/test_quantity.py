"""What twice as much is counted in, and bounds."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import Counted, counted_in, load_baseline, scale, solve_phi
from scaling_search.baselines.pricing import Pricing
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER

B0 = load_baseline("efficientnet_b0")
MICRO = load_baseline("efficientnet_micro", num_classes=10, in_channels=1)


@pytest.mark.parametrize("name", ["macs", "params", "activations"])
def test_ratios_and_doublings_are_of_the_quantity(name: str) -> None:
    baseline = counted_in(B0, Counted(name))
    member, base = scale(baseline, PAPER, 2.0), scale(baseline, PAPER, 0.0)
    ratio = getattr(member.cost, name) / getattr(base.cost, name)
    assert member.cost_ratio == pytest.approx(ratio)
    assert member.effective_phi == pytest.approx(math.log2(ratio))
    # The network, its name and its price of a pixel know nothing of it.
    assert member.id == scale(B0, PAPER, 2.0).id
    assert member.pixel_price == scale(B0, PAPER, 2.0).pixel_price


@settings(max_examples=5, deadline=None)
@given(st.floats(1, 6), st.floats(1, 6))
def test_two_budgets_at_once(macs_phi: float, params_phi: float) -> None:
    """The member is the smaller of those that either budget alone would buy."""
    macs = scale(MICRO, PAPER, macs_phi).cost.macs
    params = scale(MICRO, PAPER, params_phi).cost.params
    both = solve_phi(MICRO, PAPER, macs=macs, params=params)
    assert both.cost.macs <= macs
    assert both.cost.params <= params
    one, other = solve_phi(MICRO, PAPER, macs=macs), solve_phi(MICRO, PAPER, params=params)
    assert both.phi == min(one.phi or 0, other.phi or 0)


def test_budgets_as_people_write_them() -> None:
    assert solve_phi(B0, PAPER, params="9M").id == solve_phi(B0, PAPER, params=9e6).id
    with pytest.raises(InvalidInput, match="params is '9 apples', but 'apples' is not known"):
        solve_phi(B0, PAPER, params="9 apples")
    with pytest.raises(InvalidInput, match="solve_phi has no budget"):
        solve_phi(B0, PAPER)
    with pytest.raises(InvalidInput, match="smallest network of efficientnet_b0 has"):
        solve_phi(B0, PAPER, params=3)


def test_bounds_say_what_is_beyond() -> None:
    bounds = Pricing().bounds({"params": "6M", "macs": "300M"})
    assert bounds.broken_by(scale(B0, PAPER, 0.0)).startswith("385,814,752 multiply-adds, beyond")
    member = scale(B0, PAPER, 1.0)
    told = bounds.broken_by(member)
    assert f"{member.cost.params:,} parameters, beyond the bound of 6,000,000" in told
    assert f"{member.cost.macs:,} multiply-adds, beyond the bound of 300,000,000" in told
    assert not Pricing().bounds({"params": "60M"}).broken_by(member)
    with pytest.raises(InvalidInput, match="leaves no room: the baseline efficientnet_b0 itself"):
        Pricing().bounds({"params": "5M"}).require_base(scale(B0, PAPER, 0.0))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1000, "1,000 B"), (1023 * 1024, "1,023 KiB"), (8 * 2**30, "8 GiB"), (15.4e6, "14.7 MiB")],
)
def test_no_amount_of_memory_is_told_as_a_power(value: float, text: str) -> None:
    assert Pricing().quantity("memory").text(value) == text
