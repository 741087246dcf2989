"""A table beside the images that names a class for each: CSV, TSV, JSONL or parquet.

metadata.csv with file_name and label, as Hugging Face has it; labels.csv, train.csv and the like
with a column of names, with or without their ending, and a column of labels.
"""

from __future__ import annotations

import csv
import io
import json
import posixpath
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scaling_search.errors import InvalidInput

#: The first of these is the column of labels, where there are several.
_LABEL_NAMES = ("label", "labels", "class", "class_name", "category", "target")
#: Longest field that a CSV may have.
csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class TableLabels:
    """The classes that a table gives to images."""

    #: For each image asked about; None where no row names it.
    labels: list[str | None]
    #: The columns that were read.
    file_column: str
    label_column: str


def read_table(path: Path) -> dict[str, list[str]]:
    """Column -> its values as text. Raises InvalidInput where it cannot be read."""
    try:
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path)
        content = path.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
        if path.suffix.lower() == ".jsonl":
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
            names = list(dict.fromkeys(name for row in rows for name in row))
            return {n: [_text(row.get(n)) for row in rows] for n in names}
        return _read_csv(text)
    except (ValueError, csv.Error, AttributeError, TypeError) as error:
        raise InvalidInput(
            f"{path} cannot be read as a table ({type(error).__name__}: {error}): mend it, or move "
            "it out of the folder of images"
        ) from error


def _read_csv(text: str) -> dict[str, list[str]]:
    first = text.split("\n", 1)[0]
    separator = max(",\t;|", key=first.count)
    header, *rows = list(csv.reader(io.StringIO(text), delimiter=separator)) or [[]]
    names = [name.strip() for name in header]
    return {
        name: [row[i].strip() if i < len(row) else "" for row in rows if row]
        for i, name in enumerate(names)
        if name
    }


def _read_parquet(path: Path) -> dict[str, list[str]]:
    try:
        from pyarrow import parquet, types
    except ImportError:
        return {}
    file = parquet.ParquetFile(path)
    plain = [
        f.name
        for f in file.schema_arrow
        if not (types.is_nested(f.type) or types.is_binary(f.type) or types.is_large_binary(f.type))
    ]
    table = file.read(columns=plain)
    return {name: [_text(value) for value in table[name].to_pylist()] for name in plain}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def labels_of(table: dict[str, list[str]], paths: Sequence[str], asked: str) -> TableLabels | None:
    """What a table says of images; None where it does not name at least half of them.

    paths: relative to the folder of the table, with /. asked: the column of labels; empty finds it.
    Raises InvalidInput where the table names the images, but not which column holds the labels, or
    gives an image two.
    """
    keys = _Keys(paths)
    found = {name: [keys.find(value) for value in values] for name, values in table.items()}
    named = {name: len({i for i in rows if i is not None}) for name, rows in found.items()}
    file_column = max(named, key=lambda name: named[name], default="")
    if not file_column or 2 * named[file_column] < len(paths):
        return None
    label_column = _label_column(list(table), file_column, asked)
    labels: list[str | None] = [None] * len(paths)
    for index, label in zip(found[file_column], table[label_column]):
        if index is None:
            continue
        if labels[index] not in (None, label):
            raise InvalidInput(
                f"the table gives {paths[index]} two labels, {labels[index]!r} and {label!r} in "
                f"column {label_column}: an image has one class here"
            )
        labels[index] = label
    return TableLabels(labels, file_column, label_column)


def _label_column(names: list[str], file_column: str, asked: str) -> str:
    rest = [name for name in names if name != file_column]
    if asked and asked in names:
        return asked
    lower = {name.lower(): name for name in reversed(rest)}
    likely = [lower[name] for name in _LABEL_NAMES if name in lower]
    if not asked and likely and (len(likely) == 1 or likely[0].lower() == "label"):
        return likely[0]
    if not asked and len(rest) == 1:
        return rest[0]
    raise InvalidInput(
        (f"data.label_column is {asked!r}, but" if asked else "no column is called label:")
        + f" the columns beside {file_column} are {', '.join(rest) or 'none'}: name one with "
        "data.label_column="
    )


class _Keys:
    """Finds images by path, by path without ending, by name, by name without ending."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._maps: list[dict[str, int | None]] = [{}, {}, {}, {}]
        for index, path in enumerate(paths):
            for names, key in zip(self._maps, self._forms(path)):
                # Two images of one name cannot be told by it.
                names[key] = None if key in names else index

    @staticmethod
    def _forms(path: str) -> tuple[str, str, str, str]:
        path = unicodedata.normalize("NFC", path)
        name = posixpath.basename(path)
        return path, posixpath.splitext(path)[0], name, posixpath.splitext(name)[0]

    def find(self, value: str) -> int | None:
        """The image that a cell names, if it names one."""
        path = value.strip().replace("\\", "/").removeprefix("./")
        if not path:
            return None
        full, _, name, _ = self._forms(path)
        for names, key in zip(self._maps, (full, full, name, name)):
            if (index := names.get(key)) is not None:
                return index
        return None
