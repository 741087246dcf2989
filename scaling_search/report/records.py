"""The rows of runs.csv, typed, and the decision that follows from them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.search import Candidate, Candidates
from scaling_search.search.decide import Decision
from scaling_search.search.strategy import Answer, Ending, Evaluation
from scaling_search.study import StudyDefinition
from scaling_search.study.folder import RUN_COLUMNS


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A row of runs.csv, as far as a report needs it. Errors are fractions; None: not known."""

    run: str
    step: str
    trial: str
    seed: int
    #: Epochs trained; None in studies from before there were rungs.
    epochs: int | None
    status: str
    val_error: float | None
    #: Only of runs that were trained to their end.
    test_error: float | None
    val_correct: str
    train_flops: float


def read_runs(folder: Path) -> tuple[RunRow, ...]:
    """runs.csv. Raises InvalidInput where it is missing or damaged."""
    path = folder / "runs.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = set(RUN_COLUMNS) - set(reader.fieldnames or ()) - {"epochs"}
            if missing:
                raise InvalidInput(f"{path} lacks the columns {', '.join(sorted(missing))}")
            return tuple(_row(row) for row in reader)
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing: run the study first") from error
    except InvalidInput:
        raise
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise InvalidInput(f"{path} is damaged ({error}): restore it from its source") from error


def _row(row: dict[str, str]) -> RunRow:
    def number(name: str) -> float | None:
        value = float(row[name]) if row[name] else math.nan
        return None if math.isnan(value) else value

    return RunRow(
        run=row["run"],
        step=row["step"],
        trial=row["trial"],
        seed=int(row["seed"]),
        epochs=int(row["epochs"]) if row.get("epochs") else None,
        status=row["status"],
        val_error=number("val_error"),
        test_error=number("test_error"),
        val_correct=row["val_correct"],
        train_flops=number("train_flops") or 0.0,
    )


def by_key(rows: Iterable[RunRow]) -> dict[str, RunRow]:
    """Every run once: a check of fidelity may repeat a run of an earlier step."""
    found: dict[str, RunRow] = {}
    for row in rows:
        found.setdefault(row.run, row)
    return found


def rung_of(definition: StudyDefinition, row: RunRow) -> int | None:
    """The rung at which a run of STEP 1 stopped; None where it was trained to its end."""
    stopped = row.epochs is not None and row.epochs < definition.settings.recipe.epochs
    return row.epochs if stopped else None


def decide_by_rows(
    definition: StudyDefinition, candidates: Candidates, rows: Iterable[RunRow]
) -> Decision[Candidate]:
    """STEP 1's decision from the rows of runs.csv; they have test errors, which it does not get."""
    epochs = definition.settings.recipe.epochs
    return definition.decide(
        candidates,
        {
            Evaluation(row.trial, row.seed, rung_of(definition, row) or epochs): _answer(row)
            for row in rows
            if row.step == "search"
        },
    )


def _answer(row: RunRow) -> Answer:
    """What a search gets to know of a run; one without a val error is as good as missing."""
    if row.status == Ending.DIVERGED:
        return Answer(None, status=Ending.DIVERGED)
    known = row.val_error is not None
    return Answer(row.val_error, status=Ending.FINISHED if known else Ending.FAILED)
