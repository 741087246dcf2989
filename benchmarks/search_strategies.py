"""The strategies that search_cost.py compares: each answers with its choices at several budgets.

All are run by the code of real studies (search/strategy.py); only the answers come from a table.
What a search does next never depends on a budget still ahead of it, so that one dialogue, carried
on to the largest budget, holds the choices at all smaller ones. Budgets and costs are in runs of a
network of the table's mean cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from search_table import Half, Table, TableSnapper, Trained, answer_of, errors_of, within

from scaling_search.findings.racing import first_round
from scaling_search.scaling import PAPER
from scaling_search.search import Asked, Budget, OptunaSettings, RaceSettings, SearchSettings
from scaling_search.search.decide import decide
from scaling_search.search.grid import ListedProposals
from scaling_search.search.marks import marked_points
from scaling_search.search.optuna_samplers import SAMPLERS
from scaling_search.search.race import Race
from scaling_search.search.sampler import SampledProposals
from scaling_search.search.strategy import Evaluation, Search

#: Seeds of the exhaustive grid whose cost is the measure of all.
EXHAUSTIVE_SEEDS = 3
#: Budgets, as parts of the cost of the exhaustive grid.
FRACTIONS = tuple(Fraction(part) for part in ("1/8", "1/4", "1/3", "1/2", "3/4", "1"))
GP = {"_target_": "optuna.samplers.GPSampler", "n_startup_trials": 8}


@dataclass(frozen=True)
class Choice:
    """The network that a strategy would go on with, had it no more than its budget."""

    strategy: str
    #: What it might spend: a part of the exhaustive grid's cost, or a number of seeds.
    budget: str
    #: Runs of a network of mean cost.
    spent: float
    #: Row of the network.
    network: int


Rule = Callable[[Sequence[Trained], Table], int]
Strategy = Callable[[Half, int], list[Choice]]


def best_value(log: Sequence[Trained], table: Table) -> int:
    """The network of the lowest val error of a whole run: Optuna's study.best_trial."""
    whole = [run for run in log if run.epochs == table.epochs and not math.isnan(run.error)]
    return min(whole, key=lambda run: run.error).network


