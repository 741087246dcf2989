"""Two ways of training, paired by seed: the right value, and intervals that hold it."""

import numpy as np
import pytest

from scaling_search.findings.changes import paired_changes


def test_a_tenth_less_error_at_every_size_is_told_as_that() -> None:
    rng = np.random.default_rng(0)
    seeds = rng.normal(0, 0.2, 4)
    first = np.exp(np.log([[0.4], [0.1], [0.05]]) + seeds)
    found = paired_changes(first, 0.9 * first)
    # What a seed does to both ways cancels.
    assert [one.value for one in found.each] == pytest.approx([-0.1] * 3)
    assert found.mean == pytest.approx((-0.1, -0.1, -0.1))
    assert found.seeds == 4


@pytest.mark.parametrize("shared", [0.0, 0.05])
def test_intervals_hold_the_truth_as_often_as_they_say(shared: float) -> None:
    rng = np.random.default_rng(1)
    sizes, seeds, draws = 3, 3, 600
    truth = np.array([-0.15, 0.0, 0.1])
    in_each = in_mean = 0
    for _ in range(draws):
        noise = rng.normal(0, 0.05, (2, sizes, seeds))
        # What a seed gives to a whole chain, of which each size starts from the one before.
        noise[1] += rng.normal(0, shared, seeds)
        first = 0.2 * np.exp(noise[0])
        second = 0.2 * (1 + truth)[:, None] * np.exp(noise[1])
        found = paired_changes(first, second)
        in_each += all(i.low <= t <= i.high for i, t in zip(found.each, truth))
        mean = np.expm1(np.log1p(truth).mean())
        in_mean += found.mean.low <= mean <= found.mean.high
    assert 0.87 <= in_mean / draws <= 0.93
    assert 0.87 <= in_each / draws <= 0.97


def test_missing_runs_and_one_seed() -> None:
    first = np.array([[0.2, 0.2], [0.4, np.nan], [np.nan, np.nan]])
    found = paired_changes(first, 1.1 * first)
    assert found.each[0].value == pytest.approx(0.1)
    assert found.each[1].value == pytest.approx(0.1)
    assert np.isnan(found.each[2].value)
    assert found.seeds == 0
    assert np.isnan(found.mean.value)
    alone = paired_changes(first[:2, :1], 1.1 * first[:2, :1])
    assert alone.mean.value == pytest.approx(0.1)
    assert np.isnan(alone.mean.low)
    assert np.isnan(alone.each[0].high)


def test_an_error_of_nothing_stays_a_number() -> None:
    found = paired_changes(np.array([[0.02, 0.01]]), np.array([[0.0, 0.01]]))
    assert -1 < found.each[0].value < 0
