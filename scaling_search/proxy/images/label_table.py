"""A table beside the images that names a class for each: CSV, TSV, JSONL or parquet.

metadata.csv with file_name and label, as Hugging Face has it; labels.csv, train.csv and the like
with a column of names, with or without their ending, and a column of labels.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import posixpath
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.table_parts import TableParts, find_table_parts

#: The first of these is the column of labels, where there are several.
_LABEL_NAMES = ("label", "labels", "class", "class_name", "category", "target")
#: A list, as text.
_LIST = re.compile(r"[\[({].*[\])}]", re.DOTALL)
#: A whole number, also as a float writes it.
_WHOLE = re.compile(r"-?\d+(\.0+)?")
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
    #: What the column of names says in rows that name none of these images.
    strangers: frozenset[str]
    parts: TableParts


class _NoText(str):
    """A cell that holds no text and no number, but a list or a record."""


def read_table(path: Path) -> dict[str, list[str]]:
    """Column -> its values as text. Raises InvalidInput where it cannot be read."""
    try:
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path)
        text = _decoded(path.read_bytes())
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


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    if "\0" in text:
        raise ValueError("it is no text in UTF-8 or UTF-16")
    return text


def _read_csv(text: str) -> dict[str, list[str]]:
    if "\n" not in text:
        text = text.replace("\r", "\n")
    first, _, below = text.partition("\n")
    if said := re.fullmatch(r'"?sep=(.)"?\s*', first):
        # As Excel begins a file.
        separator, text = said[1], below
    else:
        separator = max(",\t;|", key=re.sub(r'"[^"]*"', "", first).count)
    header, *rows = list(csv.reader(io.StringIO(text), delimiter=separator)) or [[]]
    names = [name.strip() for name in header]
    if twice := next((name for name in names if name and names.count(name) > 1), ""):
        raise ValueError(f"two of its columns are called {twice}")
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
    columns: dict[str, list[str]] = {}
    for one in file.schema_arrow:
        if types.is_nested(one.type):
            columns[one.name] = [_NoText(one.type)] * file.metadata.num_rows
        elif not (types.is_binary(one.type) or types.is_large_binary(one.type)):
            values = file.read(columns=[one.name])[one.name].to_pylist()
            columns[one.name] = [_text(value) for value in values]
    return columns


def _text(value: object) -> str:
    if isinstance(value, list | dict):
        return _NoText(value)
    return "" if value is None else str(value)


def labels_of(table: dict[str, list[str]], paths: Sequence[str], asked: str) -> TableLabels | None:
    """What a table says of images; None where it does not name at least half of them.

    paths: relative to the folder of the table, with /. asked: the column of labels; empty finds it.
    Raises InvalidInput where the table names the images, but not which column holds the labels, or
    gives an image two, or one that is no class.
    """
    keys = _Keys(paths)
    found = {name: keys.find(values) for name, values in table.items()}
    named = {name: len({i for i in rows if i is not None}) for name, rows in found.items()}
    file_column = max(named, key=lambda name: named[name], default="")
    if not file_column or 2 * named[file_column] < len(paths):
        return None
    (first,) = keys.find([file_column])
    if first is not None and first not in found[file_column]:
        raise InvalidInput(
            f"its first row names {paths[first]} and no columns: give it a first row with the "
            "names of its columns, such as file_name,label"
        )
    label_names = [name for name in table if name.lower() in _LABEL_NAMES]
    parts = find_table_parts(table, found[file_column], paths, {file_column, asked, *label_names})
    names = [name for name in table if name != parts.column]
    label_column = _label_column(names, file_column, asked)
    labels: list[str | None] = [None] * len(paths)
    for index, label in zip(found[file_column], _classes(table[label_column], label_column)):
        if index is None:
            continue
        if labels[index] not in (None, label):
            raise InvalidInput(
                f"the table gives {paths[index]} two labels, {labels[index]!r} and {label!r} in "
                f"column {label_column}: an image has one class here"
            )
        labels[index] = label
    rows = zip(found[file_column], table[file_column])
    strangers = frozenset(value for index, value in rows if index is None and value)
    return TableLabels(labels, file_column, label_column, strangers, parts)


def _classes(values: list[str], column: str) -> list[str]:
    """The labels of a column as names of classes; empty where there is none."""
    given = [value for value in values if value.strip()]
    lists: list[str] = [value for value in given if isinstance(value, _NoText)]
    if not lists and all(_LIST.fullmatch(value.strip()) for value in given):
        lists = given
    if lists:
        several = lists[0]
        shown = several if len(several) <= 60 else f"{several[:57]}..."
        raise InvalidInput(
            f"column {column} holds lists or records, such as {shown}, but an image has one class "
            "here: write one name or number of its class for each image, or name another column "
            "with data.label_column="
        )
    # What was written as a number that is none.
    values = ["" if value.strip().lower() == "nan" else value for value in values]
    if all(_WHOLE.fullmatch(value.strip()) for value in values if value.strip()):
        return [value.strip().partition(".")[0] for value in values]
    return values


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

    def find(self, values: Sequence[str]) -> list[int | None]:
        """The image that each cell of a column names, if it names one.

        Where cells name images with their folders, what names another folder is another image:
        `test/1.png` is not `train/1.png`.
        """
        found = [self._find(value) for value in values]
        places = {place for _, place, has_folder in found if has_folder}
        if not places:
            return [index for index, _, _ in found]
        return [
            index if place in places or not _folder(value) else None
            for value, (index, place, _) in zip(values, found)
        ]

    def _find(self, value: str) -> tuple[int | None, str | None, bool]:
        """The image, what stands before its path, and whether that path has a folder.

        Nothing is known of the place where only the name is that of an image.
        """
        path = _path(value)
        if not path:
            return None, None, False
        full, _, name, _ = self._forms(path)
        starts = (0, *(at + 1 for at, c in enumerate(full) if c == "/"))
        for start in starts:
            for names in self._maps[:2]:
                if (index := names.get(full[start:])) is not None:
                    return index, full[:start], "/" in full[start:]
        for names in self._maps[2:]:
            if (index := names.get(name)) is not None:
                return index, None, False
        return None, None, False


def _path(value: str) -> str:
    return value.strip().replace("\\", "/").removeprefix("./")


def _folder(value: str) -> str:
    return posixpath.dirname(_path(value))
