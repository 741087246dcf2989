"""STEP 1's decision: which candidate wins, by its val errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings import Comparison, compare_with_best
from scaling_search.search import Candidate
from scaling_search.study.definition import StudyDefinition


class ValResult(Protocol):
    """What the decision gets to know of a run; there is no test error in it."""

    @property
    def status(self) -> str: ...
    @property
    def val_error(self) -> float | None: ...


@dataclass(frozen=True)
class Decision:
    """The candidates of a study compared. Arrays and tuples follow definition.candidates.kept."""

    candidates: tuple[Candidate, ...]
    #: Val errors, (candidates, seeds); nan where a run is missing or diverged.
    errors: NDArray[np.float64]
    #: Diverged runs of each candidate.
    diverged: tuple[int, ...]
    #: Which candidates may win: the right cost and no diverged run.
    eligible: tuple[bool, ...]
    comparison: Comparison

    @property
    def winner(self) -> Candidate | None:
        """The eligible candidate with the lowest mean val error; None before there is any."""
        if not np.isfinite(self.comparison.mean).any():
            return None
        return self.candidates[self.comparison.best]

    @property
    def decided(self) -> bool:
        """Whether every eligible candidate was compared and one alone may be the best."""
        mean = self.comparison.mean
        all_known = all(np.isfinite(m) for m, able in zip(mean, self.eligible) if able)
        enough = self.comparison.degrees_of_freedom > 0 and len(self.ranked) > 1
        return bool(all_known and enough and len(self.possible_winners) == 1)

    @property
    def ranked(self) -> tuple[Candidate, ...]:
        """The candidates with an answer, the lowest mean val error first."""
        mean = self.comparison.mean
        order = [int(i) for i in np.argsort(mean, kind="stable") if np.isfinite(mean[i])]
        return tuple(self.candidates[i] for i in order)

    @property
    def possible_winners(self) -> tuple[Candidate, ...]:
        """The candidates that cannot be told apart from the best, the lowest mean first."""
        return tuple(self.candidates[i] for i in self.comparison.possible_winners)


def decide(definition: StudyDefinition, results: Mapping[str, ValResult]) -> Decision:
    """Compare the candidates by the runs that are known, by key."""
    kept = definition.candidates.kept
    seeds = definition.settings.sweep.seeds
    row = {candidate.id: index for index, candidate in enumerate(kept)}
    errors = np.full((len(kept), len(seeds)), np.nan)
    diverged = [0] * len(kept)
    for run in definition.search_runs:
        result = results.get(run.spec.key)
        if result is None:
            continue
        index = row[run.member.id]
        if result.status == "diverged":
            diverged[index] += 1
        elif result.val_error is not None:
            errors[index, seeds.index(run.spec.seed)] = result.val_error
    eligible = tuple(c.within and count == 0 for c, count in zip(kept, diverged))
    compared = np.where(np.array(eligible)[:, None], errors, np.nan)
    return Decision(kept, errors, tuple(diverged), eligible, compare_with_best(compared))
