"""A race gives its runs to those that may win, and stops when one alone may or nothing is left."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from scaling_search.baselines import load_baseline
from scaling_search.errors import InvalidInput
from scaling_search.search import (
    Budget,
    CostConstraint,
    RaceSettings,
    SearchSettings,
    SearchSpace,
)
from scaling_search.search.candidates import Candidate
from scaling_search.search.race import Race
from scaling_search.search.strategy import Answer, Ending, Evaluation, Search

SPACE = SearchSpace(
    load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=12),
    CostConstraint(),
    native_resolution=64,
    epochs=3,
    train_images=1000,
)
ALPHA, BETA = [1.0, 1.19, 1.41, 1.68, 2.0], [1.0, 1.09, 1.19, 1.3, 1.41]


def race(budget: Budget | None = None, **settings: int | list[int]) -> Search:
    sweep = RaceSettings(alpha=ALPHA, beta=BETA, **settings)  # type: ignore[arg-type]
    return sweep.search(SPACE, sweep.known_candidates(SPACE), budget or Budget())


def noise_of(evaluation: Evaluation) -> float:
    return random.Random(repr(evaluation)).gauss(0, 1)


def noisy(search: Search, spread: float, noise: float) -> Callable[[Evaluation], float | None]:
    """Errors that grow with the distance from an optimum; `noise` is a run's deviation."""

    def error(evaluation: Evaluation) -> float:
        shares = np.array(search.points[evaluation.trial].shares)
        distance = float(((shares - [0.2, 0.3, 0.5]) ** 2).sum())
        return 0.2 * (1 + spread * distance + noise * noise_of(evaluation))

    return error


def carry_out(
    search: Search,
    error: Callable[[Evaluation], float | None],
    unfinished: Ending = Ending.DIVERGED,
) -> list[list[Evaluation]]:
    """The rounds of a search, each as the runs that it started; without an error `unfinished`."""

    def answer(evaluation: Evaluation) -> Answer:
        found = error(evaluation)
        return Answer(found, 60.0, unfinished if found is None else Ending.FINISHED)

    steps = search.steps()
    rounds: list[list[Evaluation]] = [[]]
    request = next(steps, None)
    for _ in range(10_000):
        if request is None:
            return [r for r in rounds if r]
        if request.wait:
            rounds.append([])
        rounds[-1] += request.start
        try:
            request = steps.send({e: answer(e) for e in request.wait})
        except StopIteration:
            request = None
    raise AssertionError("the race does not end")


def test_the_first_round_is_spread_over_the_triangle() -> None:
    search = race(start=6)
    first = carry_out(search, noisy(search, 0.5, 0.05))[0]
    assert len(first) == len({e.trial for e in first}) == 6
    assert {e.seed for e in first} == {0}
    shares = np.array([search.points[e.trial].shares for e in first])
    # Each corner of the triangle is there, and something between.
    for share in shares.T:
        assert share.max() > 0.75
        assert share.min() < 0.1
    assert (shares.max(axis=1) < 0.75).any()


def test_a_run_is_never_asked_for_twice_and_seeds_come_in_their_order() -> None:
    seeds = [5, 3, 9, 0]
    search = race(Budget(runs=40), start=6, round=3, seeds=seeds)
    runs = [e for r in carry_out(search, noisy(search, 0.0, 0.1)) for e in r]
    assert 20 < len(runs) == len(set(runs)) <= 40
    by_trial: dict[str, list[int]] = {}
    for e in runs:
        by_trial.setdefault(e.trial, []).append(e.seed)
    assert all(used == seeds[: len(used)] for used in by_trial.values())
    assert max(len(used) for used in by_trial.values()) > 2


@pytest.mark.parametrize(
    ("budget", "most"),
    [
        (Budget(runs=1), 1),
        (Budget(runs=7), 7),
        (Budget(runs=20), 20),
        # Twice what it starts with.
        (Budget(), 12),
        # A minute a run; the round that is running when the time is up is finished.
        (Budget(minutes=8.0), 6 + 3),
        (Budget(runs=20, minutes=8.0), 6 + 3),
    ],
)
def test_the_budget_is_spent_and_not_exceeded(budget: Budget, most: int) -> None:
    search = race(budget, start=6, round=3)
    runs = [e for r in carry_out(search, noisy(search, 0.2, 0.1)) for e in r]
    assert len(runs) == most


def test_a_budget_of_arithmetic_is_not_exceeded() -> None:
    flops = 20 * 6 * 1000 * 3 * max(p.macs for p in race().points.values())
    search = race(Budget(train_flops=flops), start=6, round=3)
    runs = [e for r in carry_out(search, noisy(search, 0.2, 0.1)) for e in r]
    spent = sum(6 * 1000 * 3 * search.points[e.trial].macs for e in runs)
    assert spent <= flops
    assert spent > 0.9 * flops


def test_a_budget_below_one_run_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"budget\.train_flops is 1000, .* one run takes"):
        race(Budget(train_flops=1000.0))


