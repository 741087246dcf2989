"""Racing: further runs go where they help the choice most, until it is decided or paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.racing import first_round, next_runs
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.winner import compare_with_best
from scaling_search.search.candidates import Candidates, SearchSpace
from scaling_search.search.grid import GridSettings, ListedProposals
from scaling_search.search.settings import Budget
from scaling_search.search.strategy import Evaluation, Search

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RaceSettings(GridSettings):
    """`+sweep=race`: all networks of a fine grid compete, but only those are trained that tell."""

    READS: ClassVar[frozenset[str]] = GridSettings.READS | {"budget"}

    kind: str = "race"
    #: Networks that are trained first, chosen to tell most of the response surface.
    start: int = 10
    #: Seeds, in the order in which a network uses them.
    seeds: list[int] = field(default_factory=lambda: list(range(8)))
    #: Runs that are chosen at a time.
    round: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("start", "round"):
            value = getattr(self, name)
            if not 1 <= value <= 100_000:
                raise InvalidInput(f"sweep.{name} is {value!r}, but must lie between 1 and 100000")
        if self.rungs:
            raise InvalidInput(
                f"sweep.rungs is {list(self.rungs)}, but a race trains whole runs: leave it "
                "out, or take +sweep=grid or +sweep=optuna"
            )

    def search(self, space: SearchSpace, candidates: Candidates, budget: Budget) -> Search:
        """A first round of the most telling networks, then racing among all of them."""
        able = [candidate for candidate in candidates.kept if candidate.within]
        first = first_round(
            np.array([candidate.shares for candidate in able]),
            self.start,
            [candidate.resolution for candidate in able],
            np.log([candidate.pixel_price for candidate in able]),
        )
        search = Search(
            ListedProposals([able[i] for i in first]),
            asks=len(first),
            lag=None,
            bracket=len(first),
            settings=self,
            epochs=space.epochs,
            flops_per_mac=space.flops_per_mac,
            points={candidate.id: candidate for candidate in candidates.kept},
        )
        looks = self.looks(space, candidates, budget)
        return with_race(search, space, candidates, budget, self.round, looks)

    def looks(self, space: SearchSpace, candidates: Candidates, budget: Budget) -> int:
        # A marked point outside the tolerance cannot win, so it is not among the first.
        asks = min(self.start, sum(candidate.within for candidate in candidates.kept))
        most = len(candidates.kept) * len(self.seeds)
        return most_looks(
            granted(budget, asks), asks, self.round, most, space.cheapest_run(candidates)
        )


@dataclass(frozen=True)
class Table:
    """What is known of the candidates of a search. Arrays follow its points."""

    #: (candidates, 3) and (candidates,): shares, and log of the cost over the wished one.
    shares: Floats
    log_cost: Floats
    #: Of each, in px, and log of what a pixel costs there.
    resolution: tuple[int, ...]
    log_pixel_price: Floats
    #: (candidates, seeds): val errors of whole runs, nan where there is none.
    errors: Floats
    #: (candidates,): the right cost, no diverged run, and not left behind at a rung.
    eligible: NDArray[np.bool_]


@dataclass(frozen=True)
class Race:
    """Chooses the runs that follow a search's asks."""

    #: Runs at a time.
    round: int
    #: Cost of a candidate over the baseline's that is wished for.
    cost_ratio: float
    #: How often the race looks at its candidates at most: each look has its part of the level.
    looks: int

    def __call__(self, search: Search) -> Sequence[Evaluation]:
        """The next runs; none when the winner is decided or the budget is spent."""
        table = table_of(search, self.cost_ratio)
        known = np.where(table.eligible[:, None], table.errors, np.nan)
        trained = np.isfinite(known).any(axis=1)
        compared = compare_with_best(known, looks=self.looks)
        # Those that these runs exclude get no more; what was never trained is excluded by none.
        able = table.eligible & (compared.possible | ~trained)
        able &= ~np.isfinite(table.errors).all(axis=1)
        untrained = table.eligible & ~trained
        decided = compared.degrees_of_freedom > 0 and compared.possible.sum() == 1
        left = search.affordable(self.round, search.epochs)
        if left < 1 or not able.any() or (decided and not untrained.any()):
            return ()
        if trained.any():
            surface = fit_surface(
                table.shares,
                table.errors,
                table.log_cost,
                table.resolution,
                table.log_pixel_price,
            )
            chosen = next_runs(surface, left, able)
        else:
            # All that were trained have diverged.
            rest = np.flatnonzero(able)
            pixels = [table.resolution[i] for i in rest]
            first = first_round(table.shares[rest], left, pixels, table.log_pixel_price[rest])
            chosen = tuple(rest[i] for i in first)
        trials = list(search.points)
        seeds = search.settings.seeds
        return [
            Evaluation(
                trials[i], seeds[int(np.argmax(~np.isfinite(table.errors[i])))], search.epochs
            )
            for i in chosen
        ]


def granted(budget: Budget, asks: int) -> Budget:
    """The budget, or twice as many runs as the search starts with where none is given."""
    return Budget(runs=2 * asks) if budget == Budget() else budget


def with_race(
    search: Search,
    space: SearchSpace,
    candidates: Candidates,
    budget: Budget,
    round: int,
    looks: int,
) -> Search:
    """A search whose asks are followed by a race. Raises InvalidInput for a budget of no run."""
    epochs = [*search.settings.rungs, space.epochs][0]
    dearest = space.flops_per_mac * epochs * max(c.macs for c in candidates.kept)
    if budget.train_flops is not None and budget.train_flops < dearest:
        raise InvalidInput(
            f"budget.train_flops is {budget.train_flops:g}, but one run takes {dearest:.3g}: "
            "give enough for several"
        )
    search.budget = granted(budget, search.asks)
    search.race = Race(round, space.constraint.cost_ratio, looks)
    return search


def most_looks(budget: Budget, asks: int, round: int, most_runs: int, price: float) -> int:
    """How often a race looks at its candidates before its budget, or all seeds, are used up.

    asks: runs before the first look. most_runs: all candidates with all seeds. price:
    floating-point operations of the cheapest run.
    """
    runs = min(most_runs, budget.runs or most_runs)
    if budget.train_flops is not None:
        runs = min(runs, int(budget.train_flops / price))
    return 1 + math.ceil(max(0, runs - asks) / round)


def table_of(search: Search, cost_ratio: float) -> Table:
    """The whole runs that a search knows; a seed at which a candidate diverged stays empty."""
    points = list(search.points.values())
    row = {point.id: index for index, point in enumerate(points)}
    errors = np.full((len(points), len(search.settings.seeds)), np.nan)
    eligible = np.array([point.within for point in points], bool)
    for evaluation, answer in search.answers.items():
        if answer.val_error is None:
            eligible[row[evaluation.trial]] = False
        elif evaluation.epochs == search.epochs:
            seed = search.settings.seeds.index(evaluation.seed)
            errors[row[evaluation.trial], seed] = answer.val_error
    return Table(
        np.array([point.shares for point in points], float),
        np.array([math.log(point.cost_ratio / cost_ratio) for point in points]),
        tuple(point.resolution for point in points),
        np.array([math.log(point.pixel_price) for point in points]),
        errors,
        # Halving has left behind those that were asked for and did not reach the end.
        eligible & (np.isfinite(errors).any(axis=1) | (len(search.settings.rungs) == 0)),
    )
