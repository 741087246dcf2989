"""CSV files of typed rows: a frozen dataclass says what the columns are and what they may hold."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_type_hints

from scaling_search.text_file import (
    RESTORE,
    damaged,
    is_text,
    missing,
    read_text,
    shown,
    write_text,
)

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")
#: Characters of one cell: base64 of the val images of any data set.
_LONGEST_CELL = 2**26
_WHOLE = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,5})?")


def within(low: float, high: float = math.inf, **default: Any) -> Any:
    """A column of numbers between these, both included."""
    return field(metadata={"within": (low, high)}, **default)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV file; floats are written so that they read back to the same bits."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if v is None else v for v in row] for row in rows])
    write_text(path, buffer.getvalue())


def read_cells(text: str) -> tuple[list[str], list[list[str]], str]:
    """(columns, rows of cells, what ends the rows too early, if anything) of a CSV text.

    Raises ValueError where the columns cannot be told.
    """
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    rows: list[list[str]] = []
    fault = ""
    try:
        columns = next(reader, [])
        for row in reader:
            if row:
                rows.append(row)
    except csv.Error as error:
        fault = f"line {reader.line_num}: {error}"
    twins = sorted({name for name in columns if columns.count(name) > 1})
    if not columns or twins:
        raise ValueError(f"it has the column {twins[0]!r} twice" if twins else fault or "empty")
    return columns, rows, fault


@dataclass(frozen=True)
class CsvFile(Generic[Row]):
    """How one file is read and written.

    A column is a field of `row`: text, a whole number, a number (finite), an enum's value, or one
    of these | None, where the cell may be empty; text may be empty where its default is.
    """

    name: str
    row: type[Row]
    #: What tells a row from all others.
    key: Callable[[Row], object]
    remedy: str = RESTORE
    #: Columns that files of older versions do not have.
    younger: tuple[str, ...] = ()
    #: Columns that a file has only where one of its cells is not empty.
    rare: tuple[str, ...] = ()
    #: The cells of a row's fields, of the file's cells, and back.
    decode: Callable[[dict[str, str]], dict[str, str]] = lambda cells: cells
    encode: Callable[[dict[str, Any]], dict[str, Any]] = lambda values: values
    #: Raises ValueError for a row that contradicts itself.
    check: Callable[[Row], None] = lambda _: None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that every file has, in their order."""
        return tuple(name for name in self._all_columns if name not in self.rare)

    @cached_property
    def _all_columns(self) -> tuple[str, ...]:
        return tuple(self.encode({f.name: "" for f in fields(self.row)}))  # type: ignore[arg-type]

    def _used(self, cells: Sequence[Mapping[str, Any]]) -> list[str]:
        """The columns that a file of these cells has."""
        rare = {n for n in self.rare if any(c[n] not in ("", None) for c in cells)}
        return [name for name in self._all_columns if name in self.columns or name in rare]

    def write(self, folder: Path, rows: Iterable[Row]) -> None:
        """Write all rows."""
        cells = [self.encode(vars(row)) for row in rows]
        columns = self._used(cells)
        write_csv(folder / self.name, columns, [[c[n] for n in columns] for c in cells])

    def read(self, folder: Path) -> list[Row]:
        """All rows. Raises InvalidInput where the file is missing or one row is damaged."""
        path = folder / self.name
        text = read_text(path, self.remedy)
        if text is None:
            raise missing(path, self.remedy)
        try:
            rows, faults = self._parsed(text)
            if faults:
                raise ValueError(faults[0])
        except ValueError as error:
            raise damaged(path, error, self.remedy) from error
        return rows

    def read_if_there(self, folder: Path) -> list[Row]:
        """All rows; none where there is no file. Raises InvalidInput where one is damaged."""
        return self.read(folder) if (folder / self.name).exists() else []

    def read_sound(self, folder: Path) -> list[Row]:
        """The rows that are whole, whatever happened to the others or to the file."""
        try:
            return self._parsed(read_text(folder / self.name, self.remedy) or "")[0]
        except ValueError:
            return []

    def frame(self, rows: Iterable[Row]) -> pd.DataFrame:
        """Rows as a table; an empty cell of a number is nan."""
        import pandas as pd

        cells = [self.encode(vars(row)) for row in rows]
        table = pd.DataFrame(cells, columns=self._used(cells))
        for name, (hint, optional, _) in self._kinds.items():
            if name in table and (issubclass(hint, Enum) or optional or not len(table)):
                table[name] = table[name].astype(str if issubclass(hint, Enum) else hint)
        return table

    @cached_property
    def _kinds(self) -> dict[str, tuple[type, bool, Mapping[str, Any]]]:
        """Of each field: its type, whether its cell may be empty, and its limits."""
        hints = get_type_hints(self.row)
        found: dict[str, tuple[type, bool, Mapping[str, Any]]] = {}
        for one in fields(self.row):  # type: ignore[arg-type]
            options = get_args(hints[one.name]) or (hints[one.name],)
            kind = next(o for o in options if o is not NoneType)
            found[one.name] = (kind, NoneType in options or one.default == "", one.metadata)
        return found

    def _parsed(self, text: str) -> tuple[list[Row], list[str]]:
        """The rows that are whole, and what is wrong with the others; ValueError without any."""
        columns, lines, fault = read_cells(text)
        lacking = [n for n in self.columns if n not in columns and n not in self.younger]
        if lacking:
            raise ValueError(f"it lacks the columns {', '.join(lacking)}")
        for name in columns:
            if name not in self._all_columns:
                raise ValueError(f"there is no column {shown(name)}")
        rows: dict[object, Row] = {}
        faults = []
        for number, cells in enumerate(lines, 1):
            try:
                if len(cells) != len(columns):
                    raise ValueError(f"it has {len(cells)} cells, but must have {len(columns)}")
                row = self._row(dict(zip(columns, cells)))
                if self.key(row) in rows:
                    raise ValueError(f"it repeats {shown(self.key(row))}")
                rows[self.key(row)] = row
            except ValueError as error:
                faults.append(f"row {number}: {error}")
        return list(rows.values()), faults + [fault] * bool(fault)

    def _row(self, cells: dict[str, str]) -> Row:
        cells = self.decode(cells)
        values = {n: _value(n, cells[n], *kind) for n, kind in self._kinds.items() if n in cells}
        row = self.row(**values)
        self.check(row)
        return row


def _value(name: str, cell: str, kind: type, optional: bool, limits: Mapping[str, Any]) -> Any:
    """What a cell holds. Raises ValueError."""
    low, high = limits.get("within", (-math.inf, math.inf))
    if kind is str:
        what = "text"
        if is_text(cell) and (cell or optional):
            return cell
    elif not cell and optional:
        return None
    elif issubclass(kind, Enum):
        values = [member.value for member in kind]
        what = f"one of {', '.join(values)}"
        if cell in values:
            return kind(cell)
    else:
        what = "a whole number" if kind is int else "a finite number"
        if low > -math.inf:
            what += f" from {low:g}" + (f" to {high:g}" if high < math.inf else "")
        form = _WHOLE if kind is int else _NUMBER
        number = (int(cell) if kind is int else float(cell)) if form.fullmatch(cell) else math.nan
        if low <= number <= high and math.isfinite(number):
            return number
    raise ValueError(f"column {name} is {shown(cell)}, but must be {what}")
