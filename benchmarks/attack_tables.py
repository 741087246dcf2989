"""Damage to the tables of a study folder, and to the bytes of any of its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from random import Random

from attack_site import Rows, Site, kind
from attack_trees import NUMBERS, Unfit, short

Change = Callable[[Random, Rows], str]


def table(name: str) -> Callable[[Change], Change]:
    """Enter a change of a table into KINDS."""

    def enter(change: Change) -> Change:
        @kind(f"csv: {name}")
        def damage(rng: Random, site: Site) -> str:
            rows = Rows(site.pick(rng, ".csv", derived=0.2))
            said = change(rng, rows)
            rows.write()
            return f"{rows.path.name}: {said}"

        return change

    return enter


@table("column dropped")
def column_dropped(rng: Random, rows: Rows) -> str:
    at = rng.randrange(len(rows.head))
    name = rows.head.pop(at)
    for row in rows.body:
        del row[at]
    return f"column {name} dropped"


@table("column twice")
def column_twice(rng: Random, rows: Rows) -> str:
    at = rng.randrange(len(rows.head))
    for row in [rows.head, *rows.body]:
        row.append(row[at])
    return f"column {rows.head[at]} twice"


@table("column renamed")
def column_renamed(rng: Random, rows: Rows) -> str:
    at = rng.randrange(len(rows.head))
    old = rows.head[at]
    rows.head[at] = rng.choice(
        [old.upper(), f" {old}", f"{old}.1", "", "surprise", "index", "class"]
    )
    return f"column {old} renamed to {rows.head[at]!r}"


@table("columns in another order")
def columns_shuffled(rng: Random, rows: Rows) -> str:
    order = rng.sample(range(len(rows.head)), len(rows.head))
    rows.head = [rows.head[i] for i in order]
    rows.body = [[row[i] for i in order] for row in rows.body]
    return f"columns in the order {order}"


@table("column added")
def column_added(rng: Random, rows: Rows) -> str:
    rows.head.insert(0, rng.choice(["surprise", "", "Index", "def"]))
    for row in rows.body:
        row.insert(0, "1")
    return f"column {rows.head[0]!r} put first"


@table("rows dropped")
def rows_dropped(rng: Random, rows: Rows) -> str:
    count = rng.choice([1, 2, len(rows.body) // 2, len(rows.body) - 1, len(rows.body)])
    rows.body = [
        rows.body[i] for i in sorted(rng.sample(range(len(rows.body)), len(rows.body) - count))
    ]
    return f"{count} rows dropped"


@table("row twice")
def row_twice(rng: Random, rows: Rows) -> str:
    at = rows.row(rng)
    times = rng.choice([1, 1, 3, 2000])
    rows.body += [list(rows.body[at]) for _ in range(times)]
    return f"row {at} another {times} times"


@table("row twice with another value")
def row_contradicted(rng: Random, rows: Rows) -> str:
    at, column = rows.cell(rng)
    rows.body.append(list(rows.body[at]))
    rows.body[-1][column] = rows.body[rows.row(rng)][column]
    return f"row {at} again with another {rows.head[column]}"


@table("rows in another order")
def rows_shuffled(rng: Random, rows: Rows) -> str:
    rng.shuffle(rows.body)
    return "rows in another order"


@table("cells swapped")
def cells_swapped(rng: Random, rows: Rows) -> str:
    (i, j), (k, l) = rows.cell(rng), rows.cell(rng)  # noqa: E741
    rows.body[i][j], rows.body[k][l] = rows.body[k][l], rows.body[i][j]
    return f"{rows.head[j]} of row {i} and {rows.head[l]} of row {k} swapped"


@table("ragged row")
def ragged_row(rng: Random, rows: Rows) -> str:
    at = rows.row(rng)
    if rng.random() < 0.5:
        rows.body[at] = rows.body[at][: rng.randrange(len(rows.head))]
        return f"row {at} has {len(rows.body[at])} cells"
    rows.body[at] += ["1"] * rng.choice([1, 2, 50])
    return f"row {at} has {len(rows.body[at])} cells"


def _put(rng: Random, rows: Rows, text: str) -> str:
    at, column = rows.cell(rng)
    rows.body[at][column] = text
    return f"{rows.head[column]} of row {at} = {short(text)}"


@table("number in a cell")
def number_in_cell(rng: Random, rows: Rows) -> str:
    texts = ["1.5", "-0.1", "1e400", "-1e-400", "1_000", "0x1F", "inf", "-inf", "NaN", "9" * 5000]
    return _put(rng, rows, rng.choice([*texts, *(str(number) for number in NUMBERS)]))


@table("error out of range")
def error_out_of_range(rng: Random, rows: Rows) -> str:
    columns = [i for i, name in enumerate(rows.head) if name.endswith("error")]
    if not columns:
        raise Unfit
    at, column = rows.row(rng), rng.choice(columns)
    rows.body[at][column] = rng.choice(
        ["-0.2", "1.2", "27", "inf", "-inf", "nan", "0", "1", "1e-300"]
    )
    return f"{rows.head[column]} of row {at} = {rows.body[at][column]}"


@table("text in a cell")
def text_in_cell(rng: Random, rows: Rows) -> str:
    texts = ["text", " ", "None", "null", "True", "=1+1", "<script>alert(1)</script>", "a\nb", '"',
             "é", "\x1b[2J", "x" * 200_000, "0.3 ", "1,5", "\\", "NA", "[" * 5000]  # fmt: skip
    return _put(rng, rows, rng.choice(texts))


@table("empty cell")
def empty_cell(rng: Random, rows: Rows) -> str:
    return _put(rng, rows, "")


@table("whole column")
def whole_column(rng: Random, rows: Rows) -> str:
    column = rng.randrange(len(rows.head))
    text = rng.choice(["", "1", "text", "nan", rows.body[0][column]])
    for row in rows.body:
        row[column] = text
    return f"{rows.head[column]} is {short(text)} everywhere"


# Bytes of any file.


def _torn(rng: Random, data: bytes) -> tuple[str, bytes]:
    end = rng.randrange(len(data))
    return f"cut after {end} bytes", data[:end]


def _flipped(rng: Random, data: bytes) -> tuple[str, bytes]:
    changed = bytearray(data)
    places = [rng.randrange(len(data)) for _ in range(rng.choice([1, 1, 3, 30]))]
    for at in places:
        changed[at] ^= 1 << rng.randrange(8)
    return f"{len(places)} bits flipped, the first in byte {places[0]}", bytes(changed)


def _with_bytes(rng: Random, data: bytes) -> tuple[str, bytes]:
    what = rng.choice([b"\0", b"\0" * 4096, b"\xe9", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m",
                       b"\r", "\u2028".encode(), b'"', b"\n\n", b"\x85", b",", b"\t"])  # fmt: skip
    at = rng.choice([0, len(data), rng.randrange(len(data))])
    return f"{short(what)} put in at byte {at}", data[:at] + what + data[at:]


def _encoded(rng: Random, data: bytes) -> tuple[str, bytes]:
    text = data.decode()
    ways = {
        "a byte order mark": b"\xef\xbb\xbf" + data,
        "UTF-16": text.encode("utf-16"),
        "UTF-32": text.encode("utf-32"),
        "latin-1 with an umlaut": text.replace("e", "ä", 1).encode("latin-1", "replace"),
        "line ends of Windows": data.replace(b"\n", b"\r\n"),
        "line ends of old Macs": data.replace(b"\n", b"\r"),
        "gzip's first bytes": b"\x1f\x8b\x08\0" + data,
        "nothing": b"",
        "white space": b" \n\n \n",
        "twice itself": data * 2,
        "one line": data.replace(b"\n", b" "),
        "zero bytes of its length": b"\0" * len(data),
        "random bytes": rng.randbytes(len(data)),
    }
    name = rng.choice(list(ways))
    return name, ways[name]


def _line_lost(rng: Random, data: bytes) -> tuple[str, bytes]:
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return f"line {at} lost", b"".join(lines[:at] + lines[at + 1 :])


for _name, _change in {
    "cut": _torn,
    "flipped bits": _flipped,
    "bytes put in": _with_bytes,
    "encoding": _encoded,
    "line lost": _line_lost,
}.items():

    @kind(f"bytes: {_name}")
    def _damage(
        rng: Random, site: Site, change: Callable[[Random, bytes], tuple[str, bytes]] = _change
    ) -> str:
        path = site.pick(rng)
        said, data = change(rng, path.read_bytes())
        path.write_bytes(data)
        return f"{path.name}: {said}"


@kind("bytes: another file's")
def another_files(rng: Random, site: Site) -> str:
    path, other = site.pick(rng), site.pick(rng)
    if path == other:
        raise Unfit
    shutil.copy(other, path)
    return f"{path.name} is a copy of {other.name}"
