"""What a start from trained weights gains, and what one set of errors says of another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from scaling_search.errors import InvalidInput
from scaling_search.findings.transfer import chance_of_order, line_through, start_gains


def test_one_network_gives_the_paired_t_interval() -> None:
    rng = np.random.default_rng(0)
    alone, tuned = rng.standard_normal((2, 1, 6))
    found = start_gains(alone, tuned)
    expected = stats.ttest_rel(alone[0], tuned[0]).confidence_interval(0.9)
    for gain in (found.mean, found.each[0]):
        assert gain.value == pytest.approx((alone - tuned).mean())
        assert (gain.low, gain.high) == pytest.approx((expected.low, expected.high))


def test_intervals_hold_as_often_as_they_say() -> None:
    """Those of the networks together, that of their mean alone; noise is a run's own."""
    rng = np.random.default_rng(1)
    truth = np.array([0.0, 1.0, 3.0, -2.0])
    each = mean = 0
    for _ in range(600):
        seed = rng.standard_normal(3)
        alone = truth[:, None] + seed + 0.5 * rng.standard_normal((4, 3))
        tuned = seed + 0.5 * rng.standard_normal((4, 3))
        found = start_gains(alone, tuned)
        each += all(g.low <= t <= g.high for g, t in zip(found.each, truth))
        mean += found.mean.low <= truth.mean() <= found.mean.high
    assert 0.87 <= each / 600 <= 0.95
    assert 0.87 <= mean / 600 <= 0.93


def test_missing_runs_leave_pairs_out() -> None:
    alone = np.array([[0.5, 0.6, np.nan], [0.4, 0.4, 0.5], [np.nan, np.nan, 0.3]])
    tuned = np.array([[0.3, 0.5, 0.2], [0.2, np.nan, 0.1], [0.1, 0.1, np.nan]])
    found = start_gains(alone, tuned)
    assert [gain.value for gain in found.each[:2]] == pytest.approx([0.15, 0.3])
    assert math.isnan(found.each[2].value)
    assert found.mean.value == pytest.approx(0.225)
    nothing = start_gains(np.full((2, 2), np.nan), np.ones((2, 2)))
    assert math.isnan(nothing.mean.value)
    one_seed = start_gains(np.ones((2, 1)), np.zeros((2, 1)))
    assert one_seed.mean.value == 1
    assert math.isnan(one_seed.mean.low)


def test_the_line_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(2)
    x = rng.random(8)
    y = 0.1 + 0.6 * x + 0.05 * rng.standard_normal(8)
    found, expected = line_through(np.r_[x, np.nan], np.r_[y, 1.0]), stats.linregress(x, y)
    assert found.networks == 8
    assert found.slope.value == pytest.approx(expected.slope)
    assert found.intercept == pytest.approx(expected.intercept)
    assert found.correlation == pytest.approx(expected.rvalue)
    half = stats.t.ppf(0.95, 6) * expected.stderr
    assert found.slope.high - found.slope.value == pytest.approx(half)
    with pytest.raises(InvalidInput, match="a line needs three"):
        line_through(np.array([0.1, 0.2, np.nan]), np.array([0.1, 0.2, 0.3]))


def test_few_networks_keep_an_order_by_chance() -> None:
    same = np.arange(3.0)
    assert chance_of_order(same, same) == pytest.approx(2 / 6)
    assert chance_of_order(np.arange(6.0), np.arange(6.0)) == pytest.approx(2 / 720)
    assert math.isnan(chance_of_order(same[:2], same[:2]))
