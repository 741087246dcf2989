"""STEP 1's decision: which candidate wins, by what is known of its runs.

Races, reports and benchmarks all ask here. A candidate of another cost or with a diverged run can
not win; a failed run is missing (answers.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np

from scaling_search.findings import Surface, fit_surface
from scaling_search.findings.additive import Additive, fit_additive
from scaling_search.findings.design import Design, Realised
from scaling_search.findings.interval import Bools, Floats
from scaling_search.findings.noise import RunNoise, run_noise
from scaling_search.findings.winner import possible_best
from scaling_search.metric import ERROR, Metric
from scaling_search.search.answers import answered
from scaling_search.search.strategy import Answer, Contender, Evaluation


class Compared(Contender, Realised, Protocol):
    """A candidate of STEP 1, as far as the decision looks at it."""

    @property
    def within(self) -> bool:
        """Whether it has the right cost, so that it may win."""
        ...


C = TypeVar("C", bound=Compared)


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision(Generic[C]):
    """The candidates of a search compared. Arrays and tuples follow `candidates`."""

    candidates: tuple[C, ...]
    #: Val errors of whole runs, (candidates, seeds); nan where a run is missing or diverged.
    errors: Floats
    #: Diverged runs of each candidate.
    diverged: tuple[int, ...]
    #: Which candidates may win: the right cost and no diverged run.
    eligible: Bools
    #: The last rung of those that were stopped before the end, and their val error there.
    stopped: tuple[tuple[int, float] | None, ...]
    #: Cost over the baseline's at which all are compared.
    cost_ratio: float
    #: What the errors are errors of.
    metric: Metric = ERROR
    #: Whether a seed does something to all candidates alike; else runs are mere repetitions.
    seeded: bool = True

    @cached_property
    def design(self) -> Design:
        """What is known of all candidates before any run."""
        return Design.of(self.candidates, self.cost_ratio)

    @cached_property
    def means(self) -> Additive:
        """Mean errors of the eligible candidates' whole runs, without the seeds' own effects."""
        return fit_additive(np.where(self.eligible[:, None], self.errors, np.nan), self.seeded)

    @cached_property
    def noise(self) -> RunNoise:
        """Of a run of the eligible candidates."""
        return run_noise(
            self.errors[self.eligible], highest=self.metric.highest, blocks=self.seeded
        )

    @cached_property
    def mean_se(self) -> Floats:
        """Standard error of each mean, by the median of the noise."""
        unit = np.sqrt(np.diag(self.means.unit))
        return np.asarray(unit * self.noise.sd().value * self.expected)

    @cached_property
    def surface(self) -> Surface | None:
        """Through the eligible candidates, in their order; None before there is a run."""
        if not self.trained.any():
            return None
        return fit_surface(
            self.design[self.eligible],
            self.errors[self.eligible],
            highest=self.metric.highest,
            blocks=self.seeded,
        )

    @cached_property
    def trained(self) -> Bools:
        """Which eligible candidates have whole runs."""
        return np.asarray(self.eligible & np.isfinite(self.errors).any(axis=1))

    @cached_property
    def untrained(self) -> Bools:
        """Which eligible candidates have none and were not stopped at a rung either."""
        ended = np.array([at is None for at in self.stopped], bool)
        return np.asarray(self.eligible & ~self.trained & ended)

    @cached_property
    def expected(self) -> Floats:
        """Expected val error of each by the surface and its own runs; nan: not eligible."""
        return self._of_eligible(self.surface.mean if self.surface else math.nan)

    @cached_property
    def expected_sd(self) -> Floats:
        """Standard deviation of what is expected."""
        return self._of_eligible(self.surface.sd if self.surface else math.nan)

    @cached_property
    def p_best(self) -> Floats:
        """Probability that each candidate is the best; nan: not eligible."""
        return self._of_eligible(self.surface.p_best if self.surface else math.nan)

    def _of_eligible(self, values: Floats | float) -> Floats:
        placed = np.full(len(self.candidates), math.nan)
        placed[self.eligible] = values
        return placed

    @property
    def winner(self) -> C | None:
        """The eligible candidate with whole runs and the lowest expected error, if there is any."""
        return next(iter(self.ranked), None)

    @cached_property
    def possible(self) -> Bools:
        """Which may be the best, trained or not: they hold it with probability LEVEL.

        The winner is always among them, those stopped at a rung never.
        """
        possible = np.zeros(len(self.candidates), bool)
        if self.surface is not None and self.winner is not None:
            able = (self.trained | self.untrained)[self.eligible]
            possible[self.eligible] = possible_best(self.surface.p_best_among(able))
            possible[self.candidates.index(self.winner)] = True
        return possible

    @property
    def decided(self) -> bool:
        """Whether the winner alone may be the best of several, by noise that was measured."""
        return bool(self.possible.sum() == 1 and self.means.degrees_of_freedom > 0)

    @property
    def ranked(self) -> tuple[C, ...]:
        """The eligible candidates with whole runs, the lowest expected error first."""
        order = np.argsort(self.expected, kind="stable")
        return tuple(self.candidates[i] for i in order if self.trained[i])

    @property
    def untrained_rivals(self) -> tuple[C, ...]:
        """Untrained candidates that may be the best by their neighbours, the likeliest first."""
        order = np.argsort(-np.nan_to_num(self.p_best), kind="stable")
        return tuple(self.candidates[i] for i in order if self.possible[i] and self.untrained[i])

    @property
    def possible_winners(self) -> tuple[C, ...]:
        """The trained ones that may be the best, the lowest expected error first."""
        order = np.argsort(self.expected, kind="stable")
        return tuple(self.candidates[i] for i in order if self.possible[i] and self.trained[i])


def decide(
    candidates: Sequence[C],
    answers: Mapping[Evaluation, Answer],
    *,
    seeds: Sequence[int],
    epochs: int,
    cost_ratio: float,
    metric: Metric = ERROR,
    seeded: bool = True,
) -> Decision[C]:
    """Compare candidates by the answers that are known of them.

    epochs: of a whole run. cost_ratio: cost over the baseline's that is wished for. metric,
    seeded: as of `Decision`. Raises InvalidInput where an answer is of another search.
    """
    runs = answered([c.id for c in candidates], answers, seeds=seeds, epochs=epochs)
    return Decision(
        candidates=tuple(candidates),
        errors=runs.errors,
        diverged=runs.diverged,
        eligible=np.array([c.within and not n for c, n in zip(candidates, runs.diverged)], bool),
        stopped=runs.stopped,
        cost_ratio=cost_ratio,
        metric=metric,
        seeded=seeded,
    )
