"""Coefficients and shares: arithmetic, round trips, what is refused."""

import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients

bases = st.floats(1, 4)
some_phi = st.floats(-6, 6)


def test_paper_figures() -> None:
    assert (PAPER.alpha, PAPER.beta, PAPER.gamma) == (1.2, 1.1, 1.15)
    assert PAPER.nominal_cost_ratio == pytest.approx(1.2 * 1.21 * 1.3225)
    assert PAPER.shares() == pytest.approx((0.28, 0.29, 0.43), abs=0.005)


@pytest.mark.parametrize(
    ("phi", "expected"),
    [
        (0, (1, 1, 1)),
        (1, (4, 9, 1)),
        (2, (16, 81, 1)),
        (0.5, (2, 3, 1)),
        (-1, (1 / 4, 1 / 9, 1)),
        (-0.5, (1 / 2, 1 / 3, 1)),
    ],
)
def test_multipliers_are_powers(phi: float, expected: tuple[float, float, float]) -> None:
    multipliers = Coefficients(4, 9, 1).multipliers(phi)
    assert multipliers == pytest.approx(expected)
    assert multipliers.depth_mult == multipliers[0]
    assert multipliers.width_mult == multipliers[1]
    assert multipliers.resolution_mult == multipliers[2]


def test_phi_is_one_unless_given() -> None:
    assert PAPER.multipliers() == (1.2, 1.1, 1.15)


@settings(max_examples=50, deadline=None)
@given(bases, bases, bases, some_phi, some_phi)
def test_steps_of_phi_multiply(
    alpha: float, beta: float, gamma: float, first: float, second: float
) -> None:
    coefficients = Coefficients(alpha, beta, gamma)
    one, other = coefficients.multipliers(first), coefficients.multipliers(second)
    both = coefficients.multipliers(first + second)
    assert both == pytest.approx([a * b for a, b in zip(one, other, strict=True)])
    nominal = both.depth_mult * both.width_mult**2 * both.resolution_mult**2
    assert nominal == pytest.approx(coefficients.nominal_cost_ratio ** (first + second))


@settings(max_examples=100, deadline=None)
@given(bases, bases, bases)
def test_shares_lead_back_to_the_coefficients(alpha: float, beta: float, gamma: float) -> None:
    coefficients = Coefficients(alpha, beta, gamma)
    assume(coefficients.nominal_cost_ratio > 1.001)
    shares = coefficients.shares()
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= 0
    back = Coefficients.from_shares(*shares, cost_ratio=coefficients.nominal_cost_ratio)
    assert (back.alpha, back.beta, back.gamma) == pytest.approx((alpha, beta, gamma))


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(1.01, 100))
def test_coefficients_lead_back_to_the_shares(one: float, two: float, cost_ratio: float) -> None:
    low, high = sorted((one, two))
    shares = (low, high - low, 1 - high)
    coefficients = Coefficients.from_shares(*shares, cost_ratio=cost_ratio)
    assert coefficients.nominal_cost_ratio == pytest.approx(cost_ratio)
    assert coefficients.shares() == pytest.approx(shares, abs=1e-9)


def test_a_single_share_is_a_single_dimension() -> None:
    assert Coefficients.from_shares(1, 0, 0) == Coefficients(2, 1, 1)
    assert Coefficients.from_shares(0, 1, 0) == Coefficients(1, math.sqrt(2), 1)
    assert Coefficients.from_shares(0, 0, 1, cost_ratio=9) == Coefficients(1, 1, 3)


@pytest.mark.parametrize("name", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.99, 0, -1.2, True, "1.2", None])
def test_bad_coefficients_are_named(name: str, value: object) -> None:
    values = {"alpha": 1.2, "beta": 1.1, "gamma": 1.15, name: value}
    with pytest.raises(InvalidInput, match=f"^{name} is ") as refusal:
        Coefficients(**values)  # type: ignore[arg-type]
    assert repr(value) in str(refusal.value)
    assert "must be" in str(refusal.value)


def test_one_is_allowed_but_has_no_shares() -> None:
    nothing = Coefficients(1, 1, 1)
    assert nothing.multipliers(5) == (1, 1, 1)
    with pytest.raises(InvalidInput, match="no compute is added"):
        nothing.shares()


@pytest.mark.parametrize("phi", [math.nan, math.inf, -math.inf])
def test_phi_must_be_finite(phi: float) -> None:
    with pytest.raises(InvalidInput, match=f"phi is {phi}, but must be a finite number"):
        PAPER.multipliers(phi)


@pytest.mark.parametrize("name", ["depth", "width", "resolution"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1])
def test_bad_shares_are_named(name: str, value: float) -> None:
    shares = {"depth": 0.3, "width": 0.3, "resolution": 0.4, name: value}
    with pytest.raises(InvalidInput, match=f"the share of {name} is {value}, but must be"):
        Coefficients.from_shares(**shares)


@pytest.mark.parametrize(("depth", "total"), [(0.2, "0.9"), (0.4, "1.1"), (0.301, "1.001")])
def test_shares_must_add_up_to_one(depth: float, total: str) -> None:
    with pytest.raises(InvalidInput, match=f"add up to {total}, but must add up to 1"):
        Coefficients.from_shares(depth, 0.3, 0.4)


@pytest.mark.parametrize("cost_ratio", [1, 0.5, -2, math.nan, math.inf])
def test_cost_ratio_must_be_above_one(cost_ratio: float) -> None:
    with pytest.raises(InvalidInput, match=f"cost_ratio is {cost_ratio}, but must be"):
        Coefficients.from_shares(0.3, 0.3, 0.4, cost_ratio=cost_ratio)


def test_coefficients_are_values() -> None:
    assert Coefficients(1.2, 1.1, 1.15) == PAPER
    assert hash(Coefficients(1.2, 1.1, 1.15)) == hash(PAPER)
    with pytest.raises(FrozenInstanceError):
        PAPER.alpha = 2  # type: ignore[misc]
