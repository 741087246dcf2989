"""A study of many runs under random faults equals an undisturbed one (at full: chaos.py)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from attack_studies import REPOSITORY
from chaos import check
from chaos_faults import CardArena, Table
from chaos_training import drawn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
KNOWN = {"runs.csv": b"run,step\na,search\nb,search\n", "winner.json": b"{}"}


@pytest.mark.long
def test_a_study_under_faults_equals_an_undisturbed_one() -> None:
    words = ["--runs", "24", "--faults", "10", "--small-faults", "0", "--seed", "14"]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "benchmarks" / "chaos.py"), *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"seed 14: (\d+) faults, .* equal, ", done.stdout)
    assert found is not None
    # It may end before all are done.
    assert int(found[1]) >= 8


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A study of two runs, both trained, with the files of KNOWN."""
    arena = CardArena(tmp_path / "arena", 2, 2, None)
    folder = arena.experiments / "tiny"
    folder.mkdir(parents=True)
    for name, content in KNOWN.items():
        (folder / name).write_bytes(content)
    stored = {(key, "host:1", "now") for key in "ab"}
    monkeypatch.setattr(CardArena, "stored", lambda _: stored)
    (arena.cards / "notes.txt").write_text("begun a work\nended a work\nended b work\n")
    yield Table(arena, Random(0))
    arena.close()


def again(table: Table) -> None:
    """A training that has ended is carried out again."""
    with (table.arena.cards / "notes.txt").open("a") as file:
        file.write("begun a work\nended a work\n")


def test_what_is_as_it_was_is_no_complaint(table: Table) -> None:
    check(table, KNOWN, 2)
    assert table.arena.complaints == []


def test_a_changed_file_is_a_complaint(table: Table) -> None:
    (table.arena.experiments / "tiny" / "winner.json").write_text("{ }")
    check(table, KNOWN, 2)
    assert table.arena.complaints == ["differs: winner.json"]


def test_a_run_that_is_counted_twice_is_a_complaint(table: Table) -> None:
    twice = KNOWN["runs.csv"] + b"a,search\n"
    (table.arena.experiments / "tiny" / "runs.csv").write_bytes(twice)
    check(table, {**KNOWN, "runs.csv": twice}, 2)
    assert table.arena.complaints == ["2 runs are stored, 3 counted, not 2"]


@pytest.mark.parametrize("deaths", [0, 1])
def test_trainings_again_need_a_death(table: Table, deaths: int) -> None:
    again(table)
    table.deaths["kill -9 of the driver"] += deaths
    check(table, KNOWN, 2)
    complaints = [] if deaths else ["1 trainings again, but at most 0 were in flight"]
    assert table.arena.complaints == complaints


def test_a_card_is_taken_by_one_training(tmp_path: Path) -> None:
    cards = ["work", "kill", "memory", "work", "error"] * 8
    for number, card in enumerate(cards):
        (tmp_path / f"{number:06}-{card}.card").write_text("")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: drawn(tmp_path), cards))
    assert Counter(found) == Counter(cards)
    (tmp_path / "free").write_text("")
    assert drawn(tmp_path) == "work"
