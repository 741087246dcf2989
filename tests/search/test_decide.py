"""The one decision: who can win, who is expected to, and who may still be better."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.findings.racing import next_runs
from scaling_search.findings.triangle import triangle
from scaling_search.metric import Metric
from scaling_search.search.decide import Decision, decide
from scaling_search.search.race import Race
from scaling_search.search.settings import Budget, SearchSettings
from scaling_search.search.strategy import Answer, Ending, Evaluation, Search

SEEDS, EPOCHS = [4, 7, 5], 9


@dataclass(frozen=True)
class Network:
    id: str
    shares: tuple[float, float, float]
    macs: int = 100
    cost_ratio: float = 2.0
    resolution: int = 16
    pixel_price: float = 1.0
    within: bool = True


NETWORKS = tuple(
    Network(f"n{index}", (d, w, r), within=index != 2)
    for index, (d, w, r) in enumerate(triangle(3).tolist())
)


def error_of(run: Evaluation) -> float:
    """The networks get better with their number."""
    return 0.5 - 0.03 * int(run.trial[1:]) + 0.01 * random.Random(repr(run)).random()


def decided(answers: dict[Evaluation, Answer]) -> Decision[Network]:
    return decide(NETWORKS, answers, seeds=SEEDS, epochs=EPOCHS, cost_ratio=2.0)


def whole(*trials: int, seeds: list[int] = SEEDS) -> dict[Evaluation, Answer]:
    runs = [Evaluation(f"n{trial}", seed, EPOCHS) for trial in trials for seed in seeds]
    return {run: Answer(error_of(run)) for run in runs}


def searched(answers: dict[Evaluation, Answer], networks: tuple[Network, ...] = NETWORKS) -> Search:
    """A search that has these answers."""
    return Search(
        proposals=None,  # type: ignore[arg-type]
        asks=0,
        lag=None,
        bracket=1,
        settings=SearchSettings(seeds=SEEDS),
        epochs=EPOCHS,
        budget=Budget(runs=100),
        points={network.id: network for network in networks},
        answers=answers,
    )


def test_the_lowest_expected_error_wins() -> None:
    decision = decided(whole(*range(10)))
    assert decision.winner is NETWORKS[9]
    assert [c.id for c in decision.ranked[:3]] == ["n9", "n8", "n7"]
    assert NETWORKS[2] not in decision.ranked
    assert np.isnan(decision.expected[2])
    assert decision.errors[3, 1] == error_of(Evaluation("n3", 7, EPOCHS))
    assert decision.decided == (len(decision.possible_winners) == 1)
    assert decision.untrained_rivals == ()


def test_without_a_run_there_is_no_winner() -> None:
    decision = decided({})
    assert (decision.winner, decision.surface, decision.decided) == (None, None, False)
    assert decision.ranked == decision.untrained_rivals == decision.possible_winners == ()


def test_without_a_candidate_there_is_nothing_to_race_for() -> None:
    search = searched({}, ())
    assert Race(round=3, cost_ratio=2.0)(search) == ()


def test_a_diverged_run_takes_its_candidate_out_and_a_failed_one_is_missing() -> None:
    answers = whole(*range(10))
    last = Evaluation("n9", 5, EPOCHS)
    out = decided({**answers, last: Answer(None, status=Ending.DIVERGED)})
    assert out.winner is NETWORKS[8]
    assert (out.diverged[9], bool(out.eligible[9])) == (1, False)
    assert out.surface is not None
    assert len(out.surface.design) == 8
    missing = decided({**answers, last: Answer(None, status=Ending.FAILED)})
    assert missing.winner is NETWORKS[9]
    assert np.isfinite(missing.errors[9]).tolist() == [True, True, False]


def test_those_left_behind_at_a_rung_are_no_rivals() -> None:
    first, second = Evaluation("n9", 4, 1), Evaluation("n9", 4, 3)
    answers = {**whole(0, 1, 3), second: Answer(0.2), first: Answer(0.4)}
    decision = decided(answers)
    assert decision.stopped[9] == (3, 0.2)
    assert np.flatnonzero(decision.untrained).tolist() == [4, 5, 6, 7, 8]
    assert NETWORKS[9] not in (*decision.ranked, *decision.untrained_rivals)
    assert decision.untrained_rivals
    # One that went on to the end was not stopped.
    assert decided({**answers, **whole(9)}).stopped[9] is None


def test_those_that_may_win_hold_the_best_but_for_a_tenth() -> None:
    decision = decided(whole(0, 3, 6, 9, seeds=[4]))
    untrained = {f"n{index}" for index in (1, 4, 5, 7, 8)}
    named = [c.id for c in decision.untrained_rivals]
    winners = [c.id for c in decision.possible_winners]
    chance = dict(zip([c.id for c in NETWORKS], decision.p_best))
    assert set(named) <= untrained
    assert not untrained & set(winners)
    assert decision.winner is decision.possible_winners[0]
    kept = [chance[name] for name in (*named, *winners)]
    assert sum(kept) >= 0.9 > sum(kept) - min(kept)
    assert named == sorted(named, key=lambda name: -chance[name])


def test_a_network_that_is_surely_the_best_decides() -> None:
    answers = whole(*range(10))
    near = decided({run: Answer(0.3 + error_of(run) / 30) for run in answers})
    far = decided({run: Answer(error_of(run) / (2 - (run.trial != "n6"))) for run in answers})
    assert not near.decided
    assert len(near.possible_winners) > 1
    assert far.decided
    assert far.possible_winners == (far.winner,) == (NETWORKS[6],)


def test_without_a_repeated_run_nothing_is_decided() -> None:
    """Noise is then believed and not measured, however far one network lies ahead."""
    once = {run: Answer(0.01 if run.trial == "n9" else 0.5) for run in whole(8, 9, seeds=[4])}
    networks = (NETWORKS[8], NETWORKS[9])
    alone = decide(networks, once, seeds=SEEDS, epochs=EPOCHS, cost_ratio=2.0)
    assert alone.possible_winners == (NETWORKS[9],)
    assert not alone.decided
    # The race goes on with both, so that the noise gets known.
    chosen = Race(round=3, cost_ratio=2.0)(searched(once, networks))
    assert {(run.trial, run.seed) for run in chosen} == {("n8", 7), ("n9", 7)}


def test_one_network_alone_is_the_best_of_nothing() -> None:
    one = decide(NETWORKS[:1], whole(0), seeds=SEEDS, epochs=EPOCHS, cost_ratio=2.0)
    assert one.possible_winners == NETWORKS[:1]
    assert not one.decided


def test_noise_of_few_repetitions_is_not_taken_for_known() -> None:
    """Two runs that happen to agree do not make every mean sure."""
    answers = {run: Answer(0.3 + 0.02 * int(run.trial[1:])) for run in whole(*range(10), seeds=[4])}
    few = decided({**answers, Evaluation("n0", 7, EPOCHS): Answer(0.3001)})
    sd = few.noise.sd()
    assert few.means.residual_sd < 0.001 or few.means.degrees_of_freedom == 0
    assert sd.low > 0.01
    assert sd.high > 3 * sd.low
    assert few.mean_se[1] > 0.01


ENDINGS = st.sampled_from([0.0, 0.1, 0.3, 0.6])


@settings(max_examples=40, deadline=None)
@given(
    diverging=ENDINGS,
    failing=ENDINGS,
    rungs=st.sampled_from([[], [1], [1, 3]]),
    seed=st.integers(0, 10**6),
)
def test_what_failed_changes_no_decision(
    diverging: float, failing: float, rungs: list[int], seed: int
) -> None:
    """Live answers know of failures, the rows of a folder do not."""
    draw = random.Random(seed)
    live: dict[Evaluation, Answer] = {}
    for network in NETWORKS:
        for run in [Evaluation(network.id, SEEDS[0], rung) for rung in rungs]:
            live[run] = Answer(error_of(run))
        for run in [Evaluation(network.id, s, EPOCHS) for s in SEEDS]:
            if draw.random() < 0.5:
                live[run] = Answer(error_of(run), seconds=1.0)
    for run in live:
        if draw.random() < diverging:
            live[run] = Answer(None, status=Ending.DIVERGED)
        elif draw.random() < failing:
            live[run] = Answer(None, status=Ending.FAILED)
    rows = [run for run in live if live[run].status is not Ending.FAILED]
    draw.shuffle(rows)
    one, other = decided(live), decided({run: live[run] for run in rows})
    assert np.array_equal(one.errors, other.errors, equal_nan=True)
    assert one.stopped == other.stopped
    assert [c.id for c in one.ranked] == [c.id for c in other.ranked]
    assert np.array_equal(one.p_best, other.p_best, equal_nan=True)
    assert (one.decided, one.possible_winners) == (other.decided, other.possible_winners)
    diverged = {run.trial for run in live if live[run].status is Ending.DIVERGED}
    assert not diverged & {c.id for c in one.ranked}


def test_a_race_chooses_by_the_surface_of_the_report() -> None:
    """Of the eligible candidates alone: a diverged one, however good, is no measure of the rest."""
    answers = whole(0, 2, 3, 6, 8, 9, seeds=SEEDS[:2])
    answers[Evaluation("n9", 4, EPOCHS)] = Answer(0.05)
    answers[Evaluation("n9", 7, EPOCHS)] = Answer(None, status=Ending.DIVERGED)
    answers[Evaluation("n8", 7, EPOCHS)] = Answer(None, status=Ending.FAILED)
    decision = decided(answers)
    assert decision.surface is not None
    rows = [index for index in range(10) if index not in (2, 9)]
    able = [
        index != 8
        and bool(decision.possible[index])
        and not np.isfinite(decision.errors[index]).all()
        for index in rows
    ]
    wanted = [rows[k] for k in next_runs(decision.surface, 3, np.array(able))]
    assert len(wanted) > 1
    chosen = Race(round=3, cost_ratio=2.0)(searched(answers))
    assert [run.trial for run in chosen] == [f"n{index}" for index in wanted]


def test_an_answer_without_an_error_says_why() -> None:
    for wrong in ((None, Ending.FINISHED), (0.2, Ending.DIVERGED), (0.2, Ending.FAILED)):
        with pytest.raises(ValueError, match="must have a val error if"):
            Answer(wrong[0], status=wrong[1])


@pytest.mark.parametrize("unit", [0.01, 30.0])
def test_losses_are_decided_alike_in_any_unit(unit: float) -> None:
    metric = Metric("loss", "minimize", "unbounded")
    answers = whole(0, 1, 3, 4, 6)
    scaled = {run: Answer(unit * (answer.val_error or 0)) for run, answer in answers.items()}
    first, other = (
        decide(NETWORKS, known, seeds=SEEDS, epochs=EPOCHS, cost_ratio=2.0, metric=metric)
        for known in (answers, scaled)
    )
    assert first.ranked == other.ranked
    assert (first.possible == other.possible).all()
    assert np.allclose(other.expected, unit * first.expected, equal_nan=True)
    assert np.allclose(other.mean_se, unit * first.mean_se, equal_nan=True)
    race = Race(round=3, cost_ratio=2.0, metric=metric)
    assert list(race(searched(answers))) == list(race(searched(scaled)))


def test_where_seeds_mean_nothing_it_does_not_matter_which_a_run_had() -> None:
    """Runs of a network changed places: the same network, the same runs, the same decision."""
    answers = whole(*range(6))
    for run in list(answers):
        if run.trial == "n3":
            turned = SEEDS[(SEEDS.index(run.seed) + 1) % 3]
            answers[run] = Answer(error_of(Evaluation("n3", turned, EPOCHS)))

    def expected(given: dict[Evaluation, Answer], seeded: bool) -> np.ndarray:
        decision = decide(
            NETWORKS, given, seeds=SEEDS, epochs=EPOCHS, cost_ratio=2.0, seeded=seeded
        )
        sds = [decision.noise.sd().value, decision.means.residual_sd]
        return np.r_[np.nan_to_num(decision.expected), decision.means.effect[:2], sds]

    same = expected(whole(*range(6)), False)
    assert expected(answers, False) == pytest.approx(same, rel=1e-6)
    assert expected(answers, True) != pytest.approx(expected(whole(*range(6)), True), rel=1e-6)