def lowest_mean(log: Sequence[Trained], table: Table) -> int:
    """The network of the lowest mean over the seeds that it was trained with."""
    errors = errors_of(log, table)
    known = np.isfinite(errors)
    mean = np.where(known, errors, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return int(np.argmin(np.where(known.any(axis=1), mean, np.inf)))


def by_surface(log: Sequence[Trained], table: Table) -> int:
    """The winner of a study: the trained network of the lowest expected error by the surface."""
    decision = decide(
        table.networks,
        {
            Evaluation(table.networks[run.network].id, run.seed, run.epochs): answer_of(run.error)
            for run in log
        },
        seeds=range(table.errors.shape[1]),
        epochs=table.epochs,
        cost_ratio=table.cost_ratio,
    )
    assert decision.winner is not None
    return table.networks.index(decision.winner)


def full_cost(table: Table) -> float:
    """Of the exhaustive grid with 3 seeds."""
    return float(EXHAUSTIVE_SEEDS * len(table.networks))


def exhaustive(half: Half, number: int) -> list[Choice]:
    """All networks with 1, 2 and 3 seeds."""
    table, count = half.table, len(half.table.networks)
    settings = SearchSettings(seeds=list(half.seeds[:EXHAUSTIVE_SEEDS]))
    log = half.carry_out(Search(_listed(table), count, None, count, settings, table.epochs))
    costs = [float(count * seeds) for seeds in range(1, EXHAUSTIVE_SEEDS + 1)]
    return [
        *_by_seeds("exhaustive grid", log, table, lowest_mean, costs),
        *_by_seeds("exhaustive grid, by surface", log, table, by_surface, costs),
    ]


def all_runs(half: Half, number: int) -> list[Choice]:
    """Every run that may be drawn: what no search among them can be expected to beat by much."""
    table, count, seeds = half.table, len(half.table.networks), len(half.seeds)
    settings = SearchSettings(seeds=list(half.seeds))
    log = half.carry_out(Search(_listed(table), count, None, count, settings, table.epochs))
    return [
        _choice("all runs of the half", f"{seeds} seeds", log, table, lowest_mean),
        _choice("all runs of the half, by surface", f"{seeds} seeds", log, table, by_surface),
    ]


def race(half: Half, number: int) -> list[Choice]:
    """This project's default, `+sweep=race`."""
    table = half.table
    # Its grid is the table.
    settings = RaceSettings(alpha=[1.0], beta=[1.0], seeds=list(half.seeds))
    first = first_round(table.design, settings.start)
    search = Search(
        _listed(table, first),
        len(first),
        None,
        len(first),
        settings,
        table.epochs,
        _budget(table),
        race=Race(settings.round, table.cost_ratio),
        points={network.id: network for network in table.networks},
    )
    return _choices("race (default)", half.carry_out(search), table, by_surface)


def optuna_sweep(half: Half, number: int) -> list[Choice]:
    """`+sweep=optuna` as it stands: marked points, asks of TPE, then racing among the asked."""
    table = half.table
    settings = OptunaSettings(sampler={**SAMPLERS["tpe"], "seed": number}, seeds=list(half.seeds))
    proposals = _sampled(table, settings, marked=True)
    search = Search(
        proposals,
        settings.asks,
        settings.lag,
        settings.bracket,
        settings,
        table.epochs,
        _budget(table),
        race=Race(settings.round, table.cost_ratio),
    )
    return _choices("+sweep=optuna", half.carry_out(search), table, by_surface)


def plain(
    name: str, sampler: dict[str, Any], fractions: Sequence[Fraction] = FRACTIONS
) -> Strategy:
    """A sampler as Optuna's user meets it: one training an ask, with a seed of its own each.

    It sees every result before it asks again; the choice is study.best_trial. A second row has the
    same trainings and chooses by the response surface.
    """

    def strategy(half: Half, number: int) -> list[Choice]:
        table = half.table
        most = float(max(fractions)) * full_cost(table)
        asks = math.ceil(most / float(table.price.min())) + 1
        settings = OptunaSettings(
            sampler={**sampler, "seed": number}, asks=asks, lag=0, seeds=[half.seeds[0]]
        )
        search = Search(
            _sampled(table, settings, marked=False),
            asks,
            settings.lag,
            settings.bracket,
            settings,
            table.epochs,
            _budget(table, float(max(fractions))),
        )
        log = half.carry_out(search)
        return [
            *_choices(name, log, table, best_value, fractions),
            *_choices(f"{name}, by surface", log, table, by_surface, fractions),
        ]

    return strategy


def halving(half: Half, number: int) -> list[Choice]:
    """`+sweep=grid` with rungs: all networks to a ninth and a third of the epochs, a third goes on.

    With one seed the choice is the best value at the end; further seeds go to all that got there.
    """
    table, count = half.table, len(half.table.networks)
    settings = SearchSettings(seeds=list(half.seeds), rungs=rungs_of(table.epochs))
    log = half.carry_out(Search(_listed(table), count, None, count, settings, table.epochs))
    ends = [run for run in log if run.epochs == table.epochs]
    finalists = len({run.network for run in ends})
    costs = [ends[k * finalists - 1].spent for k in range(1, len(half.seeds) + 1)]
    costs = [cost for cost in costs if cost <= full_cost(table) + 1e-9]
    return _by_seeds("successive halving", log, table, lowest_mean, costs)


def no_search(half: Half, number: int) -> list[Choice]:
    """The network nearest the paper's point, untried: what any search has to beat."""
    network: Any = TableSnapper(half.table, repeat=False).try_snap(Asked(PAPER))
    return [Choice("no search: the paper's point", "0", 0.0, half.table.networks.index(network))]


def rungs_of(epochs: int, reduction: int = 3) -> list[int]:
    """Epochs of the rungs: a ninth and a third of the whole, each at least one epoch."""
    rungs = {round(epochs / reduction**power) for power in (1, 2)}
    return sorted(rung for rung in rungs if 1 <= rung < epochs)


def _choices(
    name: str,
    log: Sequence[Trained],
    table: Table,
    rule: Rule,
    fractions: Sequence[Fraction] = FRACTIONS,
) -> list[Choice]:
    """What a rule chooses from a log at each part of the exhaustive grid's cost."""
    return [
        _choice(name, str(fraction), within(log, float(fraction) * full_cost(table)), table, rule)
        for fraction in fractions
    ]


def _by_seeds(
    name: str, log: Sequence[Trained], table: Table, rule: Rule, costs: Sequence[float]
) -> list[Choice]:
    """What a rule chooses after each seed, where `costs` are spent."""
    return [
        _choice(name, f"{seeds} seed{'s' * (seeds > 1)}", within(log, cost), table, rule)
        for seeds, cost in enumerate(costs, 1)
    ]


def _choice(name: str, budget: str, known: list[Trained], table: Table, rule: Rule) -> Choice:
    return Choice(name, budget, known[-1].spent, rule(known, table))


def _listed(table: Table, rows: Sequence[int] | None = None) -> ListedProposals:
    networks: Any = table.networks
    return ListedProposals([networks[i] for i in (rows or range(len(networks)))])


def _sampled(table: Table, settings: OptunaSettings, marked: bool) -> SampledProposals:
    snapper: Any = TableSnapper(table, repeat=not marked)
    marks = marked_points(table.cost_ratio) if marked else ()
    return SampledProposals(settings, snapper, marks, table.epochs)


def _budget(table: Table, fraction: float = 1.0) -> Budget:
    """Of so much of the exhaustive grid's cost; multiply-adds stand for operations."""
    macs = float(np.mean([network.macs for network in table.networks]))
    return Budget(train_flops=fraction * full_cost(table) * macs * table.epochs)


def strategies(gp: bool) -> list[Strategy]:
    """All of them; gp: with Optuna's Gaussian processes, which are slow."""
    quick = [
        no_search,
        exhaustive,
        all_runs,
        plain("random", SAMPLERS["random"]),
        plain("TPE", SAMPLERS["tpe"]),
        halving,
        optuna_sweep,
        race,
    ]
    return [*quick, plain("GP", GP)] if gp else quick
