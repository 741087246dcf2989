"""STEP 1's decision: which candidate wins, by its val errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings import Comparison, Surface, compare_with_best, fit_surface
from scaling_search.search import Candidate
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import SearchResult

#: So probable may it be that the best is an untrained candidate that is named nowhere.
LEFT_OUT = 0.05


@dataclass(frozen=True)
class SearchRun:
    """What the decision gets to know of a run; there is no test error in it."""

    trial: str
    seed: int
    #: The rung at which it stopped; None where it was trained to its end.
    rung: int | None
    status: str
    val_error: float | None


@dataclass(frozen=True)
class Decision:
    """The candidates of a study compared. Arrays and tuples follow `candidates`."""

    candidates: tuple[Candidate, ...]
    #: Val errors of whole runs, (candidates, seeds); nan where a run is missing or diverged.
    errors: NDArray[np.float64]
    #: Diverged runs of each candidate.
    diverged: tuple[int, ...]
    #: Which candidates may win: the right cost and no diverged run.
    eligible: tuple[bool, ...]
    #: The last rung of those that were stopped before the end, and their val error there.
    stopped: tuple[tuple[int, float] | None, ...]
    comparison: Comparison
    #: The surface through the eligible candidates, in their order; None before there is a run.
    surface: Surface | None

    @cached_property
    def expected(self) -> NDArray[np.float64]:
        """Expected val error of each by the surface and its own runs; nan: not eligible."""
        return self._of_eligible(self.surface.mean if self.surface else math.nan)

    @cached_property
    def expected_sd(self) -> NDArray[np.float64]:
        """Standard deviation of what is expected."""
        return self._of_eligible(self.surface.sd if self.surface else math.nan)

    @cached_property
    def p_best(self) -> NDArray[np.float64]:
        """Probability that each candidate is the best; nan: not eligible."""
        return self._of_eligible(self.surface.p_best if self.surface else math.nan)

    def _of_eligible(self, values: NDArray[np.float64] | float) -> NDArray[np.float64]:
        placed = np.full(len(self.candidates), math.nan)
        placed[np.array(self.eligible)] = values
        return placed

    @property
    def winner(self) -> Candidate | None:
        """The eligible candidate with whole runs and the lowest expected error, if there is any."""
        ranked = self.ranked
        return ranked[0] if ranked else None

    @property
    def decided(self) -> bool:
        """Whether one alone may be the best of all eligible candidates not stopped at a rung."""
        mean = self.comparison.mean
        all_known = all(
            np.isfinite(m) or at is not None
            for m, able, at in zip(mean, self.eligible, self.stopped)
            if able
        )
        enough = self.comparison.degrees_of_freedom > 0 and len(self.ranked) > 1
        return bool(all_known and enough and len(self.possible_winners) == 1)

    @property
    def ranked(self) -> tuple[Candidate, ...]:
        """The eligible candidates with whole runs, the lowest expected error first."""
        known = np.isfinite(self.comparison.mean) & np.isfinite(self.expected)
        order = [int(i) for i in np.argsort(self.expected, kind="stable") if known[i]]
        return tuple(self.candidates[i] for i in order)

    @property
    def untrained_rivals(self) -> tuple[Candidate, ...]:
        """Untrained candidates that may be the best by their neighbours, the likeliest first.

        So many that the rest of the untrained ones holds the best with probability LEFT_OUT at
        most: a set of possible winners that knew trained candidates alone would miss the best too
        often where few of them are trained.
        """
        at = self.comparison.mean
        open_ = [
            i
            for i in np.argsort(-np.nan_to_num(self.p_best), kind="stable")
            if self.eligible[i] and np.isnan(at[i]) and self.stopped[i] is None
        ]
        chance = np.array([self.p_best[i] for i in open_])
        # What is left after each of them has been taken in.
        left = chance.sum() - np.cumsum(chance)
        needed = 0 if chance.sum() <= LEFT_OUT else int(np.argmax(left <= LEFT_OUT)) + 1
        return tuple(self.candidates[int(i)] for i in open_[:needed])

    @property
    def possible_winners(self) -> tuple[Candidate, ...]:
        """The trained ones that cannot be told apart from the best, the lowest mean first."""
        return tuple(self.candidates[i] for i in self.comparison.possible_winners)


def decide(
    definition: StudyDefinition, candidates: tuple[Candidate, ...], runs: Iterable[SearchRun]
) -> Decision:
    """Compare the candidates by the runs that are known."""
    seeds = definition.settings.sweep.seeds
    row = {candidate.id: index for index, candidate in enumerate(candidates)}
    errors = np.full((len(candidates), len(seeds)), np.nan)
    diverged = [0] * len(candidates)
    stopped: list[tuple[int, float] | None] = [None] * len(candidates)
    for run in runs:
        index = row[run.trial]
        if run.status == "diverged":
            diverged[index] += 1
        elif run.val_error is None:
            continue
        elif run.rung is None:
            errors[index, seeds.index(run.seed)] = run.val_error
        else:
            stopped[index] = max(stopped[index] or (0, 0.0), (run.rung, run.val_error))
    eligible = np.array([c.within and count == 0 for c, count in zip(candidates, diverged)], bool)
    known = np.isfinite(errors).any(axis=1)
    compared = np.where(eligible[:, None], errors, np.nan)
    surface = None
    if np.isfinite(compared).any():
        goal = definition.settings.constraint.cost_ratio
        surface = fit_surface(
            np.array([c.shares for c in candidates])[eligible],
            errors[eligible],
            np.log([c.cost_ratio / goal for c in candidates])[eligible],
            [c.resolution for c, able in zip(candidates, eligible) if able],
            np.log([c.pixel_price for c in candidates])[eligible],
        )
    return Decision(
        candidates,
        errors,
        tuple(diverged),
        tuple(bool(able) for able in eligible),
        tuple(None if whole else at for whole, at in zip(known, stopped)),
        compare_with_best(compared, looks=definition.looks),
        surface,
    )


def search_runs(
    planned: Iterable[PlannedRun], known: Mapping[str, SearchResult]
) -> list[SearchRun]:
    """The known ones of STEP 1's planned runs."""
    return [
        SearchRun(
            run.member.id, run.spec.seed, run.spec.rung, known[key].status, known[key].val_error
        )
        for run in planned
        if (key := run.spec.key) in known
    ]
