"""curves.csv: one row an epoch of a run."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.study.files.csv_file import CsvFile, within


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """A row of curves.csv."""

    run: str
    epoch: int = within(1, 10_000)
    train_loss: float
    #: A fraction.
    val_error: float = within(0, 1)


CURVES_CSV = CsvFile("curves.csv", CurveRow, key=lambda row: (row.run, row.epoch))
