"""The decision that follows from the rows of runs.csv."""

from __future__ import annotations

from collections.abc import Iterable

from scaling_search.errors import InvalidInput
from scaling_search.search import Candidate, Candidates
from scaling_search.search.decide import Decision
from scaling_search.search.strategy import Answer, Ending, Evaluation
from scaling_search.study.definition import PlannedRun, StudyDefinition
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
    searched = [row for row in rows if row.step is Step.SEARCH]
    members = {candidate.id: candidate.member for candidate in candidates.kept}
    for row in searched:
        if (member := members.get(row.trial)) is not None:
            rung = rung_of(definition, row)
            require_own(row, definition.run(Step.SEARCH, member, 1.0, row.seed, rung))
    return definition.decide(candidates, answers_of(definition, searched))


def answers_of(definition: StudyDefinition, searched: Iterable[RunRow]) -> dict[Evaluation, Answer]:
    """What a search gets to know of its runs: no test error."""
    epochs = definition.settings.recipe.epochs
    return {
        Evaluation(row.trial, row.seed, rung_of(definition, row) or epochs): Answer(
            row.val_error, status=Ending(row.status)
        )
        for row in searched
    }


def require_own(row: RunRow, planned: PlannedRun | None) -> None:
    """Refuse a run that is not the one that follows from study.yaml."""
    own = planned and (planned.spec.key, planned.trial, planned.spec.seed, planned.spec.epochs)
    if (row.run, row.trial, row.seed, row.epochs) != own:
        raise InvalidInput(
            f"runs.csv has run {row.run} of trial {row.trial} with seed {row.seed}, which does not "
            "follow from study.yaml: restore study.yaml and runs.csv from one source"
        )
