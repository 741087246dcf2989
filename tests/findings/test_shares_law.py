"""The law of shares and its curve, on errors whose best shares are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.interval import Floats
from scaling_search.findings.shares_curve import SharesCurve, shares_curve
from scaling_search.findings.shares_law import fit_shares_law
from scaling_search.findings.triangle import triangle

COSTS = (2.0, 6.0, 18.0)
#: Points at which every dimension gets something.
LATTICE = triangle(6)[(triangle(6) > 0).all(axis=1)]
DESIGN = Design(
    shares=np.tile(LATTICE, (3, 1)), log_cost=np.repeat(np.log(COSTS), len(LATTICE)), resolution=20
)
FIRST, LAST = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.3, 0.2])


def errors(first: Floats, last: Floats, growth: float, sigma: float = 0.01) -> Floats:
    """(networks, 2): a bowl around shares that move evenly in log cost from first to last."""
    rng = np.random.default_rng(4)
    t, (low, high) = DESIGN.log_cost, np.log([COSTS[0], COSTS[-1]])
    part = ((t - low) / (high - low))[:, None]
    off = ((DESIGN.shares - (first + part * (last - first))) ** 2).sum(axis=1)
    smooth = math.log(0.3) - 0.3 * t + 0.8 * (t / high) ** growth * off
    return np.exp(smooth[:, None] + rng.normal(0, sigma, (len(DESIGN), 2)))


def curve(errors: Floats, **options: bool) -> SharesCurve:
    return shares_curve(fit_shares_law(DESIGN, errors, **options), COSTS, COSTS[0])


@pytest.mark.parametrize("growth", [0, 1, 2])
def test_shares_that_stay_are_found_and_said_to_stay(growth: int) -> None:
    found = curve(errors(FIRST, FIRST, growth))
    assert not found.changes
    for point in found.points:
        assert np.abs(point.optimum.region - FIRST).max(axis=1).min() < 0.051
        assert point.gain.low <= 0.01
    assert found.last.optimum.shares == pytest.approx(FIRST, abs=0.11)


@pytest.mark.parametrize("growth", [0, 1])
def test_shares_that_move_are_followed(growth: int) -> None:
    found = curve(errors(FIRST, LAST, growth))
    assert found.changes
    assert found.points[0].optimum.shares == pytest.approx(FIRST, abs=0.16)
    assert found.last.optimum.shares == pytest.approx(LAST, abs=0.11)
    # At the dearest cost the bowl is .8 deep for each squared share.
    lost = math.expm1(0.8 * float(((found.constant - LAST) ** 2).sum()))
    assert found.last.gain.low < lost < found.last.gain.high
    assert found.last.room >= found.last.gain.value
    assert found.points[0].gain.value == pytest.approx(0, abs=0.01)


def test_networks_below_the_baseline_say_nothing_of_growth() -> None:
    own = errors(FIRST, LAST, 1)
    smaller = Design(
        shares=np.vstack([DESIGN.shares, LATTICE]),
        log_cost=np.concatenate([DESIGN.log_cost, np.full(len(LATTICE), -math.log(2))]),
        resolution=20,
    )
    both = np.vstack([own, np.full((len(LATTICE), 2), 0.4)])
    law = fit_shares_law(smaller, both)
    assert shares_curve(law, COSTS, 2.0).last.gain == curve(own).last.gain


def test_a_loss_in_another_unit_gives_the_same_shares() -> None:
    own = errors(FIRST, LAST, 1)
    plain, scaled = (
        shares_curve(fit_shares_law(DESIGN, factor * own, highest=math.inf), COSTS, COSTS[0])
        for factor in (1.0, 1000.0)
    )
    assert plain.last.optimum.shares.tolist() == scaled.last.optimum.shares.tolist()
    assert plain.last.gain == pytest.approx(scaled.last.gain)


def test_what_was_not_trained_and_what_costs_as_the_baseline_is_left_out() -> None:
    own = errors(FIRST, LAST, 1)
    near = Design(
        shares=np.vstack([DESIGN.shares, LATTICE[:2]]),
        log_cost=np.concatenate([DESIGN.log_cost, [0.01, 1.0]]),
        resolution=20,
    )
    more = np.vstack([own, [[0.9, 0.9], [math.nan, math.nan]]])
    assert (
        shares_curve(fit_shares_law(near, more), COSTS, 2.0).last.gain
        == shares_curve(fit_shares_law(DESIGN, own), COSTS, 2.0).last.gain
    )


def test_too_little_is_refused() -> None:
    own = errors(FIRST, FIRST, 1)
    with pytest.raises(InvalidInput, match=r"by 2 to 2 times, .* two costs"):
        fit_shares_law(DESIGN[np.arange(10)], own[:10])
    few = np.array([0, 1, 2, 10, 11])
    with pytest.raises(InvalidInput, match=r"5 trained networks .* takes 6 networks"):
        fit_shares_law(DESIGN[few], own[few])
    with pytest.raises(InvalidInput, match="one row a network"):
        fit_shares_law(DESIGN, own[:5])
    with pytest.raises(InvalidInput, match="0 trained networks"):
        fit_shares_law(DESIGN, np.full_like(own, math.nan))
