"""Racing: where the next runs go, and that they are worth more than equal seeds."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.landscapes import make_landscape
from scaling_search.findings.racing import first_round, next_runs, racing_round
from scaling_search.findings.replay import replay_race
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
DISTANCE = ((SHARES - [0.3, 0.3, 0.4]) ** 2).sum(axis=1)


def errors(seeds: int, sigma: float = 0.06) -> np.ndarray:
    rng = np.random.default_rng(6)
    return 0.2 * np.exp(0.9 * DISTANCE[:, None] + rng.normal(0, sigma, (28, seeds)))


def test_first_round_reaches_the_corners_and_the_middle() -> None:
    chosen = list(first_round(SHARES, 10))
    assert len(set(chosen)) == 10
    assert {0, 6, 27} < set(chosen)  # the corners
    assert (SHARES[chosen] > 0.1).all(axis=1).any()
    assert racing_round(SHARES, np.full((28, 3), np.nan), 10) == tuple(chosen)


def test_first_round_has_every_candidate_once_at_most() -> None:
    assert sorted(first_round(SHARES, 100)) == list(range(28))


def test_next_runs_go_to_rivals_and_not_to_the_hopeless() -> None:
    seen = errors(2)
    chosen = racing_round(SHARES, seen, 6)
    assert len(set(chosen)) == 6
    fitted = fit_surface(SHARES, seen)
    assert fitted.p_best[list(chosen)].sum() > 0.5
    worst = set(np.argsort(fitted.mean)[-10:].tolist())
    assert not worst & set(chosen)


def test_untrained_candidate_is_trained_where_it_may_win() -> None:
    seen = errors(3)
    near = int(DISTANCE.argmin())
    seen[near] = np.nan
    assert near in racing_round(SHARES, seen, 4)


def test_excluded_candidates_get_nothing() -> None:
    seen = errors(2)
    possible = np.zeros(28, bool)
    possible[[3, 9, 12]] = True
    assert set(racing_round(SHARES, seen, 10, possible=possible)) == {3, 9, 12}
    assert next_runs(fit_surface(SHARES, seen), 2, np.zeros(28, bool)) == ()


def test_same_input_names_the_same_runs() -> None:
    assert racing_round(SHARES, errors(2), 8) == racing_round(SHARES, errors(2), 8)


def test_race_pays_for_no_run_twice_and_keeps_its_budget() -> None:
    table = errors(6)
    race = replay_race(SHARES, table, start=10, batch=4, budget=30)
    assert race.runs == 30
    known = np.isfinite(race.errors)
    assert (race.errors[known] == table[known]).all()
    # Seeds are used in their order.
    assert (np.diff(known.astype(int), axis=1) <= 0).all()


def test_race_ends_when_one_candidate_is_left() -> None:
    table = 0.2 + 0.05 * np.arange(6)[:, None] + np.random.default_rng(0).normal(0, 0.004, (6, 8))
    race = replay_race(SHARES[[0, 3, 6, 12, 20, 27]], table, start=6, batch=3, budget=40)
    assert race.decided
    assert race.runs < 25
    assert race.comparison.possible_winners == (0,)


def test_budget_must_hold_the_first_round() -> None:
    with pytest.raises(InvalidInput, match="budget"):
        replay_race(SHARES, errors(2), start=12, batch=4, budget=10)


@pytest.mark.slow
def test_racing_chooses_better_than_equal_seeds_of_the_same_cost() -> None:
    raced, equal = [], []
    for replay in range(40):
        rng = np.random.default_rng([replay, 1])
        land = make_landscape(("inside", "edge")[replay % 2], 0.1, 0.02, rng)
        table = land.runs(12, 0.08, 0.03, rng)
        race = replay_race(land.shares, table, start=12, batch=6, budget=36)
        raced.append(land.error[race.surface.choice] - land.error.min())
        equal.append(land.error[table[:, 0].argmin()] - land.error.min())
    gain = np.array(equal) - raced
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))
    assert gain.mean() > 0.001
