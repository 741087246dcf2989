"""The runs of a study as a Hugging Face dataset, to be shared or joined with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    import datasets


def as_dataset(
    runs: pd.DataFrame, curves: pd.DataFrame, timings: pd.DataFrame, name: str
) -> datasets.Dataset:
    """One row for each of runs.csv, in its order: its columns, those of timings.csv, its curve.

    runs, curves, timings: of the files of these names. `study` is the name; `curve` lists epoch,
    train_loss and val_error. An empty cell is None. Raises InvalidInput without `datasets`.
    """
    try:
        from datasets import Dataset, Features, List, Value
    except ImportError as error:
        raise InvalidInput(
            "a data set is asked for, but datasets is not installed: "
            "pip install 'scaling-search[data]'"
        ) from error
    point = {"epoch": Value("int64"), "train_loss": Value("float64"), "val_error": Value("float64")}
    table = runs.merge(timings, on="run", how="left")
    kinds = {n: Value(_kind(table[n])) for n in table}
    points: dict[str, list[dict[str, Any]]] = {}
    for row in _plain(curves):
        points.setdefault(row["run"], []).append({n: row[n] for n in point})
    rows = [{"study": name, **row, "curve": points.get(row["run"], [])} for row in _plain(table)]
    features = Features({"study": Value("string"), **kinds, "curve": List(point)})
    return Dataset.from_list(rows, features=features)


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_integer_dtype(column):
        return "int64"
    return "float64" if pd.api.types.is_float_dtype(column) else "string"


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for what is missing."""
    found: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return found
