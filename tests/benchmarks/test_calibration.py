"""The answer holds what it promises, under racing (at full: benchmarks/calibration.py)."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import GRID
from calibration_race import COST, Outcome, calibrate_once, judge, race_on
from landscapes import make_landscape

from scaling_search.search import Budget

RUNS = 40


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """A race on a landscape of every setting."""
    return [calibrate_once(setting, k, Budget(runs=RUNS)) for k, setting in enumerate(GRID)]


@pytest.mark.long
def test_region_and_winners_hold_the_truth_as_often_as_promised(outcomes: list[Outcome]) -> None:
    # A promised 90 % seen in 48 races has a standard error of 4 points.
    assert np.mean([o.region_holds for o in outcomes]) >= 0.85 - 0.04
    assert np.mean([o.winners_hold for o in outcomes]) >= 0.9 - 0.08
    assert np.mean([o.errors_hold for o in outcomes]) == pytest.approx(0.9, abs=0.05)
    assert np.mean([o.differences_hold for o in outcomes]) == pytest.approx(0.88, abs=0.06)
    assert np.mean([o.noise_holds for o in outcomes]) == pytest.approx(0.9, abs=0.09)


@pytest.mark.slow
@pytest.mark.long
def test_the_answer_says_something(outcomes: list[Outcome]) -> None:
    assert np.mean([o.region_size for o in outcomes]) < 0.4
    assert np.mean([o.winners for o in outcomes]) < 0.2 * 36
    # In points: networks of one landscape differ by 2 to 3 points, and by up to 10.
    assert np.mean([o.regret for o in outcomes]) < 0.5
    assert max(o.runs for o in outcomes) <= RUNS


def test_the_truth_of_another_landscape_is_not_held() -> None:
    rng = np.random.default_rng(1)
    land, other = (make_landscape("inside", 0.1, 0.01, rng, cost=COST) for _ in range(2))
    decision = race_on(land.table(8, 0.03, 0.02, rng), Budget(runs=60))
    held, missed = judge(land, decision, 0.03), judge(other, decision, 0.3)
    assert held.region_holds
    assert held.winners_hold
    assert not missed.region_holds
    assert held.errors_hold > 0.8 > missed.errors_hold
    assert held.differences_hold > 0.8 > missed.differences_hold
    assert held.noise_holds
    assert not missed.noise_holds
    assert held.regret < 0.2 < missed.regret


def test_a_number_names_a_race() -> None:
    once, again, other = (calibrate_once(GRID[0], number, Budget()) for number in (1, 1, 2))
    assert once == again != other
    # The default budget: twice the first round.
    assert once.runs == 20


@pytest.mark.slow
@pytest.mark.long
def test_racing_chooses_better_than_equal_seeds_of_the_same_cost() -> None:
    gain = []
    for number in range(24):
        rng = np.random.default_rng([number, 1])
        land = make_landscape(("inside", "edge")[number % 2], 0.1, 0.02, rng)
        table = land.table(8, 0.08, 0.03, rng)
        equal = land.error[table.errors[:, 0, 0].argmin()] - land.error.min()
        gain.append(equal - judge(land, race_on(table, Budget(runs=36)), 0.08).regret / 100)
    assert np.mean(gain) > 2 * np.std(gain, ddof=1) / np.sqrt(len(gain))
    assert np.mean(gain) > 0.001
