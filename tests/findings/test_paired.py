from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from scaling_search.findings.additive import fit_additive
from scaling_search.findings.paired import compare_with_one


def test_two_networks_give_the_paired_t_interval() -> None:
    rng = np.random.default_rng(0)
    errors = 0.3 + 0.02 * rng.standard_normal((2, 6)) + 0.1 * rng.standard_normal(6)
    found = compare_with_one(errors, one=1, level=0.9)
    pairs = errors[0] - errors[1]
    expected = stats.ttest_rel(errors[0], errors[1]).confidence_interval(0.9)
    assert found.difference[0] == pytest.approx(pairs.mean())
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high))
    assert found.difference[1] == 0


def test_what_a_seed_does_to_all_alike_cancels() -> None:
    rng = np.random.default_rng(1)
    errors = 0.3 + 0.02 * rng.standard_normal((4, 5))
    calm, wild = (compare_with_one(e, 3) for e in (errors, errors + 0.2 * rng.random(5)))
    assert wild.low == pytest.approx(calm.low)
    assert wild.difference == pytest.approx(calm.difference)


def test_intervals_hold_together_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    true = np.array([0.02, 0.0, -0.03, 0.0])
    held = 0
    for _ in range(300):
        errors = 0.3 + true[:, None] + 0.02 * rng.standard_normal((4, 3)) + rng.random(3) / 10
        found = compare_with_one(errors, 3, level=0.9)
        held += bool(((found.low[:3] <= true[:3]) & (true[:3] <= found.high[:3])).all())
    assert held >= 258


def test_a_clear_difference_is_bounded_on_its_side() -> None:
    errors = np.array([[0.5, 0.51, 0.49], [0.301, 0.3, 0.299], [0.3, 0.3, 0.301], [0.1, 0.1, 0.1]])
    found = compare_with_one(errors, 2)
    assert found.low[0] > 0 > found.high[3]
    assert found.low[1] < 0 < found.high[1]


def test_one_seed_gives_differences_without_intervals() -> None:
    found = compare_with_one(np.array([[0.4], [0.3]]), 1)
    assert found.difference[0] == pytest.approx(0.1)
    assert np.isnan(found.low[0])
    assert found.degrees_of_freedom == 0


def test_missing_runs_keep_the_comparison_fair() -> None:
    """The hard seed is missing for the first network: its plain mean would be too low."""
    seeds = np.array([0.0, 0.0, 0.3])
    errors = np.array([[0.3], [0.3], [0.4]]) + seeds
    errors[0, 2] = np.nan
    fit = fit_additive(errors)
    assert fit.effect == pytest.approx([0.4, 0.4, 0.5])
    assert compare_with_one(errors, 2).difference[0] == pytest.approx(-0.1)


def test_nothing_known_is_no_crash() -> None:
    fit = fit_additive(np.full((3, 2), np.nan))
    assert np.isnan(fit.effect).all()
    assert fit.degrees_of_freedom == 0


def test_networks_that_are_no_rivals_tell_of_the_noise_alone() -> None:
    rng = np.random.default_rng(3)
    errors = 0.3 + 0.02 * rng.standard_normal((6, 2))
    alone = compare_with_one(errors[:3], 2)
    among = compare_with_one(errors, 2, rivals=[0, 1])
    assert among.difference[:3] == pytest.approx(alone.difference)
    assert np.isnan(among.difference[3:]).all()
    assert (alone.degrees_of_freedom, among.degrees_of_freedom) == (2, 5)


def test_networks_without_connecting_seeds_are_not_compared() -> None:
    nan = np.nan
    errors = np.array([[0.5, 0.52, nan, nan], [0.4, 0.42, nan, nan], [nan, nan, 0.6, 0.63]])
    found = compare_with_one(errors, 0)
    assert found.difference[1] == pytest.approx(-0.1)
    assert np.isnan([found.difference[2], found.low[2]]).all()


def test_repetitions_give_the_t_interval_of_two_samples() -> None:
    rng = np.random.default_rng(3)
    errors = 0.3 + 0.02 * rng.standard_normal((2, 6))
    errors[0, 5] = np.nan
    found = compare_with_one(errors, one=1, level=0.9, blocks=False)
    expected = stats.ttest_ind(errors[0, :5], errors[1]).confidence_interval(0.9)
    assert found.difference[0] == pytest.approx(errors[0, :5].mean() - errors[1].mean())
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high))


def test_repetitions_need_no_seed_in_common() -> None:
    errors = np.array([[0.1, 0.2, np.nan, np.nan], [np.nan, np.nan, 0.4, 0.5]])
    assert np.isnan(compare_with_one(errors, one=0).difference[1])
    assert compare_with_one(errors, one=0, blocks=False).difference[1] == pytest.approx(0.3)
