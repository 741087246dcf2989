"""STEP 0's decision: which proposed network is the best baseline, by what is known of its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_search.findings.choices import Choices, fit_choices
from scaling_search.findings.interval import Bools, Floats
from scaling_search.findings.noise import RunNoise, run_noise
from scaling_search.scaling import Architecture
from scaling_search.search.answers import Answered, answered
from scaling_search.search.baseline.candidate import BaselineCandidate
from scaling_search.search.baseline.features import Choice, choices_of
from scaling_search.search.baseline.objective import Objective
from scaling_search.search.strategy import Answer, Evaluation


@dataclass(frozen=True, kw_only=True, eq=False)
class BaselineDecision:
    """The networks of STEP 0 compared. Arrays and tuples follow `candidates`."""

    candidates: tuple[BaselineCandidate, ...]
    runs: Answered
    objective: Objective
    #: Whether a seed does something to all networks alike; else runs are mere repetitions.
    seeded: bool = True

    @cached_property
    def proposed(self) -> Bools:
        """Which may win: proposed, trained to the end, never diverged."""
        return np.array(
            [
                not candidate.mark and trained and not diverged
                for candidate, trained, diverged in zip(
                    self.candidates, self.runs.trained, self.runs.diverged
                )
            ],
            bool,
        )

    @cached_property
    def _fitted(self) -> Bools:
        """Which the choices are fitted on: existing baselines too, whose runs tell of the noise."""
        return np.array(
            [
                isinstance(candidate.member.network, Architecture) and trained and not diverged
                for candidate, trained, diverged in zip(
                    self.candidates, self.runs.trained, self.runs.diverged
                )
            ],
            bool,
        )

    @cached_property
    def _choices(self) -> tuple[list[Choice], Choices]:
        fitted = np.flatnonzero(self._fitted)
        members = [self.candidates[i].member for i in fitted]
        names, table = choices_of(
            [(member.architecture, member.resolution) for member in members], self.proposed[fitted]
        )
        return names, fit_choices(
            table,
            self._log_cost[fitted],
            self.errors[fitted],
            highest=self._highest,
            blocks=self.seeded,
        )

    @property
    def choices(self) -> list[Choice]:
        """In which the proposed networks differ."""
        return self._choices[0]

    @property
    def fit(self) -> Choices:
        """What they are worth."""
        return self._choices[1]

    @cached_property
    def noise(self) -> RunNoise:
        """Of a run of these networks."""
        return run_noise(self.errors[self._fitted], highest=self._highest, blocks=self.seeded)

    @property
    def log_error(self) -> Floats:
        """(draws, proposed networks): log of their mean error over seeds."""
        return self.fit.log_error[:, self.proposed[self._fitted]]

    @property
    def _highest(self) -> float:
        return self.objective.metric.highest

    @property
    def errors(self) -> Floats:
        """(candidates, seeds): val errors of whole runs."""
        return self.runs.errors

    @cached_property
    def _log_cost(self) -> Floats:
        amounts = np.array([candidate.amount for candidate in self.candidates], float)
        return np.asarray(np.log(amounts / self.objective.amount))

    @property
    def _error(self) -> Floats:
        return np.exp(self.log_error) if self.proposed.any() else np.empty((1, 0))

    @cached_property
    def expected(self) -> Floats:
        """Expected val error of each proposed network; nan: none, or a mark."""
        return self._placed(self._error.mean(axis=0))

    @cached_property
    def expected_sd(self) -> Floats:
        """Its standard deviation."""
        return self._placed(self._error.std(axis=0))

    @cached_property
    def p_best(self) -> Floats:
        """Probability that each has the best value of the objective."""
        if not self.proposed.any():
            return self._placed(np.empty(0))
        amounts = np.array([candidate.amount for candidate in self.candidates], float)
        value = self.objective.value(self._error, amounts[self.proposed])
        count = int(self.proposed.sum())
        return self._placed(np.bincount(value.argmax(axis=1), minlength=count) / len(value))

    def _placed(self, values: Floats) -> Floats:
        placed = np.full(len(self.candidates), math.nan)
        placed[self.proposed] = values
        return placed

    @cached_property
    def ranked(self) -> tuple[BaselineCandidate, ...]:
        """The proposed networks, those with repeated runs first, of them the best value first.

        One run alone is the luckiest of many, and a linear model no judge of a single network.
        """
        amounts = np.array([candidate.amount for candidate in self.candidates], float)
        value = np.nan_to_num(self.objective.value(self.expected, amounts), nan=-np.inf)
        once = np.isfinite(self.errors).sum(axis=1) < 2
        order = np.lexsort((-value, once))
        return tuple(self.candidates[i] for i in order if self.proposed[i])

    @property
    def winner(self) -> BaselineCandidate | None:
        """The best of the proposed networks, if any was trained."""
        return next(iter(self.ranked), None)

    @cached_property
    def frontier(self) -> tuple[BaselineCandidate, ...]:
        """The proposed networks that no other beats in expected error and cost, cheapest first."""
        found: list[BaselineCandidate] = []
        lowest = math.inf
        order = sorted(
            np.flatnonzero(self.proposed),
            key=lambda i: (self.candidates[i].amount, self.expected[i]),
        )
        for index in order:
            if self.expected[index] < lowest:
                lowest = float(self.expected[index])
                found.append(self.candidates[index])
        return tuple(found)


def decide_baseline(
    candidates: Sequence[BaselineCandidate],
    answers: Mapping[Evaluation, Answer],
    *,
    seeds: Sequence[int],
    epochs: int,
    objective: Objective,
    seeded: bool = True,
) -> BaselineDecision:
    """Compare candidates by the answers that are known of them.

    epochs: of a whole run. seeded: as of `BaselineDecision`. Raises InvalidInput where an
    answer is of another search.
    """
    trials = [candidate.id for candidate in candidates]
    return BaselineDecision(
        candidates=tuple(candidates),
        runs=answered(trials, answers, seeds=seeds, epochs=epochs),
        objective=objective,
        seeded=seeded,
    )
