"""Shares that change with size: what is given at the knots, between and beyond them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling import ChangingShares, Coefficients

GROWN = [[2.0, 0.5, 0.1, 0.4], [4.0, 0.3, 0.3, 0.4], [16.0, 0.25, 0.5, 0.25]]
ROWS = [[0.1, 0.2, 0.2, 0.6], [0.5, 0.1, 0.8, 0.1], *GROWN]
CURVE = ChangingShares.of_rows(ROWS, 2.0)


def test_at_a_knot_a_dimension_has_its_share() -> None:
    for cost, *shares in ROWS:
        phi = math.log2(cost)
        wanted = Coefficients.from_shares(*shares).multipliers(phi)
        assert CURVE.multipliers(phi) == pytest.approx(wanted)


def test_below_the_baseline_the_first_shares_hold_where_no_others_are_known() -> None:
    first = Coefficients.from_shares(*GROWN[0][1:])
    for phi in (-3.0, 0.0, 0.5, 1.0):
        known = ChangingShares.of_rows(GROWN, 2.0).multipliers(phi)
        assert known == pytest.approx(first.multipliers(phi))


@given(st.floats(-8, 12))
def test_cost_grows_by_its_ratio(phi: float) -> None:
    depth, width, resolution = CURVE.multipliers(phi)
    assert math.isclose(depth * width**2 * resolution**2, 2**phi)


@given(st.floats(-8, 12))
def test_sizes_close_to_each_other_are_alike(phi: float) -> None:
    for before, after in zip(CURVE.multipliers(phi), CURVE.multipliers(phi + 1e-6)):
        assert math.isclose(before, after, rel_tol=1e-5)


@given(st.floats(-8, 12), st.tuples(*[st.floats(0.1, 1)] * 3))
def test_a_curve_that_stays_is_constant(phi: float, parts: tuple[float, ...]) -> None:
    shares = [part / sum(parts) for part in parts]
    curve = ChangingShares.of_rows([[2.0, *shares], [8.0, *shares]], 3.0)
    constant = Coefficients.from_shares(*shares, cost_ratio=3.0)
    assert curve.multipliers(phi) == pytest.approx(constant.multipliers(phi))


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "one above 1 or more"),
        ([[0.5, 0.5, 0.1, 0.4]], "one above 1 or more"),
        ([[1.0, 0.5, 0.1, 0.4], [2.0, 0.5, 0.1, 0.4]], "none that is 1"),
        ([[4.0, 0.5, 0.1, 0.4], [2.0, 0.5, 0.1, 0.4]], "must be above 0 and grow"),
        ([[-4.0, 0.5, 0.1, 0.4], [2.0, 0.5, 0.1, 0.4]], "must be above 0 and grow"),
        ([[math.nan, 0.5, 0.1, 0.4]], "must be above 0 and grow"),
        ([[math.inf, 0.5, 0.1, 0.4]], "must be above 0 and grow"),
        ([[2.0, 0.5, 0.1, 0.5]], "must add up to 1"),
        ([[2.0, 1.1, -0.1, 0.0]], "must be at least 0"),
        ([[2.0, 0.5, 0.5]], "must be a cost and the shares"),
    ],
)
def test_what_is_no_curve_is_refused(rows: list[list[float]], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        ChangingShares.of_rows(rows, 2.0)


@pytest.mark.parametrize("phi", [math.nan, math.inf, 1e6])
def test_sizes_beyond_any_number_are_refused(phi: float) -> None:
    with pytest.raises(InvalidInput, match="phi is"):
        CURVE.multipliers(phi)
