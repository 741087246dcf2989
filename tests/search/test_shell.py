"""The shell of equal cost: only networks of the right cost, all of them, and the nearest one."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import (
    ArchitectureBaseline,
    Baseline,
    FamilyMember,
    load_baseline,
    scale,
    scale_by,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients
from scaling_search.search import CostConstraint
from scaling_search.search.shell import ListedShell, shell

MICRO = ("efficientnet_micro", 20)
B0 = ("efficientnet_b0", 224)


@cache
def baseline_of(name: str, resolution: int) -> Baseline:
    return load_baseline(name, num_classes=10, in_channels=1, resolution=resolution)


@cache
def listed(name: str, resolution: int, cost_ratio: float, tolerance: float) -> ListedShell:
    constraint = CostConstraint(cost_ratio=cost_ratio, tolerance=tolerance)
    found = shell(baseline_of(name, resolution), constraint)
    assert isinstance(found, ListedShell)
    return found


def shares() -> st.SearchStrategy[tuple[float, float, float]]:
    corners = st.tuples(*[st.floats(0.001, 1)] * 3)
    return corners.map(lambda c: (c[0] / sum(c), c[1] / sum(c), c[2] / sum(c)))


def coefficients_of(member: FamilyMember) -> Coefficients:
    return Coefficients(member.depth_mult, member.width_mult, member.resolution_mult)


def distance(asked: Coefficients, snapped: FamilyMember) -> float:
    """Euclidean in (log alpha, 2 log beta, 2 log gamma)."""
    return math.hypot(
        math.log(snapped.depth_mult / asked.alpha),
        2 * math.log(snapped.width_mult / asked.beta),
        2 * math.log(snapped.resolution_mult / asked.gamma),
    )


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from([MICRO, ("efficientnet_micro", 27), ("efficientnet_b0", 64)]),
    cost_ratio=st.sampled_from([1.5, 2.0, 2.5]),
    tolerance=st.sampled_from([0.02, 0.05, 0.1]),
    asked=shares(),
)
def test_snapped_coefficients_give_exactly_the_priced_network(
    which: tuple[str, int],
    cost_ratio: float,
    tolerance: float,
    asked: tuple[float, float, float],
) -> None:
    baseline = baseline_of(*which)
    coefficients = Coefficients.from_shares(*asked, cost_ratio=cost_ratio)
    found = listed(*which, cost_ratio, tolerance)
    if not found.within.any():
        with pytest.raises(InvalidInput, match="the nearest costs"):
            found.at_cost(coefficients)
        return
    snapped = found.at_cost(coefficients)
    member = scale_by(
        baseline,
        depth_mult=snapped.depth_mult,
        width_mult=snapped.width_mult,
        resolution=round(baseline.resolution * snapped.resolution_mult),
    )
    assert member.cost_ratio == pytest.approx(snapped.cost_ratio, rel=1e-12)
    assert abs(member.cost_ratio / cost_ratio - 1) <= tolerance
    if min(snapped.depth_mult, snapped.width_mult, snapped.resolution_mult) >= 1:
        assert scale(baseline, coefficients_of(snapped)).id == member.id
        # Asked for its own coefficients, a network is its own nearest.
        assert found.at_cost(coefficients_of(snapped)).id == snapped.id


def test_published_baseline_at_its_own_size() -> None:
    snapped = listed(*B0, 2.0, 0.05).at_cost(PAPER)
    member = scale(baseline_of(*B0), coefficients_of(snapped))
    assert abs(member.cost_ratio / 2 - 1) <= 0.05
    assert member.cost_ratio == pytest.approx(snapped.cost_ratio)
    # As it rounds, the paper's point costs far more than twice the baseline.
    assert scale(baseline_of(*B0), PAPER).cost_ratio > 2.3


@pytest.mark.long
def test_every_network_of_the_right_cost_is_listed() -> None:
    baseline = baseline_of(*MICRO)
    assert isinstance(baseline, ArchitectureBaseline)
    found = listed(*MICRO, 2.0, 0.05)
    of_shell = {
        scale_by(baseline, depth_mult=d, width_mult=w, resolution=round(20 * r)).id
        for d, w, r in found.multipliers[found.within]
    }
    # All combinations of what close multipliers round to, priced one at a time.
    architectures = {
        network: (d, w)
        for d in np.arange(0.95, 2.6, 0.06)
        for w in np.arange(0.95, 1.6, 0.02)
        for network in [baseline.network(d, w)]
    }
    of_scan = set()
    for d, w in architectures.values():
        for resolution in range(19, 31):
            member = scale_by(baseline, depth_mult=d, width_mult=w, resolution=resolution)
            if abs(member.cost_ratio / 2 - 1) <= 0.05:
                of_scan.add(member.id)
    assert len(of_scan) > 100
    assert of_scan <= of_shell


@settings(max_examples=15, deadline=None)
@given(asked=shares(), cost_ratio=st.floats(1.7, 2.3))
def test_nearest_is_the_nearest(asked: tuple[float, float, float], cost_ratio: float) -> None:
    found = listed(*MICRO, 2.0, 0.05)
    coefficients = Coefficients.from_shares(*asked, cost_ratio=cost_ratio)
    snapped = found.at_cost(coefficients)
    all_within = [
        scale_by(baseline_of(*MICRO), depth_mult=d, width_mult=w, resolution=round(20 * r))
        for (d, w, r), cost in zip(found.multipliers, found.cost_ratios)
        if abs(cost / 2 - 1) <= 0.05
    ]
    shortest = min(distance(coefficients, other) for other in all_within)
    assert distance(coefficients, snapped) == pytest.approx(shortest, abs=1e-8)


def test_ties_go_to_the_lower_cost_and_then_to_fewer_parameters() -> None:
    found = ListedShell(
        load_baseline("efficientnet_micro", num_classes=10, in_channels=1, resolution=100),
        CostConstraint(tolerance=0.05),
    )
    # Four networks at the same distance from (1.21, 1.1, 1.1).
    up, down = 1.1 * 1.1, 1.0
    found.multipliers = np.array(
        [[1.21, up, 1.1], [1.21, down, 1.1], [1.21, 1.1, up], [1.21, 1.1, down]]
    )
    found.cost_ratios = np.array([2.05, 2.02, 2.02, 2.02])
    found.params = np.array([1, 30, 20, 40])
    found.within = np.ones(4, bool)
    snapped = found.at_cost(Coefficients(1.21, 1.1, 1.1))
    assert (snapped.width_mult, snapped.resolution_mult) == pytest.approx((1.1, up))


@pytest.mark.parametrize("which", [MICRO, ("efficientnet_b0", 128)])
@pytest.mark.parametrize("dimension", ["depth", "width", "resolution"])
def test_one_dimension_alone(which: tuple[str, int], dimension: str) -> None:
    found = listed(*which, 2.0, 0.05)
    snapped = found.along(dimension)
    for name in ("depth", "width", "resolution"):
        mult = getattr(snapped, f"{name}_mult")
        assert mult > 1 if name == dimension else mult == 1
    # No network that scales this dimension alone lies within tolerance unless this one does.
    others = [i for i, name in enumerate(("depth", "width", "resolution")) if name != dimension]
    pure = found.cost_ratios[(found.multipliers[:, others] == 1).all(axis=1)]
    best = np.abs(np.log(pure / 2)).min()
    within = abs(snapped.cost_ratio / 2 - 1) <= 0.05
    assert within or abs(math.log(snapped.cost_ratio / 2)) == pytest.approx(best)


def test_nothing_within_tolerance_says_the_nearest_cost() -> None:
    found = listed(*MICRO, 2.0, 1e-6)
    with pytest.raises(InvalidInput, match=r"the nearest costs") as refused:
        found.at_cost(PAPER)
    closest = found.cost_ratios[np.abs(np.log(found.cost_ratios / 2)).argmin()]
    assert f"{closest:.4g} times" in str(refused.value)
    assert "constraint.tolerance=" in str(refused.value)


def test_remedies_in_the_message_work() -> None:
    with pytest.raises(InvalidInput) as refused:
        listed(*MICRO, 2.0, 1e-6).at_cost(PAPER)
    tolerance = float(str(refused.value).split("constraint.tolerance=")[1].split()[0])
    assert listed(*MICRO, 2.0, tolerance).at_cost(PAPER).cost_ratio == pytest.approx(
        2, rel=tolerance
    )


def test_rounding_that_steps_over_the_cost_is_refused() -> None:
    baseline = load_baseline("efficientnet_micro", 10, 1, resolution=1)
    with pytest.raises(InvalidInput, match="resolution alone has no network near 2 times"):
        shell(baseline, CostConstraint()).along("resolution")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", "asked"),
        ("cost_ratio", 1.0),
        ("cost_ratio", 65.0),
        ("cost_ratio", math.nan),
        ("tolerance", 0.0),
        ("tolerance", 1.0),
        ("tolerance", math.inf),
    ],
)
def test_constraints_out_of_range_are_refused(name: str, value: float | str) -> None:
    with pytest.raises(InvalidInput, match=rf"constraint\.{name} is {value!r}"):
        CostConstraint(**{name: value})
