"""failures.csv: attempts at runs that gave no result, where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scaling_search.study.files.csv_file import CsvFile, within
from scaling_search.study.records import Attempt, Reason


@dataclass(frozen=True, kw_only=True)
class FailureRow:
    """A row of failures.csv; docs/study_folder.md says more of each column."""

    #: Key of the run.
    run: str
    #: 1 for the first.
    attempt: int = within(1, 1000)
    #: lost: worker or machine; late: executor.timeout; memory; error: of the training.
    reason: Reason
    #: What happened, in a line.
    message: str
    #: host:pid; empty where it had not begun.
    worker: str = ""
    #: From the beginning of the attempt to its end.
    seconds: float = within(0)
    #: ISO 8601, UTC.
    ended_at: str


FAILURES_CSV = CsvFile(
    "failures.csv",
    FailureRow,
    key=lambda row: (row.run, row.attempt, row.ended_at, row.message),
)


def write_failures(folder: Path, attempts: Sequence[Attempt]) -> None:
    """All of them; tracebacks stand in the logs of their runs."""
    if not attempts:
        (folder / FAILURES_CSV.name).unlink(missing_ok=True)
        return
    FAILURES_CSV.write(
        folder,
        (
            FailureRow(
                run=one.key,
                attempt=one.attempt,
                reason=one.reason,
                message=one.text,
                worker=one.worker,
                seconds=one.seconds,
                ended_at=one.ended_at,
            )
            for one in attempts
        ),
    )
