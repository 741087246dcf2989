"""What is asked for follows from the settings and the answers alone."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from committed import long_but
from spaces import QUICK, TASK, present, sweep

from scaling_search.search import Budget
from scaling_search.search.baseline import BaselineProposals
from scaling_search.search.strategy import Answer, Ending


def proposals(**change: Any) -> BaselineProposals:
    made = sweep(**change).search(TASK, present(), (), Budget()).proposals
    assert isinstance(made, BaselineProposals)
    return made


SAMPLERS: dict[str, Any] = {"gp": QUICK, "tpe": "tpe", "random": "random", "nsgaii": "nsgaii"}


def played(made: BaselineProposals, asks: int, turned: bool = False) -> list[str | None]:
    """Ask and tell in turn, with errors that follow from the network, or the other way round."""
    trials = []
    for number in range(asks):
        point = made.ask()
        trials.append(point.id if point else None)
        if point:
            error = (int(point.id[:4], 16) % 89) / 100
            made.tell(number, [(TASK.epochs, Answer(1 - error if turned else error))])
    return trials


@pytest.mark.parametrize("sampler", list(SAMPLERS))
@pytest.mark.parametrize("objective", long_but(["paper", "pareto"], "paper"))
def test_the_same_answers_give_the_same_asks(sampler: str, objective: str) -> None:
    change = {"sampler": SAMPLERS[sampler], "objective": objective}
    asks = 14 if sampler == "gp" else 30
    assert played(proposals(**change), asks) == played(proposals(**change), asks)


@pytest.mark.parametrize("sampler", ["gp", "tpe"])
def test_a_sampler_looks_at_the_answers(sampler: str) -> None:
    asks = 40 if sampler == "tpe" else 14
    chosen = SAMPLERS[sampler]
    made = [played(proposals(sampler=chosen), asks, turned=turned) for turned in (False, True)]
    assert made[0] != made[1]


def test_the_present_baseline_comes_first_and_is_no_trial_of_the_sampler() -> None:
    made = proposals()
    first = made.ask()
    assert first is not None
    assert first.mark == "efficientnet_micro"
    made.tell(0, [(TASK.epochs, Answer(0.5))])
    assert made.study.trials == []
    assert (made.ask() or first).mark == ""


def test_what_the_sampler_is_told() -> None:
    made = proposals(objective="paper", w=-0.5)
    for _ in range(4):
        made.ask()
    point = made.asked[1]
    assert point is not None
    made.tell(1, [(1, Answer(0.9)), (TASK.epochs, Answer(0.25))])
    made.tell(2, [(1, Answer(0.9))])
    made.tell(3, [(TASK.epochs, Answer(None, status=Ending.DIVERGED))])
    told = made.study.trials
    assert told[0].values == [pytest.approx(0.75 * (point.macs / 2e6) ** -0.5)]
    assert [trial.state.name for trial in told] == ["COMPLETE", "PRUNED", "FAIL"]
    assert told[0].user_attrs["trial"] == point.id


def test_of_a_frontier_the_sampler_is_told_error_and_cost() -> None:
    made = proposals(sampler=QUICK, objective="pareto", span=4.0)
    costs = []
    for number in range(30):
        point = made.ask()
        if point and number:
            costs.append(point.macs / 2e6)
            made.tell(number, [(TASK.epochs, Answer(0.25))])
    last = [t for t in made.study.trials if t.state is optuna.trial.TrialState.COMPLETE][-1]
    assert last.values == [0.25, last.user_attrs["macs"]]
    assert 0.2 < min(costs) < 0.3
    assert 0.95 < max(costs) < 1.05
    assert len({round(cost, 1) for cost in costs}) >= 4
