"""Where STEP 0's networks come from: the existing baselines first, then an Optuna study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from scaling_search.baselines import MACS, UNBOUNDED, Bounds, FamilyMember, Quantity
from scaling_search.errors import InvalidInput
from scaling_search.metric import ERROR, Metric
from scaling_search.search.baseline.candidate import BaselineCandidate
from scaling_search.search.baseline.guide import COST, GUIDE, GuidedProposals, guide_of
from scaling_search.search.baseline.objective import Objective
from scaling_search.search.baseline.shape import shape_text
from scaling_search.search.baseline.space import Choose, Proposed, Space
from scaling_search.search.optuna_samplers import COPY, failures_named, make_sampler
from scaling_search.search.strategy import Answer, Ending

if TYPE_CHECKING:
    import optuna

#: Random proposals of which one at least must reach the cost.
_TRIED = 30


@dataclass(frozen=True)
class Task:
    """What the networks are trained for."""

    num_classes: int
    in_channels: int
    #: Side of the images in pixels, above which no network is trained.
    native_resolution: int
    #: Of a whole run.
    epochs: int
    train_images: int
    metric: Metric = ERROR
    #: What networks are compared by, and what none may exceed.
    quantity: Quantity = MACS
    bounds: Bounds = UNBOUNDED


class BaselineProposals:
    """Asks an Optuna study in memory, which only the results that it is told of can change."""

    def __init__(
        self,
        sampler: dict[str, Any],
        space: Space,
        task: Task,
        objective: Objective,
        costs: Sequence[float],
        tolerance: float,
        existing: Sequence[BaselineCandidate],
    ) -> None:
        self.objective = objective
        self._sampler = sampler
        self._space = space
        self._task = task
        #: What a network may cost; one of these is chosen.
        self._costs = tuple(costs)
        self._tolerance = tolerance
        self._existing = list(existing)
        self._trials: list[optuna.Trial | None] = []
        #: Every ask with its network; None where no width and no resolution has the right cost.
        self.asked: list[BaselineCandidate | None] = []

    @cached_property
    def study(self) -> optuna.Study:
        """Made at the first ask: what only looks at a search imports no sampler that it names."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        low, high = optuna.study.StudyDirection.MINIMIZE, optuna.study.StudyDirection.MAXIMIZE
        directions = [low, low] if self.objective.pareto else [high]
        # Where the guide chooses, there is nothing to sample.
        sampler = None if self._guided else make_sampler(self._sampler)
        study = optuna.create_study(directions=directions, sampler=sampler)
        study.set_user_attr(COPY, True)
        return study

    @property
    def candidates(self) -> tuple[BaselineCandidate, ...]:
        """The distinct networks so far, in the order of first asking."""
        return tuple({c.id: c for c in reversed(self.asked) if c is not None}.values())[::-1]

    def require_reachable(self) -> None:
        """Raise InvalidInput where none of some random proposals comes to the cost."""
        rng = np.random.default_rng(0)
        ratios: list[float] = []
        for _ in range(_TRIED):
            shape = self._shape(lambda name, options: options[int(rng.integers(len(options)))])
            member, ratio = self._at_cost(*shape)
            if member is not None:
                return
            ratios.append(ratio)
        closest = min(ratios, key=lambda ratio: abs(math.log(ratio)))
        amount, quantity = self._costs[0], self._space.quantity
        setting, nearest = "macs", f"{amount * closest:.0f}"
        if quantity != MACS:
            setting, nearest = "budget", f"{amount * closest:.6g}"
        raise InvalidInput(
            f"sweep.{setting} is {quantity.text(amount)}, but of {_TRIED} networks of random shape "
            f"none comes within {100 * self._tolerance:.3g} % of it; the nearest costs "
            f"{quantity.text(amount * closest)}: give sweep.{setting}={nearest}, other "
            "sweep.resolutions, or a larger sweep.tolerance"
        )

    def ask(self) -> BaselineCandidate | None:
        """The next existing baseline, then the sampler's next network."""
        if self._existing:
            self._trials.append(None)
            self.asked.append(self._existing.pop(0))
            return self.asked[-1]
        with failures_named(self._sampler):
            if self._guided:
                self.study.enqueue_trial(self._guided.ask(len(self.asked)))
            trial = self.study.ask()
            shape = self._shape(
                lambda name, options: (
                    options[0] if len(options) == 1 else trial.suggest_categorical(name, options)
                )
            )
        member, _ = self._at_cost(*shape)
        self._trials.append(trial)
        if member is None:
            self.asked.append(None)
            self._end(trial, None, "FAIL")
            return None
        candidate = BaselineCandidate(member)
        self.asked.append(candidate)
        attributes = {"trial": candidate.id, "macs": candidate.macs, "network": shape_text(member)}
        for name, value in attributes.items():
            trial.set_user_attr(name, value)
        return candidate

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """Report what came of an ask; a network that was stopped at a rung is pruned."""
        trial, candidate = self._trials[number], self.asked[number]
        if candidate is None:
            return
        epochs, last = answers[-1]
        if self._guided and last.status is not Ending.FAILED:
            # At a rung, where the worse ones stop, the error is too high rather than unknown.
            known = 1.0 if last.val_error is None else last.val_error
            self._guided.tell(number, candidate.member, known)
        if trial is None:
            return
        if last.val_error is None:
            self._end(trial, None, "FAIL")
        elif epochs < self._task.epochs:
            # Optuna has no rungs for several objectives.
            self._end(trial, None, "FAIL" if self.objective.pareto else "PRUNED")
        elif self.objective.pareto:
            self._end(trial, [last.val_error, candidate.amount], "COMPLETE")
        else:
            error, amount = np.array(last.val_error), np.array(candidate.amount)
            self._end(trial, [float(self.objective.value(error, amount))], "COMPLETE")

    @cached_property
    def _guided(self) -> GuidedProposals | None:
        """What chooses instead of Optuna's sampler, where the guide is asked for."""
        if self._sampler["_target_"] != GUIDE:
            return None
        guide = guide_of(self._sampler)
        return GuidedProposals(
            guide, self._shape, self._space.about, lambda *shape: self._at_cost(*shape)[0]
        )

    def _shape(self, choose: Choose) -> tuple[Proposed, float]:
        """The network of the choices, of any cost, and what it shall cost."""
        amount = self._costs[choose(COST, range(len(self._costs)))]
        return self._space.propose(choose, self._task.num_classes, self._task.in_channels), amount

    def _at_cost(self, proposed: Proposed, amount: float) -> tuple[FamilyMember | None, float]:
        """The network at its cost, None where there is none; the nearest cost over that."""
        member, ratio = self._space.at_cost(
            proposed, amount, self._tolerance, self._task.native_resolution
        )
        fits = abs(ratio - 1) <= self._tolerance and not self._task.bounds.broken_by(member)
        return (member if fits else None), ratio

    def _end(self, trial: optuna.Trial, values: list[float] | None, state: str) -> None:
        import optuna

        with failures_named(self._sampler):
            self.study.tell(trial, values, optuna.trial.TrialState[state])
