"""Racing: further runs go where they help the choice most, until it is decided or paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.racing import first_round, next_runs
from scaling_search.search.decide import decide
from scaling_search.search.grid import GridSettings
from scaling_search.search.settings import Budget
from scaling_search.search.strategy import Ending, Evaluation, Search


@dataclass(frozen=True)
class RaceSettings(GridSettings):
    """`+sweep=race`: all networks of a fine grid compete, but only those are trained that tell."""

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

    def _require_kind(self, kind: str) -> None:
        super()._require_kind("race")


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
        seeds, trials = search.settings.seeds, list(search.points)
        decision = decide(
            list(search.points.values()),
            search.answers,
            seeds=seeds,
            epochs=search.epochs,
            cost_ratio=self.cost_ratio,
            looks=self.looks,
        )
        compared, known = decision.comparison, np.isfinite(decision.errors)
        failed = {e.trial for e, answer in search.answers.items() if answer.status is Ending.FAILED}
        # What failed once would likely fail again.
        able = ~known.all(axis=1) & np.array([trial not in failed for trial in trials], bool)
        # Those that these runs exclude get no more; what was never trained is excluded by none.
        able &= decision.untrained | (decision.trained & compared.possible)
        alone = compared.degrees_of_freedom > 0 and compared.possible.sum() == 1
        left = search.affordable(self.round, search.epochs)
        if left < 1 or not able.any() or (alone and not (able & decision.untrained).any()):
            return ()
        if decision.surface is not None:
            rows = np.flatnonzero(decision.eligible)
            chosen = rows[list(next_runs(decision.surface, left, able[rows]))]
        else:
            # None of those that were asked for has a run that counts.
            rows = np.flatnonzero(able)
            chosen = rows[list(first_round(decision.design[rows], left))]
        return [
            Evaluation(trials[i], seeds[int(np.argmin(known[i]))], search.epochs) for i in chosen
        ]


def most_looks(budget: Budget, asks: int, round: int, most_runs: int, price: float) -> int:
    """How often a race looks at its candidates before its budget, or all seeds, are used up.

    asks: runs before the first look. most_runs: all candidates with all seeds. price:
    floating-point operations of the cheapest run.
    """
    runs = min(most_runs, budget.runs or most_runs)
    if budget.train_flops is not None:
        runs = min(runs, int(budget.train_flops / price))
    return 1 + math.ceil(max(0, runs - asks) / round)
