"""The best baseline by what is known of its runs, and not the luckiest."""

from __future__ import annotations

import numpy as np
import pytest
from spaces import TASK, present, sweep

from scaling_search.metric import Metric
from scaling_search.search import Budget
from scaling_search.search.baseline import BaselineCandidate, BaselineDecision, decide_baseline
from scaling_search.search.baseline.objective import Objective
from scaling_search.search.strategy import Answer, Ending, Evaluation

GOAL = Objective(2e6, -0.07, False)


def networks(count: int, **change: object) -> list[BaselineCandidate]:
    """So many different proposals, behind the present baseline."""
    made = sweep(sampler="random", asks=200, **change).search(TASK, present(), (), Budget())
    found: dict[str, BaselineCandidate] = {}
    while len(found) < count + 1:
        if (point := made.proposals.ask()) is not None:
            found.setdefault(point.id, point)
    return list(found.values())


def decided(
    candidates: list[BaselineCandidate], errors: np.ndarray, goal: Objective = GOAL
) -> BaselineDecision:
    """The decision by errors (candidates, seeds), nan where there is no run."""
    answers = {
        Evaluation(candidates[i].id, int(seed), 3): Answer(float(error))
        for (i, seed), error in np.ndenumerate(errors)
        if np.isfinite(error)
    }
    seeds = list(range(errors.shape[1]))
    return decide_baseline(candidates, answers, seeds=seeds, epochs=3, objective=goal)


def test_an_existing_baseline_never_wins() -> None:
    candidates = networks(6)
    errors = np.full((7, 2), 0.3)
    errors[0] = 0.1
    errors[4] = 0.25
    found = decided(candidates, errors)
    assert found.winner == candidates[4]
    assert np.isnan(found.expected[0])
    assert candidates[0] not in found.frontier


def test_one_lucky_run_does_not_beat_three_good_ones() -> None:
    rng = np.random.default_rng(0)
    candidates = networks(20)
    errors = np.full((21, 3), np.nan)
    errors[:, 0] = 0.30 * np.exp(0.10 * np.maximum(-1.2, rng.standard_normal(21)))
    errors[0] = [0.30, 0.34, 0.27]
    errors[3] = [0.31, 0.26, 0.29]
    errors[1] = [0.215, 0.235, 0.22]
    errors[2, 0] = 0.216
    found = decided(candidates, errors)
    assert found.winner == candidates[1]
    # What is known of one run alone lies between it and the others.
    assert 0.216 < found.expected[2] < 0.30
    assert found.ranked[-1] != candidates[1]


def test_a_diverged_network_cannot_win() -> None:
    candidates = networks(3)
    answers = {Evaluation(c.id, 0, 3): Answer(0.3) for c in candidates}
    answers[Evaluation(candidates[1].id, 0, 3)] = Answer(0.1)
    answers[Evaluation(candidates[1].id, 1, 3)] = Answer(None, status=Ending.DIVERGED)
    found = decide_baseline(candidates, answers, seeds=[0, 1], epochs=3, objective=GOAL)
    assert found.winner in candidates[2:]


def test_no_run_gives_no_winner() -> None:
    found = decide_baseline(networks(3), {}, seeds=[0], epochs=3, objective=GOAL)
    assert found.winner is None
    assert found.frontier == ()
    assert np.isnan(found.p_best).all()


def test_w_weighs_the_cost() -> None:
    candidates = networks(30, objective="pareto", span=8.0)
    cost = np.array([c.macs for c in candidates]) / 2e6
    errors = (0.3 * cost**-0.1)[:, None] * np.ones((1, 2))
    dear = decided(candidates, errors, Objective(2e6, 0.5, True)).winner
    cheap = decided(candidates, errors, Objective(2e6, -0.5, True)).winner
    assert dear is not None
    assert cheap is not None
    assert cheap.macs < dear.macs / 3


def test_the_frontier_is_what_nothing_beats_in_both() -> None:
    candidates = networks(30, objective="pareto", span=8.0)
    rng = np.random.default_rng(1)
    errors = rng.uniform(0.1, 0.5, (31, 2))
    found = decided(candidates, errors, Objective(2e6, -0.07, True))
    expected = dict(zip((c.id for c in candidates), found.expected))
    on = list(found.frontier)
    assert [c.macs for c in on] == sorted(c.macs for c in on)
    for candidate in candidates[1:]:
        beaten = any(
            o.macs <= candidate.macs and expected[o.id] < expected[candidate.id] for o in on
        )
        assert beaten != (candidate in on)


def test_layers_of_a_frontier_come_in_their_order() -> None:
    candidates = sorted(networks(12, objective="pareto"), key=lambda c: c.macs)
    one, *rest = candidates
    looked_at = [(one, 0.5), *((c, 0.6 + 0.01 * i) for i, c in enumerate(rest))]
    order = Objective(2e6, -0.07, True).best_first(looked_at)
    # The cheapest is also the best: every other is beaten by it.
    assert order[0] == 0
    assert order == pytest.approx(list(range(len(looked_at))))


def test_what_did_not_finish_comes_last() -> None:
    candidates = networks(3)
    looked_at = [(candidates[1], float("inf")), (candidates[2], 0.9), (candidates[3], 0.2)]
    for pareto in (True, False):
        assert Objective(2e6, -0.07, pareto).best_first(looked_at)[-1] == 0


def test_losses_are_weighed_against_cost_whatever_their_unit() -> None:
    """A loss of 3 is no accuracy of -2, by which dear networks would count as better."""
    candidates = networks(8, objective="pareto")
    errors = np.linspace(3.0, 4.0, 18).reshape(9, 2)
    goal = Objective(2e6, -0.07, False, Metric("loss", "minimize", "unbounded"))
    first, other = (decided(candidates, k * errors, goal) for k in (1, 40))
    assert [c.id for c in first.ranked] == [c.id for c in other.ranked]
    assert np.allclose(other.expected, 40 * first.expected, equal_nan=True)
    cheap, *_, dear = sorted(candidates[1:], key=lambda c: c.macs)
    assert cheap.macs < dear.macs
    for k in (0.01, 1, 40):
        assert goal.best_first([(dear, 3 * k), (cheap, 3 * k), (cheap, 2.5 * k)]) == [2, 1, 0]
    assert goal.best_first([(cheap, 3.0), (cheap, np.inf), (dear, 0.0)]) == [2, 0, 1]
