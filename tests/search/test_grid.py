"""The grid's points and the marked ones, as candidates that can be compared."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import Baseline, load_baseline, scale
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import MARKS, Candidates, CostConstraint, GridSettings, SearchSpace
from scaling_search.search.grid import derive_gamma
from scaling_search.search.marks import Asked, marked_points

MICRO = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
GRID = GridSettings(alpha=[1.0, 1.2, 1.4, 1.6], beta=[1.0, 1.1, 1.2, 1.3])


def candidates(
    grid: GridSettings = GRID,
    constraint: CostConstraint | None = None,
    native: int = 64,
    baseline: Baseline = MICRO,
) -> Candidates:
    return grid.known_candidates(space(constraint, native, baseline))


def space(
    constraint: CostConstraint | None = None, native: int = 64, baseline: Baseline = MICRO
) -> SearchSpace:
    return SearchSpace(baseline, constraint or CostConstraint(), native, epochs=3, train_images=100)


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(["efficientnet_micro", "efficientnet_b0"]),
    resolution=st.sampled_from([20, 32]),
    cost_ratio=st.sampled_from([1.6, 2.0]),
    tolerance=st.sampled_from([0.04, 0.1]),
    alpha=st.lists(st.floats(1, 2), min_size=1, max_size=3),
    beta=st.lists(st.floats(1, 1.5), min_size=1, max_size=3),
)
def test_candidates_are_distinct_networks_of_the_right_cost(
    name: str,
    resolution: int,
    cost_ratio: float,
    tolerance: float,
    alpha: list[float],
    beta: list[float],
) -> None:
    baseline = load_baseline(name, num_classes=10, in_channels=1, resolution=resolution)
    constraint = CostConstraint(cost_ratio=cost_ratio, tolerance=tolerance)
    found = candidates(GridSettings(alpha=alpha, beta=beta), constraint, 10**6, baseline)
    for candidate in found.kept:
        assert scale(baseline, candidate.coefficients).id == candidate.id
        within = abs(candidate.member.cost_ratio / cost_ratio - 1) <= tolerance
        assert candidate.within == within
        # Only a single-dimension point may be kept out of tolerance.
        assert within or set(candidate.marks) & {"depth", "width", "resolution"}
    ids = [candidate.id for candidate in found.kept]
    assert len(ids) == len(set(ids))
    # Every asked point is somewhere, and only once.
    asked = [a for c in found.kept for a in c.asked] + [d.asked for d in found.dropped]
    assert len(asked) == len(alpha) * len(beta) + len(MARKS)


def test_marked_points_are_always_there() -> None:
    found = candidates(GridSettings(alpha=[1.2], beta=[1.1]))
    assert {mark for c in found.kept for mark in c.marks} == set(MARKS)
    by_mark = {mark: c for c in found.kept for mark in c.marks}
    assert by_mark["depth"].coefficients.beta == by_mark["depth"].coefficients.gamma == 1
    assert by_mark["width"].coefficients.alpha == by_mark["width"].coefficients.gamma == 1
    assert by_mark["resolution"].coefficients.alpha == 1
    assert by_mark["resolution"].coefficients.beta == 1
    asked = next(a for a in by_mark["paper"].asked if a.mark == "paper")
    assert asked.coefficients.nominal_cost_ratio == pytest.approx(2)
    assert asked.coefficients.shares() == pytest.approx((0.280, 0.292, 0.428), abs=0.002)
    asked = next(a for a in by_mark["uniform"].asked if a.mark == "uniform")
    assert asked.coefficients.shares() == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_marked_point_out_of_tolerance_is_kept_and_said() -> None:
    # So strict that stairs in the depth step over it.
    found = candidates(constraint=CostConstraint(tolerance=0.01))
    depth = next(c for c in found.kept if "depth" in c.marks)
    assert not depth.within
    assert abs(depth.member.cost_ratio / 2 - 1) > 0.01
    assert any(c.within for c in found.kept)


def test_points_of_one_network_become_one_candidate() -> None:
    twins = GridSettings(alpha=[1.2, 1.2001], beta=[1.1], gamma=[1.15, 1.1501])
    found = candidates(twins)
    grid = [c for c in found.kept if any(not a.mark for a in c.asked)]
    assert len(grid) == 1
    assert sum(not a.mark for a in grid[0].asked) == 4


def test_gamma_comes_from_the_cost() -> None:
    assert derive_gamma(1.2, 1.1, 2.0) == pytest.approx(math.sqrt(2 / (1.2 * 1.21)))
    assert derive_gamma(2.0, 1.0, 2.0) == 1.0
    # Values typed with two decimals may miss the edge by as much.
    assert derive_gamma(1.0, 1.42, 2.0) == 1.0
    assert derive_gamma(1.0, 1.5, 2.0) is None


def test_points_beyond_the_budget_are_dropped_with_the_reason() -> None:
    found = candidates(GridSettings(alpha=[1.2, 1.9], beta=[1.3]))
    reasons = [d.reason for d in found.dropped if not d.asked.mark]
    assert len(reasons) == 1
    assert "exceeds the budget" in reasons[0]
    assert "below 1" in reasons[0]


def test_resolution_above_native_is_dropped_with_the_reason() -> None:
    free, bound = candidates(), candidates(native=22)
    assert max(c.member.resolution for c in free.kept) > 22
    assert max(c.member.resolution for c in bound.kept) <= 22
    assert any("native 22 px" in d.reason for d in bound.dropped)
    assert "resolution" in {d.asked.mark for d in bound.dropped}


def test_native_resolution_too_small_for_any() -> None:
    grid = GridSettings(alpha=[1.0], beta=[1.0])
    found = candidates(grid, native=20)
    assert all(c.member.resolution <= 20 for c in found.kept)
    assert {m for c in found.kept for m in c.marks} >= {"depth", "width"}


def test_snapped_below_one_is_dropped_with_the_reason() -> None:
    # Asking far too much of one dimension makes the nearest network shrink another.
    grid = GridSettings(alpha=[1.0], beta=[1.0], gamma=[1.8])
    found = candidates(grid)
    point = [d for d in found.dropped if not d.asked.mark]
    kept = [c for c in found.kept if any(not a.mark for a in c.asked)]
    assert len(point) + len(kept) == 1
    for dropped in point:
        assert "multiplier 0." in dropped.reason
        assert dropped.reason.endswith("below 1")
    for candidate in found.kept:
        coefficients = candidate.coefficients
        assert min(coefficients.alpha, coefficients.beta, coefficients.gamma) >= 1


def test_nothing_within_tolerance_says_the_nearest_cost() -> None:
    with pytest.raises(InvalidInput, match=r"the nearest costs [0-9.]+ times"):
        candidates(constraint=CostConstraint(tolerance=1e-6))


def test_nominal_constraint_filters_as_the_paper_does() -> None:
    values = [1.0, 1.1, 1.2, 1.3, 1.4]
    grid = GridSettings(alpha=values, beta=values, gamma=values)
    found = candidates(grid, CostConstraint(on="nominal", tolerance=0.1))
    expected = {
        (a, b, g) for a in values for b in values for g in values if abs(a * b**2 * g**2 - 2) <= 0.1
    }
    kept = {
        (a.coefficients.alpha, a.coefficients.beta, a.coefficients.gamma)
        for c in found.kept
        for a in c.asked
        if not a.mark
    }
    assert kept == expected
    assert len([d for d in found.dropped if not d.asked.mark]) == 125 - len(expected)
    assert {m for c in found.kept for m in c.marks} == set(MARKS)
    # Rounded networks may cost what they cost.
    assert all(c.within for c in found.kept)
    assert any(abs(c.member.cost_ratio / 2 - 1) > 0.1 for c in found.kept)
    for candidate in found.kept:
        assert scale(MICRO, candidate.coefficients).id == candidate.id


def test_no_points_but_the_marked_ones() -> None:
    found = space().snap_all(marked_points(2.0))
    assert {m for c in found.kept for m in c.marks} == set(MARKS)


def test_order_is_that_of_first_asking() -> None:
    first = Asked(Coefficients(1.0, 1.3, 1.09))
    second = Asked(Coefficients(1.6, 1.05, 1.06))
    one = space().snap_all([first, second])
    other = space().snap_all([second, first])
    assert [c.id for c in one.kept[:2]] == [c.id for c in other.kept[1::-1]]
    assert one.kept[0].asked[0] == first


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"alpha": []}, r"sweep\.alpha is empty"),
        ({"beta": []}, r"sweep\.beta is empty"),
        ({"alpha": [1.2, 0.9]}, r"sweep\.alpha holds 0\.9"),
        ({"beta": [math.nan]}, r"sweep\.beta holds nan"),
        ({"beta": [math.inf]}, r"sweep\.beta holds inf"),
        ({"gamma": [0.0]}, r"sweep\.gamma holds 0\.0"),
        ({"seeds": []}, r"sweep\.seeds is \[\]"),
        ({"seeds": [1, 1]}, r"sweep\.seeds"),
        ({"seeds": [0, -1]}, r"sweep\.seeds"),
    ],
)
def test_grids_that_make_no_sense_are_refused(
    settings_: dict[str, list[float]], message: str
) -> None:
    values: dict[str, list[float]] = {"alpha": [1.2], "beta": [1.1]}
    with pytest.raises(InvalidInput, match=message):
        GridSettings(**{**values, **settings_})
