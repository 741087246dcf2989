"""`+sweep=optuna`: an Optuna sampler proposes points of the triangle of shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.search.candidates import Candidate, Candidates, SearchSpace, Snapper
from scaling_search.search.marks import MARKS, Asked
from scaling_search.search.optuna_samplers import (
    COPY,
    explicit_sampler,
    failures_named,
    make_sampler,
    rehearse_sampler,
)
from scaling_search.search.race import Race, with_race
from scaling_search.search.settings import Budget, SearchSweep
from scaling_search.search.strategy import Answer, Search

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class OptunaSettings(SearchSweep):
    """`+sweep=optuna`: asks of a sampler, then more seeds for those that may be the best."""

    READS: ClassVar[frozenset[str]] = SearchSweep.READS | {"budget"}
    samples: ClassVar[bool] = True

    kind: str = "optuna"
    #: tpe, random, or any Optuna sampler as {_target_: package.Class, argument: value}.
    sampler: Any = "tpe"
    #: How many points are asked for; the marked points come first.
    asks: int = 12
    #: An ask sees the results of all asks but the `lag` before it, however many workers there are.
    lag: int = 3
    #: Asks that are compared with each other at the rungs.
    bracket: int = 9
    #: Seeds, in the order in which they are used; racing gives one more at a time.
    seeds: list[int] = field(default_factory=lambda: list(range(8)))
    #: Runs that racing chooses at a time.
    round: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_counts(asks=1, lag=0, bracket=2, round=1)
        if self.rungs and self.lag < self.bracket - 1:
            raise InvalidInput(
                f"sweep.lag is {self.lag}, but with rungs it must be at least sweep.bracket - 1 = "
                f"{self.bracket - 1}, since an ask cannot see the results of its own bracket: set "
                f"sweep.lag={self.bracket - 1}"
                + (f" or sweep.bracket={self.lag + 1}" if self.lag else "")
            )
        if self.rivals and self.asks < len(MARKS) + len(self.rivals):
            raise InvalidInput(
                f"sweep.asks is {self.asks}, but the marked points and the rivals are asked for "
                f"first: give at least {len(MARKS) + len(self.rivals)}"
            )
        object.__setattr__(self, "sampler", explicit_sampler(self.sampler))

    def rehearse(self) -> None:
        rehearse_sampler(self.sampler, self.asks)

    def known_candidates(self, space: SearchSpace) -> Candidates:
        """The marked points, which are asked for first."""
        return space.snap_all(self.marked(space.constraint.cost_ratio)[: self.asks])

    def search(
        self, space: SearchSpace, candidates: Candidates, budget: Budget
    ) -> Search[Candidate]:
        """The asks, then racing among the networks that were asked for."""
        marked = self.marked(space.constraint.cost_ratio)
        search = Search(
            SampledProposals(self, space.snapper(), marked, space.epochs),
            asks=self.asks,
            lag=self.lag,
            bracket=self.bracket,
            settings=self,
            epochs=space.epochs,
            flops_per_mac=space.flops_per_mac,
        )
        race = Race(self.round, space.constraint.cost_ratio, space.metric, space.seeded)
        return with_race(search, space, candidates, budget, race)

    def asks_text(self, candidates: Candidates) -> str:
        return f"{self.asks} asks, the marked points first:"


def shares_of(u: float, v: float) -> tuple[float, float, float]:
    """The point of the triangle for two uniform numbers, (depth, width, resolution).

    Uniform on the triangle: the area beyond a depth share s is (1 - s)^2.
    """
    root = math.sqrt(u)
    return 1 - root, root * v, root * (1 - v)


def uniforms_of(depth: float, width: float, resolution: float) -> tuple[float, float]:
    """The two numbers of which `shares_of` makes these shares."""
    rest = width + resolution
    return min(1.0, (1 - depth) ** 2), width / rest if rest > 0 else 0.0


class SampledProposals:
    """Asks an Optuna study in memory, which only the results that it is told of can change."""

    def __init__(
        self, settings: OptunaSettings, snapper: Snapper, marked: Sequence[Asked], epochs: int
    ) -> None:
        self._settings = settings.sampler
        self._snapper = snapper
        self._epochs = epochs
        self._trials: list[optuna.Trial] = []
        #: Each ask with its candidate; None where there is no network.
        self.asked: list[tuple[Asked, Candidate | None]] = []
        self._marked = list(marked)[: settings.asks]

    @cached_property
    def study(self) -> optuna.Study:
        """Made at the first ask: what only looks at a search imports no sampler that it names."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(direction="minimize", sampler=make_sampler(self._settings))
        study.set_user_attr(COPY, True)
        for mark in self._marked:
            study.enqueue_trial(dict(zip("uv", uniforms_of(*mark.coefficients.shares()))))
        return study

    def ask(self) -> Candidate | None:
        """The sampler's next point, snapped to its network."""
        with failures_named(self._settings):
            trial = self.study.ask()
            u, v = trial.suggest_float("u", 0, 1), trial.suggest_float("v", 0, 1)
        self._trials.append(trial)
        number = len(self.asked)
        if number < len(self._marked):
            asked = self._marked[number]
        else:
            shares, cost_ratio = shares_of(u, v), self._snapper.cost_ratio
            asked = Asked(Coefficients.from_shares(*shares, cost_ratio=cost_ratio))
        candidate = self._snapper.try_snap(asked)
        self.asked.append((asked, candidate))
        if candidate is None:
            self._end(trial, None, "FAIL")
            return None
        for name, value in _attributes(asked, candidate).items():
            trial.set_user_attr(name, value)
        return candidate

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """Report each rung; a trial that did not reach the last one is pruned."""
        trial = self._trials[number]
        for epochs, answer in answers:
            if answer.val_error is None:
                self._end(trial, None, "FAIL")
                return
            trial.report(answer.val_error, epochs)
        epochs, last = answers[-1]
        if epochs < self._epochs:
            self._end(trial, None, "PRUNED")
        else:
            self._end(trial, last.val_error, "COMPLETE")

    def _end(self, trial: optuna.Trial, value: float | None, state: str) -> None:
        import optuna

        with failures_named(self._settings):
            self.study.tell(trial, value, optuna.trial.TrialState[state])

    @property
    def candidates(self) -> Candidates:
        """The distinct networks so far, in the order of first asking."""
        return self._snapper.candidates


def _attributes(asked: Asked, candidate: Candidate) -> dict[str, Any]:
    """What a reader of optuna-dashboard sees beside u and v."""
    shares = {f"share_{name}": share for name, share in zip(DIMENSIONS, candidate.shares)}
    numbers = {**vars(candidate.coefficients), **shares, "cost_ratio": candidate.cost_ratio}
    return {
        "trial": candidate.id,
        **({"mark": asked.mark} if asked.mark else {}),
        **{name: round(value, 6) for name, value in numbers.items()},
        "macs": candidate.macs,
        "resolution": candidate.resolution,
    }
