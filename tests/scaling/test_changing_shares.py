"""Shares that change with size: what is given at the knots, between and beyond them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling import ChangingShares, Coefficients

ROWS = [[2.0, 0.5, 0.1, 0.4], [4.0, 0.3, 0.3, 0.4], [16.0, 0.25, 0.5, 0.25]]
CURVE = ChangingShares.of_rows(ROWS, 2.0)


def test_at_a_knot_a_dimension_has_its_share() -> None:
    for cost, *shares in ROWS:
        wanted = Coefficients.from_shares(*shares, cost_ratio=cost).multipliers()
        assert CURVE.multipliers(math.log2(cost)) == pytest.approx(wanted)


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
        ([], "must be one or more"),
        ([[1.0, 0.5, 0.1, 0.4]], "the first above 1"),
        ([[4.0, 0.5, 0.1, 0.4], [2.0, 0.5, 0.1, 0.4]], "above the one before"),
        ([[math.nan, 0.5, 0.1, 0.4]], "above the one before"),
        ([[math.inf, 0.5, 0.1, 0.4]], "above the one before"),
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
