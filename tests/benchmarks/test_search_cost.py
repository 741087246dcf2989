"""The replays of benchmarks/search_cost.py: who sees what, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from landscapes import make_landscape
from search_cost import replay
from search_strategies import exhaustive, full_cost, halving, plain, race, rungs_of, strategies
from search_table import Half, Table, errors_of, within

from scaling_search.search import Budget
from scaling_search.search.optuna_samplers import SAMPLERS
from scaling_search.search.strategy import Evaluation

SEEDS, EPOCHS = 8, 3


@pytest.fixture(scope="module")
def table() -> Table:
    """A landscape of 21 networks whose costs differ by up to 5 %."""
    rng = np.random.default_rng(3)
    landscape = make_landscape("inside", 0.1, 0.02, rng, lattice=5, cost=0.05)
    whole = landscape.table(SEEDS, 0.05, 0.02, rng)
    # A run gets better with every epoch.
    errors = np.minimum(whole.errors * [1.8, 1.3, 1.0], 1.0)
    return replace(whole, errors=errors)


def test_no_strategy_sees_the_truth(table: Table) -> None:
    """With the other half of the seeds unknown, every strategy chooses what it chose."""
    drawn = (6, 1, 4, 3)
    blind = np.full_like(table.errors, np.nan)
    blind[:, drawn] = table.errors[:, drawn]
    for strategy in strategies(gp=False):
        seeing = strategy(Half(table, drawn), 0)
        assert strategy(Half(replace(table, errors=blind), drawn), 0) == seeing


def test_a_half_answers_no_seed_of_the_other(table: Table) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Half(table, (0, 1)).train(Evaluation("n0", 2, EPOCHS))


def test_exhaustive_grid_costs_what_its_runs_cost(table: Table) -> None:
    half = Half(table, (0, 1, 2, 3))
    choices = exhaustive(half, 0)
    assert [choice.spent for choice in choices[:3]] == pytest.approx([21, 42, 63])
    assert len(half.log) == 63
    assert full_cost(table) == 63
    mean = table.errors[:, :3, -1].mean(axis=1)
    assert choices[2].network == mean.argmin()


def test_nobody_spends_more_than_the_budget(table: Table) -> None:
    parts = {"1/8": 1 / 8, "1/4": 1 / 4, "1/3": 1 / 3, "1/2": 1 / 2, "3/4": 3 / 4, "1": 1}
    for strategy in (race, plain("random", SAMPLERS["random"])):
        choices = strategy(Half(table, (0, 1, 2, 3)), 0)
        assert {choice.budget for choice in choices} == set(parts)
        for choice in choices:
            budget = parts[choice.budget] * full_cost(table)
            assert choice.spent <= budget + 1e-9
            # A run more would have gone over it, but a race may be decided before.
            if strategy is not race or choice.budget == "1/8":
                assert choice.spent > budget - 1.1


def test_a_run_that_stops_at_a_rung_costs_its_part(table: Table) -> None:
    half = Half(table, (0, 1, 2, 3))
    one_seed = halving(half, 0)[0]
    assert rungs_of(EPOCHS) == [1]
    assert rungs_of(8) == [1, 3]
    whole = [run for run in half.log if run.epochs == EPOCHS][:7]
    going_on = 2 / 3 * sum(float(table.price[run.network]) for run in whole)
    assert one_seed.spent == pytest.approx(21 / 3 + going_on)


def test_a_plain_sampler_trains_each_ask_with_the_next_seed(table: Table) -> None:
    half = Half(table, (5, 2, 7))
    plain("TPE", SAMPLERS["tpe"])(half, 1)
    seeds: dict[int, list[int]] = {}
    for run in half.log:
        assert run.error == table.errors[run.network, run.seed, -1]
        seeds.setdefault(run.network, []).append(run.seed)
    for used in seeds.values():
        assert used == [(5, 2, 7)[k % 3] for k in range(len(used))]


def test_a_smaller_budget_is_a_part_of_the_same_race(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the study itself had no more."""
    whole = Half(table, (0, 1, 2, 3))
    race(whole, 0)
    monkeypatch.setattr("search_strategies._budget", lambda table: Budget(runs=17))
    short = Half(table, (0, 1, 2, 3))
    race(short, 0)
    assert whole.log[:17] == short.log


def test_repeats_count_once(table: Table) -> None:
    half = Half(table, (0, 1))
    for trial in ("n4", "n4/1", "n4/2"):
        half.train(Evaluation(trial, 0, EPOCHS))
    assert np.isfinite(errors_of(half.log, table)).sum() == 2
    assert len(within(half.log, 2 * float(table.price[4]))) == 2


def test_replays_repeat(table: Table) -> None:
    chosen = [exhaustive, race]
    first = replay(table, 5, chosen=chosen)
    assert replay(table, 5, chosen=chosen) == first
    assert replay(table, 6, chosen=chosen) != first
    assert all(judged.regret >= 0 for judged in first)
    assert all((judged.better == 0) == (judged.regret == 0) for judged in first)
