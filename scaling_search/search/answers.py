"""What is known of the candidates of a search: the answers to its evaluations as arrays.

A candidate with a diverged run cannot win. A run that failed says nothing of its network: it is
missing, as if it had not been asked for, and its candidate may still win by its other runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Bools, Floats
from scaling_search.search.strategy import Answer, Ending, Evaluation


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """Arrays and tuples follow the trials."""

    #: Val errors of whole runs, (trials, seeds); nan where a run is missing or diverged.
    errors: Floats
    #: Diverged runs of each.
    diverged: tuple[int, ...]
    #: The last rung of those that were stopped before the end, and their val error there.
    stopped: tuple[tuple[int, float] | None, ...]

    @property
    def trained(self) -> Bools:
        """Which have whole runs."""
        return np.asarray(np.isfinite(self.errors).any(axis=1))


def answered(
    trials: Sequence[str],
    answers: Mapping[Evaluation, Answer],
    *,
    seeds: Sequence[int],
    epochs: int,
) -> Answered:
    """The answers by trial. epochs: of a whole run.

    Raises InvalidInput where an answer is of another search.
    """
    row = {trial: index for index, trial in enumerate(trials)}
    errors = np.full((len(trials), len(seeds)), np.nan)
    diverged = [0] * len(trials)
    stopped: list[tuple[int, float] | None] = [None] * len(trials)
    for run, answer in answers.items():
        if run.trial not in row or run.seed not in seeds:
            raise InvalidInput(
                f"there is a run of trial {run.trial} with seed {run.seed}, which the study does "
                "not ask for: restore study.yaml and runs.csv from one source"
            )
        index = row[run.trial]
        if answer.status is Ending.DIVERGED:
            diverged[index] += 1
        elif answer.val_error is None:
            continue
        elif run.epochs == epochs:
            errors[index, seeds.index(run.seed)] = answer.val_error
        else:
            stopped[index] = max(stopped[index] or (0, 0.0), (run.epochs, answer.val_error))
    whole = np.isfinite(errors).any(axis=1)
    return Answered(
        errors=errors,
        diverged=tuple(diverged),
        stopped=tuple(None if ended else at for ended, at in zip(whole, stopped)),
    )
