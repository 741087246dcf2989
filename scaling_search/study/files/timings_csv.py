"""timings.csv: how each run came about; it differs from machine to machine."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.study.files.csv_file import CsvFile, within


@dataclass(frozen=True, kw_only=True)
class TimingRow:
    """A row of timings.csv."""

    run: str
    seconds: float = within(0, 1e12)
    attempts: int = within(1, 10**6)
    #: host:pid
    worker: str
    #: ISO 8601, UTC.
    finished_at: str


TIMINGS_CSV = CsvFile("timings.csv", TimingRow, key=lambda row: row.run)