def test_a_clear_winner_ends_the_race() -> None:
    search = race(Budget(runs=1000), start=6, round=4)
    used = Counter(e.trial for r in carry_out(search, noisy(search, 2.0, 0.002)) for e in r)
    able = {trial for trial, point in search.points.items() if point.within}
    # Where the surface is known not all must be trained, and few are trained again.
    assert set(used) < able
    assert sum(count > 2 for count in used.values()) <= 2


def test_a_network_off_the_surface_is_found() -> None:
    search = race(Budget(runs=1000), start=6, round=4)
    able = [trial for trial, point in search.points.items() if point.within]
    best = able[-1]
    runs = carry_out(search, lambda e: (0.2 if e.trial == best else 0.3) + 0.002 * noise_of(e))
    used = Counter(e.trial for r in runs for e in r)
    assert best in used
    # Noise is known from a few second runs; not all networks need one.
    assert used.total() < 1.5 * len(able)


def test_equal_candidates_are_raced_until_the_seeds_are_used_up() -> None:
    search = race(Budget(runs=100_000), start=6, round=50, seeds=[0, 1, 2])
    runs = [e for r in carry_out(search, lambda e: 0.4 * (1 + 0.1 * noise_of(e))) for e in r]
    used = Counter(e.trial for e in runs)
    # Nearly all within the tolerance were looked at, and none more often than there are seeds.
    able = {t for t, p in search.points.items() if p.within}
    assert len(set(used) & able) > 0.8 * len(able)
    assert max(used.values()) == 3


def test_what_cannot_win_gets_no_run() -> None:
    search = race(Budget(runs=40), start=10, round=4, seeds=list(range(20)))
    outside = {t for t, p in search.points.items() if not p.within}
    assert outside
    rounds = carry_out(search, noisy(search, 0.2, 0.1))
    assert not outside & {e.trial for r in rounds for e in r}


@pytest.mark.parametrize("ending", [Ending.DIVERGED, Ending.FAILED])
def test_what_diverged_or_failed_gets_no_further_run(ending: Ending) -> None:
    search = race(Budget(runs=40), start=10, round=4)
    errors = noisy(search, 0.2, 0.1)

    def error(e: Evaluation) -> float | None:
        # About every third network diverges, at its first or at its second seed.
        number = int(e.trial, 16)
        return None if number % 3 == 0 and e.seed == number % 2 else errors(e)

    rounds = carry_out(search, error, ending)
    for before, later in pairwise([[], *rounds, []]):
        gone = {e.trial for e in before if error(e) is None}
        assert not gone & {e.trial for e in later}
    trained = [e for r in rounds for e in r]
    assert sum(error(e) is None for e in trained) >= 3
    last = {e.trial: e for e in trained}
    assert all(error(e) is not None or last[e.trial] == e for e in trained)


@pytest.mark.parametrize("ending", [Ending.DIVERGED, Ending.FAILED])
def test_when_all_that_were_trained_are_of_no_use_others_are_tried(ending: Ending) -> None:
    search = race(Budget(runs=24), start=6, round=4)
    first: set[str] = set()

    def error(e: Evaluation) -> float | None:
        if len(first) < 6:
            first.add(e.trial)
        return None if e.trial in first else 0.4 + 0.01 * noise_of(e)

    rounds = carry_out(search, error, ending)
    assert {e.trial for e in rounds[0]} == first
    assert len(rounds) > 2
    assert not first & {e.trial for r in rounds[1:] for e in r}


@pytest.mark.parametrize("ending", [Ending.DIVERGED, Ending.FAILED])
def test_when_nothing_finishes_the_race_ends(ending: Ending) -> None:
    search = race(Budget(runs=1000), start=6, round=4)
    runs = [e for r in carry_out(search, lambda _: None, ending) for e in r]
    assert len(runs) == len({e.trial for e in runs}) <= len(search.points)


def test_halvings_losers_stay_out_of_the_race() -> None:
    points = RaceSettings(alpha=ALPHA, beta=BETA).known_candidates(SPACE).kept

    class Listed:
        def __init__(self) -> None:
            self.left = iter(points)

        def ask(self) -> Candidate:
            return next(self.left)

        def tell(self, number: int, answers: object) -> None:
            pass

    search = Search(
        Listed(),
        asks=9,
        lag=None,
        bracket=9,
        settings=SearchSettings(seeds=[0, 1, 2, 3], rungs=[1]),
        epochs=3,
        budget=Budget(runs=20),
        race=Race(3, 2.0),
    )
    runs = [e for r in carry_out(search, noisy(search, 0.2, 0.1)) for e in r]
    assert len({e.trial for e in runs if e.epochs == 1}) == 9
    finalists = {e.trial for e in runs if e.epochs == 3 and e.seed == 0}
    assert len(finalists) == 3
    assert {e.trial for e in runs if e.seed > 0} <= finalists
    # A run that was continued counts once.
    assert len({(e.trial, e.seed) for e in runs}) <= 20
