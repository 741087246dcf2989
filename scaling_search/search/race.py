"""Racing: further runs go where they help the choice most, until it is decided or paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.racing import first_round, next_runs
from scaling_search.metric import ERROR, Metric
from scaling_search.search.candidates import Candidate, Candidates, SearchSpace
from scaling_search.search.decide import decide
from scaling_search.search.grid import GridSettings, ListedProposals
from scaling_search.search.settings import Budget
from scaling_search.search.strategy import Ending, Evaluation, Search


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
        self._require_counts(start=1, round=1)
        if self.rungs:
            raise InvalidInput(
                f"sweep.rungs is {list(self.rungs)}, but a race trains whole runs: leave it "
                "out, or take +sweep=grid or +sweep=optuna"
            )

    def search(
        self, space: SearchSpace, candidates: Candidates, budget: Budget
    ) -> Search[Candidate]:
        """A first round of the most telling networks, then racing among all of them."""
        able = [candidate for candidate in candidates.kept if candidate.within]
        first = first_round(Design.of(able, space.constraint.cost_ratio), self.start)
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
        race = Race(self.round, space.constraint.cost_ratio, space.metric, space.seeded)
        return with_race(search, space, candidates, budget, race)


@dataclass(frozen=True)
class Race:
    """Chooses the runs that follow a search's asks."""

    #: Runs at a time.
    round: int
    #: Cost of a candidate over the baseline's that is wished for.
    cost_ratio: float
    #: Of the errors.
    metric: Metric = ERROR
    seeded: bool = True

    def __call__(self, search: Search[Candidate]) -> Sequence[Evaluation]:
        """The next runs; none when the winner is decided or the budget is spent."""
        seeds, trials = search.settings.seeds, list(search.points)
        decision = decide(
            list(search.points.values()),
            search.answers,
            seeds=seeds,
            epochs=search.epochs,
            cost_ratio=self.cost_ratio,
            metric=self.metric,
            seeded=self.seeded,
        )
        known = np.isfinite(decision.errors)
        failed = {e.trial for e, answer in search.answers.items() if answer.status is Ending.FAILED}
        # What failed once would likely fail again.
        able = ~known.all(axis=1) & np.array([trial not in failed for trial in trials], bool)
        # Where one is left but no run was repeated, or none has a run, any run tells.
        several = decision.possible.sum() > 1
        able &= decision.possible if several else decision.trained | decision.untrained
        left = search.affordable(self.round, search.epochs)
        if left < 1 or not able.any() or decision.decided:
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


def granted(budget: Budget, asks: int) -> Budget:
    """The budget, or twice as many runs as the search starts with where none is given."""
    return Budget(runs=2 * asks) if budget == Budget() else budget


def with_race(
    search: Search[Candidate],
    space: SearchSpace,
    candidates: Candidates,
    budget: Budget,
    race: Race,
) -> Search[Candidate]:
    """A search whose asks are followed by a race. Raises InvalidInput for a budget of no run."""
    epochs = [*search.settings.rungs, space.epochs][0]
    dearest = space.flops_per_mac * epochs * max(c.macs for c in candidates.kept)
    if budget.train_flops is not None and budget.train_flops < dearest:
        raise InvalidInput(
            f"budget.train_flops is {budget.train_flops:g}, but one run takes {dearest:.3g}: "
            "give enough for several"
        )
    search.budget = granted(budget, search.asks)
    search.race = race
    return search
