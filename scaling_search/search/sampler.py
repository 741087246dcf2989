"""`+sweep=optuna`: an Optuna sampler proposes points of the triangle of shares."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.search.candidates import (
    Asked,
    Candidate,
    Candidates,
    SearchSpace,
    Snapper,
    marked_points,
)
from scaling_search.search.race import Race, with_race
from scaling_search.search.settings import Budget, SearchSweep
from scaling_search.search.strategy import Answer, Search

if TYPE_CHECKING:
    import optuna

#: Every argument that the samplers with a name here still take, so that a study does not change
#: with Optuna's defaults; those that Optuna 5 calls deprecated are not given.
SAMPLERS: dict[str, dict[str, Any]] = {
    "random": {"_target_": "optuna.samplers.RandomSampler", "seed": 0},
    "tpe": {
        "_target_": "optuna.samplers.TPESampler",
        "n_startup_trials": 8,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": False,
        "constant_liar": True,
        "seed": 0,
    },
}


#: Asks of a rehearsal: more than the random ones with which Optuna's samplers begin.
_REHEARSED = 14


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
        object.__setattr__(self, "sampler", _explicit(self.sampler))

    def rehearse(self) -> None:
        """A sampler of the user's choice answers some asks: many fail only when they are asked."""
        import optuna

        if self.sampler in SAMPLERS.values():
            return
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=make_sampler(self.sampler))
        with _failures_named(self.sampler):
            for number in range(min(self.asks, _REHEARSED)):
                trial = study.ask()
                value = sum(trial.suggest_float(name, 0, 1) for name in "uv")
                study.tell(trial, value + 0.1 * number % 1)

    def known_candidates(self, space: SearchSpace) -> Candidates:
        """The marked points, which are asked for first."""
        return space.snap_all(marked_points(space.constraint.cost_ratio)[: self.asks])

    def search(self, space: SearchSpace, candidates: Candidates, budget: Budget) -> Search:
        """The asks, then racing among the networks that were asked for."""
        marked = marked_points(space.constraint.cost_ratio)
        search = Search(
            SampledProposals(self, space.snapper(), marked, space.epochs),
            asks=self.asks,
            lag=self.lag,
            bracket=self.bracket,
            settings=self,
            epochs=space.epochs,
            flops_per_mac=space.flops_per_mac,
        )
        race = Race(self.round, space.constraint.cost_ratio)
        return with_race(search, space, candidates, budget, race)

    def asks_text(self, candidates: Candidates) -> str:
        return f"{self.asks} asks, the marked points first:"


def _explicit(sampler: Any) -> dict[str, Any]:
    """The sampler's class and arguments, for the record."""
    if isinstance(sampler, str):
        if sampler not in SAMPLERS:
            raise InvalidInput(
                f"sweep.sampler is {sampler!r}, but must be one of {', '.join(sorted(SAMPLERS))}, "
                "or a sampler's class: 'sweep.sampler={_target_: optuna.samplers.GPSampler, seed: "
                "0}'"
            )
        return dict(SAMPLERS[sampler])
    if not isinstance(sampler, dict) or "_target_" not in sampler:
        raise InvalidInput(
            f"sweep.sampler is {sampler!r}, but must be a name or hold _target_, such as "
            "{_target_: optuna.samplers.GPSampler, seed: 0}"
        )
    return dict(sampler)


def make_sampler(settings: dict[str, Any]) -> optuna.samplers.BaseSampler:
    """The sampler that `sweep.sampler` describes. Raises InvalidInput."""
    import optuna

    target = str(settings["_target_"])
    arguments = {name: value for name, value in settings.items() if name != "_target_"}
    module, _, name = target.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInput(
            f"sweep.sampler._target_ is {target!r}, but that is nowhere ({error}): give the class "
            "of a sampler, such as optuna.samplers.GPSampler"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, optuna.samplers.BaseSampler)):
        raise InvalidInput(
            f"sweep.sampler._target_ is {target!r}, but that is no Optuna sampler: give a class "
            "such as optuna.samplers.GPSampler"
        )
    if "seed" in inspect.signature(kind).parameters and arguments.get("seed") is None:
        raise InvalidInput(
            "sweep.sampler has no seed, so the study could not be repeated: give seed: 0"
        )
    with _failures_named(settings):
        return kind(**arguments)


@contextmanager
def _failures_named(sampler: dict[str, Any]) -> Iterator[None]:
    """Samplers look at their arguments late, and are not all made for this search."""
    try:
        yield
    except Exception as error:
        raise InvalidInput(
            f"sweep.sampler is {sampler}, but that fails ({type(error).__name__}: {error}): change "
            "its arguments, or take another sampler, such as tpe"
        ) from error


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


#: Attribute of the Optuna studies that are copies of this package's.
COPY = "scaling_search"


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
        with _failures_named(self._settings):
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

        with _failures_named(self._settings):
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
