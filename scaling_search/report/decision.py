"""The decision that follows from the rows of runs.csv."""

from __future__ import annotations

from collections.abc import Container, Iterable

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.search import Candidate, Candidates
from scaling_search.search.decide import Decision
from scaling_search.search.strategy import Answer, Ending, Evaluation
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.records import Step


def rung_of(definition: StudyDefinition, row: RunRow) -> int | None:
    """The rung at which a run of STEP 1 stopped; None where it was trained to its end."""
    stopped = row.epochs < definition.settings.recipe.epochs
    return row.epochs if stopped else None


def decide_by_rows(
    definition: StudyDefinition, candidates: Candidates, rows: Iterable[RunRow]
) -> Decision[Candidate]:
    """STEP 1's decision from the rows of runs.csv; they have test errors, which it does not get.

    Raises InvalidInput where they are not runs of this study.
    """
    epochs = definition.settings.recipe.epochs
    searched = [row for row in rows if row.step is Step.SEARCH]
    members = {candidate.id: candidate.member for candidate in candidates.kept}
    for row in searched:
        if (member := members.get(row.trial)) is not None:
            rung = rung_of(definition, row)
            own = definition.run(Step.SEARCH, member, 1.0, row.seed, rung)
            require_own(row, {own.spec.key})
    return definition.decide(
        candidates,
        {
            Evaluation(row.trial, row.seed, rung_of(definition, row) or epochs): _answer(row)
            for row in searched
        },
    )


def require_own(row: RunRow, keys: Container[str]) -> None:
    """Refuse a run that does not follow from study.yaml. keys: of those that do."""
    if row.run not in keys:
        raise InvalidInput(
            f"runs.csv has run {row.run} of trial {row.trial} with seed {row.seed}, which does not "
            "follow from study.yaml: restore study.yaml and runs.csv from one source"
        )


def _answer(row: RunRow) -> Answer:
    """What a search gets to know of a run; one without a val error is as good as missing."""
    if row.status is RunStatus.DIVERGED:
        return Answer(None, status=Ending.DIVERGED)
    known = row.val_error is not None
    return Answer(row.val_error, status=Ending.FINISHED if known else Ending.FAILED)
