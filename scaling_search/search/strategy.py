"""A search as a dialogue: which runs a search wants next, given the answers that it waits for.

A search is a generator that says which evaluations to start and for which answers it waits. What
it decides therefore follows from the answers alone, never from who answered first: any number of
workers, and a study that was killed and repeated, come to the same search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from scaling_search.search.settings import Budget, SearchSettings


class Contender(Protocol):
    """A network, as far as every search looks at it."""

    @property
    def id(self) -> str: ...
    @property
    def macs(self) -> int: ...


P = TypeVar("P", bound=Contender)
P_co = TypeVar("P_co", bound=Contender, covariant=True)


@dataclass(frozen=True)
class Evaluation:
    """A trial trained with a seed for so many epochs."""

    trial: str
    seed: int
    epochs: int


class Ending(str, Enum):
    """How an evaluation ended."""

    FINISHED = "finished"
    #: The network cannot be trained like this, so its candidate cannot win.
    DIVERGED = "diverged"
    #: Its worker died or took too long, which says nothing of the network: the run is missing.
    FAILED = "failed"


@dataclass(frozen=True)
class Answer:
    """What came of an evaluation."""

    #: None where it did not finish.
    val_error: float | None
    #: Training time, which only a budget in minutes looks at.
    seconds: float = 0.0
    status: Ending = Ending.FINISHED

    def __post_init__(self) -> None:
        if (self.val_error is None) == (self.status is Ending.FINISHED):
            raise ValueError(f"{self} must have a val error if, and only if, it finished")


@dataclass(frozen=True)
class Request:
    """Evaluations to start, and those whose answers are needed before the search goes on."""

    start: Sequence[Evaluation] = ()
    wait: Sequence[Evaluation] = ()


Steps = Generator[Request, Mapping[Evaluation, Answer], None]


class Proposals(Protocol[P_co]):
    """Where candidates come from."""

    def ask(self) -> P_co | None:
        """The next candidate; None where there is no network for what was asked."""
        ...

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """What came of ask `number`, as (epochs, answer) for each rung that it reached."""
        ...


def lowest_error(looked_at: Sequence[tuple[Contender, float]]) -> list[int]:
    """The order of candidates by val error, the best first; those without one are infinite."""
    return sorted(range(len(looked_at)), key=lambda index: looked_at[index][1])


@dataclass
class Search(Generic[P]):
    """How many candidates are asked for, and what is then done with them."""

    proposals: Proposals[P]
    #: How many times `proposals` is asked.
    asks: int
    #: Ask k sees the results of the asks before k - lag, in order; None shows none of them.
    lag: int | None
    #: Asks that are compared at each rung.
    bracket: int
    settings: SearchSettings
    #: Epochs of a whole run.
    epochs: int
    #: What the search may spend.
    budget: Budget = field(default_factory=Budget)
    #: Floating-point operations of an epoch for each multiply-add of a network.
    flops_per_mac: int = 1
    #: Chooses the runs that follow the asks: (search) -> the next evaluations; () ends the search.
    race: Callable[[Search[P]], Sequence[Evaluation]] | None = None
    #: The order of candidates at a rung, by their val errors there, the best first.
    best_first: Callable[[Sequence[tuple[P, float]]], Sequence[int]] = lowest_error
    #: Trial -> candidate, in the order of asking.
    points: dict[str, P] = field(default_factory=dict)
    #: Trial of each ask; None where there was no network.
    asked: list[str | None] = field(default_factory=list)
    answers: dict[Evaluation, Answer] = field(default_factory=dict)
    _started: dict[Evaluation, None] = field(default_factory=dict)
    #: Trial -> the epochs at which it was looked at; the asks before `_resolved` have theirs.
    _reached: dict[str, list[int]] = field(default_factory=dict)
    _resolved: int = 0

    def steps(self) -> Steps:
        """The whole search."""
        yield from self._ask_all()
        if self.race is None:
            whole = {t: Evaluation(t, self.first, self.epochs) for t in self.points}
            survivors = [t for t, evaluation in whole.items() if evaluation in self._started]
            for seed in self.settings.seeds[1:]:
                yield from self._start([Evaluation(t, seed, self.epochs) for t in survivors])
        else:
            while True:
                yield from self._wait([e for e in self._started if e.epochs == self.epochs])
                chosen = self.race(self)
                if not chosen:
                    break
                yield from self._start(chosen)
        yield from self._wait(list(self._started))

    def has_started(self, evaluation: Evaluation) -> bool:
        """Whether it was asked for already."""
        return evaluation in self._started

    @property
    def first(self) -> int:
        """The seed with which every candidate starts."""
        return self.settings.seeds[0]

    @property
    def _rungs(self) -> list[int]:
        """Epochs at which trials are looked at, the end among them."""
        return [*self.settings.rungs, self.epochs]

    def affordable(self, runs: int, epochs: int) -> int:
        """How many of `runs` further runs of so many epochs the budget allows."""
        budget = self.budget
        furthest: dict[tuple[str, int], int] = {}
        for e in self._started:
            # A run that was continued counts once.
            furthest[e.trial, e.seed] = max(e.epochs, furthest.get((e.trial, e.seed), 0))
        if budget.runs is not None:
            runs = min(runs, budget.runs - len(furthest))
        if budget.train_flops is not None and self.points:
            spent = sum(self.points[t].macs * epochs for (t, _), epochs in furthest.items())
            price = max(point.macs for point in self.points.values()) * epochs
            runs = min(runs, int((budget.train_flops / self.flops_per_mac - spent) / price))
        if budget.minutes is not None:
            spent_minutes = sum(answer.seconds for answer in self.answers.values()) / 60
            runs = runs if spent_minutes < budget.minutes else 0
        return max(0, runs)

    def _ask_all(self) -> Steps:
        told, rungs = 0, self._rungs
        for number in range(self.asks):
            while self.lag is not None and told < number - self.lag:
                yield from self._resolve(told)
                self._tell(told)
                told += 1
            if not self.affordable(1, rungs[0]):
                break
            point = self.proposals.ask()
            self.asked.append(point.id if point is not None else None)
            if point is not None:
                self.points.setdefault(point.id, point)
                yield from self._start([Evaluation(point.id, self.first, rungs[0])])
        if self.lag is None and len(rungs) == 1:
            return
        for number in range(told, len(self.asked)):
            yield from self._resolve(number)
            self._tell(number)

    def _resolve(self, number: int) -> Steps:
        """Take the bracket of an ask through all rungs."""
        if number < self._resolved:
            return
        size = self.bracket if self.settings.rungs else 1
        start = number - number % size
        members = self.asked[start : start + size]
        self._resolved = start + len(members)
        # A trial that an earlier bracket has compared is not compared again.
        alive = list(dict.fromkeys(t for t in members if t and t not in self._reached))
        for rung in self._rungs:
            looked_at = [Evaluation(trial, self.first, rung) for trial in alive]
            yield from self._start(looked_at)
            yield from self._wait(looked_at)
            for trial in alive:
                self._reached.setdefault(trial, []).append(rung)
            errors = [self._value(Evaluation(t, self.first, rung)) for t in alive]
            order = self.best_first([(self.points[t], e) for t, e in zip(alive, errors)])
            alive = [alive[i] for i in order[: math.ceil(len(alive) / self.settings.reduction)]]

    def _tell(self, number: int) -> None:
        if (trial := self.asked[number]) is not None:
            looked_at = [Evaluation(trial, self.first, rung) for rung in self._reached[trial]]
            self.proposals.tell(number, [(e.epochs, self.answers[e]) for e in looked_at])

    def _value(self, evaluation: Evaluation) -> float:
        error = self.answers[evaluation].val_error
        return math.inf if error is None else error

    def _start(self, evaluations: Sequence[Evaluation]) -> Steps:
        fresh = [e for e in evaluations if e not in self._started]
        self._started.update(dict.fromkeys(fresh))
        if fresh:
            self.answers.update((yield Request(start=fresh)))

    def _wait(self, evaluations: Sequence[Evaluation]) -> Steps:
        missing = [e for e in evaluations if e not in self.answers]
        if missing:
            self.answers.update((yield Request(wait=missing)))
