"""The search as a dialogue: what it decides follows from the answers, not from their order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.search import Budget, SearchSettings
from scaling_search.search.strategy import Answer, Ending, Evaluation, Search


@dataclass(frozen=True)
class Network:
    id: str
    macs: int = 100
    shares: tuple[float, float, float] = (0.3, 0.3, 0.4)
    resolution: int = 16
    cost_ratio: float = 2.0
    pixel_price: float = 1.0
    within: bool = True


@dataclass
class Learner:
    """Asks for networks that follow from what it was told; keeps what it saw at each ask."""

    networks: int
    told: list[tuple[int, tuple[tuple[int, Answer], ...]]] = field(default_factory=list)
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def ask(self) -> Network | None:
        self.seen.append(tuple(number for number, _ in self.told))
        number = len(self.seen) - 1
        if number % 7 == 6:
            return None
        best = min((a[-1][1].val_error or 0.0 for _, a in self.told), default=0.0)
        return Network(str((number * 3 + int(best * 100)) % self.networks))

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        self.told.append((number, tuple(answers)))


def error_of(evaluation: Evaluation) -> float:
    return random.Random(repr(evaluation)).random() / evaluation.epochs


def carry_out(
    search: Search,
    order: random.Random,
    workers: int = 3,
    answer: Callable[[Evaluation], Answer] = lambda e: Answer(error_of(e), 60.0),
) -> list[Evaluation]:
    """Drive a search with `workers`, whose runs end in an order of their own."""
    steps = search.steps()
    request = next(steps, None)
    queue: list[Evaluation] = []
    running: list[Evaluation] = []
    known: dict[Evaluation, Answer] = {}
    trained: list[Evaluation] = []
    while request is not None:
        if all(e in known for e in request.wait):
            queue += request.start
            trained += request.start
            try:
                request = steps.send({e: known[e] for e in request.wait})
            except StopIteration:
                request = None
            continue
        while queue and len(running) < workers:
            running.append(queue.pop(0))
        ended = running.pop(order.randrange(len(running)))
        known[ended] = answer(ended)
    return trained


def search_of(**change: Any) -> Search:
    values: dict[str, Any] = {
        "proposals": Learner(change.pop("networks", 40)),
        "asks": 20,
        "lag": 3,
        "bracket": 4,
        "settings": SearchSettings(seeds=[5, 6], rungs=change.pop("rungs", [])),
        "epochs": 9,
    }
    return Search(**{**values, **change})


@settings(max_examples=60, deadline=None)
@given(
    lag=st.integers(3, 8),
    rungs=st.sampled_from([[], [1], [1, 3]]),
    networks=st.integers(1, 40),
    workers=st.integers(1, 6),
    order=st.integers(0, 10**6),
)
def test_workers_and_their_order_change_nothing(
    lag: int, rungs: list[int], networks: int, workers: int, order: int
) -> None:
    one, other = (search_of(lag=lag, rungs=rungs, networks=networks) for _ in range(2))
    first = carry_out(one, random.Random(0), workers=1)
    second = carry_out(other, random.Random(order), workers=workers)
    assert first == second
    assert one.asked == other.asked
    assert one.proposals.told == other.proposals.told  # type: ignore[attr-defined]


@pytest.mark.parametrize("rungs", [[], [1, 3]])
@pytest.mark.parametrize("lag", [3, 5])
def test_an_ask_sees_the_asks_before_its_lag(rungs: list[int], lag: int) -> None:
    search = search_of(lag=lag, rungs=rungs)
    carry_out(search, random.Random(1))
    learner = search.proposals
    assert isinstance(learner, Learner)
    for number, seen in enumerate(learner.seen):
        expected = [k for k in range(max(0, number - lag)) if search.asked[k] is not None]
        assert list(seen) == expected
    # In the end it is told of all.
    assert [k for k, _ in learner.told] == [k for k, t in enumerate(search.asked) if t is not None]


def test_a_bracket_promotes_its_best_third() -> None:
    ids = count()

    class Fresh(Learner):
        def ask(self) -> Network | None:
            return Network(str(next(ids)))

    search = search_of(proposals=Fresh(0), asks=18, bracket=9, lag=None, rungs=[1, 3])
    trained = carry_out(search, random.Random(2))
    for bracket in range(2):
        members = {str(k) for k in range(9 * bracket, 9 * bracket + 9)}
        alive = members
        for rung, left in ((1, 9), (3, 3), (9, 1)):
            here = {e.trial for e in trained if e.epochs == rung and e.seed == 5} & members
            assert len(here) == left
            assert here <= alive
            worst_kept = max(error_of(Evaluation(t, 5, rung)) for t in here)
            alive = here
            if rung < 9:
                following = {1: 3, 3: 9}[rung]
                kept = {e.trial for e in trained if e.epochs == following} & here
                assert max(error_of(Evaluation(t, 5, rung)) for t in kept) < min(
                    [error_of(Evaluation(t, 5, rung)) for t in here - kept] or [2.0]
                )
            assert worst_kept >= 0
    # Only those that reached the end get the second seed.
    finished = {e.trial for e in trained if e.seed == 5 and e.epochs == 9}
    assert {e.trial for e in trained if e.seed == 6} == finished


def test_a_network_that_diverges_is_not_promoted() -> None:
    search = search_of(lag=None, rungs=[1], asks=6, bracket=6)

    def answer(e: Evaluation) -> Answer:
        if e.trial == search.asked[0]:
            return Answer(None, status=Ending.DIVERGED)
        return Answer(error_of(e))

    trained = carry_out(search, random.Random(3), answer=answer)
    assert search.asked[0] not in {e.trial for e in trained if e.epochs == 9}


@pytest.mark.parametrize(
    ("budget", "runs"),
    [
        (Budget(runs=5), 5),
        # 100 multiply-adds, 9 epochs, 6 operations each: 5400 a run.
        (Budget(train_flops=5400 * 7.5), 7),
        (Budget(minutes=4.0), None),
    ],
)
def test_a_budget_ends_the_asks(budget: Budget, runs: int | None) -> None:
    search = search_of(budget=budget, flops_per_mac=6, race=lambda _: ())
    trained = carry_out(search, random.Random(4))
    if runs is None:
        # Each answer that the search waited for took a minute, and the lag lets 3 more start.
        assert 4 <= len(trained) <= 4 + 4
    else:
        assert len(trained) == runs


def test_racing_chooses_until_it_has_enough() -> None:
    rounds = iter([[Evaluation("0", 6, 9)], [Evaluation("3", 6, 9), Evaluation("0", 7, 9)], []])
    known: list[int] = []

    def race(search: Search) -> Sequence[Evaluation]:
        known.append(len(search.answers))
        return next(rounds)

    search = search_of(race=race, asks=4)
    trained = carry_out(search, random.Random(5))
    assert trained[4:] == [Evaluation("0", 6, 9), Evaluation("3", 6, 9), Evaluation("0", 7, 9)]
    assert known == [4, 5, 7]
