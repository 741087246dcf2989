"""Study folders damaged at random: read, or refused in one line that names the file.

Longer, and with more kinds of damage: benchmarks/attack_folders.py.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
RECORDS = ("study.yaml", "environment.json", "runs.csv", "curves.csv", "timings.csv")
PARTS = ("runs", "curves", "timings", "trials", "family", "points", "winner", "verdict", "law")
SEED, DAMAGES = 10, 30

VALUES = (
    *(None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**400, 0.5, -0.5, 1e-300, 1e300),
    *(float("inf"), float("nan"), "", "x", "1", "a.b", "../x", "\x1b[31m", "2020-01-01"),
    *([], [None], [[]], [1, 2], ["x"], {}, {"a": 1}, {"kind": "grid"}, {1: 2}),
)
CELLS = (
    *("", "x", "nan", "inf", "-1", "0", "1", "1.5", "1e400", "1_000", "٣", "True", "9" * 50),
    *(" 1", "search", "fidelity: a", "series", "finished", "diverged", "\x1b", "a,b", '"', "{}"),
)


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")


def places(tree: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in nested dicts and lists."""
    parts: Any = ()
    if isinstance(tree, dict | list):
        parts = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for name, part in parts:
        yield (*place, name)
        yield from places(part, (*place, name))


def damaged_tree(tree: Any, rng: random.Random) -> Any:
    *path, last = rng.choice(list(places(tree)))
    parent = tree
    for name in path:
        parent = parent[name]
    old = parent[last]
    kind = rng.choice(["value"] * 4 + ["gone", "scaled", "other name", "wrapped", "deep"])
    if kind == "value":
        parent[last] = copy.deepcopy(rng.choice(VALUES))
    elif kind == "gone":
        del parent[last]
    elif kind == "scaled" and isinstance(old, int | float):
        parent[last] = old * rng.choice([-1, 0, 2, 10, 1e6, 0.5])
    elif kind == "other name" and isinstance(parent, dict):
        parent[rng.choice(["x", "", 3, f"{last}s"])] = parent.pop(last)
    elif kind == "wrapped":
        parent[last] = rng.choice([[old], {"a": old}, str(old)])
    elif kind == "deep":
        for _ in range(rng.choice([5, 50, 500])):
            parent[last] = [parent[last]]
    return tree


def damaged_table(text: str, rng: random.Random) -> str:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    at, column = rng.randrange(1, len(rows)), rng.randrange(len(rows[0]))
    kind = rng.choice(["cell"] * 6 + ["head", "gone", "twice", "column", "columns", "ragged"])
    if kind == "cell":
        rows[at][column] = rng.choice([*CELLS, rng.choice(rows)[column]])
    elif kind == "head":
        rows[0][column] = rng.choice(["", "x", rng.choice(rows[0])])
    elif kind == "gone":
        del rows[at]
    elif kind == "twice":
        rows.insert(rng.randrange(1, len(rows)), list(rows[at]))
    elif kind == "column":
        rows = [[c for i, c in enumerate(row) if i != column] for row in rows]
    elif kind == "columns":
        rows = [[*row, row[column]] for row in rows]
    elif kind == "ragged":
        rows[at] = rng.choice([rows[at][:column], [*rows[at], "1"]])
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def damaged_bytes(content: bytes, rng: random.Random) -> bytes:
    at, length = rng.randrange(len(content)), rng.choice([1, 3, 30])
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines)
    return rng.choice(
        [
            content[:at],
            content[:at] + content[at + length :],
            content[:at] + rng.randbytes(length) + content[at:],
            content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :],
            content[:at] + b"\0" + content[at:],
            b"\xef\xbb\xbf" + content,
            content.decode().encode("utf-16"),
            b"".join(lines),
            b"",
        ]
    )


def damaged(name: str, content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.3:
        return damaged_bytes(content, rng)
    if name.endswith(".csv"):
        return damaged_table(content.decode(), rng).encode()
    if name.endswith(".yaml"):
        return yaml.safe_dump(damaged_tree(yaml.safe_load(content), rng)).encode()
    return json.dumps(damaged_tree(json.loads(content), rng)).encode()


def refusal(function: Callable[[], object]) -> str:
    """What an InvalidInput says; empty where there is none."""
    try:
        function()
    except InvalidInput as error:
        return str(error)
    return ""


@pytest.mark.parametrize("study", ["glyphs-quick", "glyphs-observation2"])
def test_damage_is_refused_in_a_line(study: str, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    rng, refused = random.Random(SEED), 0
    for number in range(DAMAGES):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in RECORDS:
            shutil.copy(EXPERIMENTS / study / name, folder)
        name = rng.choice(RECORDS[:3] if number % 4 else RECORDS)
        (folder / name).write_bytes(damaged(name, (folder / name).read_bytes(), rng))
        started = time.monotonic()
        said = [refusal(lambda folder=folder: build_report(folder))]
        refused += bool(said[0])
        assert (folder / "report.html").exists() != bool(said[0]), (number, name)
        if not said[0]:
            found = ss.read_study(folder)
            said = [refusal(lambda found=found, part=part: getattr(found, part)) for part in PARTS]
        assert all("\n" not in line and len(line) < 900 for line in said), (number, name, said)
        assert time.monotonic() - started < 60, (number, name)
    assert DAMAGES / 3 < refused < DAMAGES
