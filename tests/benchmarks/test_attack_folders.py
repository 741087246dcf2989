"""Damaged study folders are read alike or refused, and the attack sees it if they are not.

At full: benchmarks/attack_folders.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import attack_trial
import pytest
from attack_child import Child
from attack_folders import damage, kind_of, run_child
from attack_site import KINDS
from attack_trees import Unfit
from attack_trial import REPOSITORY, How, Step, make_site, verdict

from scaling_search.errors import InvalidInput

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")
#: Read and reported in a tenth of the time of a search.
SERIES = REPOSITORY / "experiments" / "glyphs-single-vs-compound"


@pytest.mark.long
def test_no_damage_breaks_anything() -> None:
    words = ["--mutations", "9", "--seed", "227", "--studies", SERIES.name, "glyphs-quick"]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "benchmarks" / "attack_folders.py"), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| all | 9 |" in done.stdout


def contents(folder: Path) -> dict[str, Any]:
    """What lies in a folder: bytes of files, targets of links."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else path.is_symlink()
        for path in sorted(folder.rglob("*"))
        if not path.name.startswith("planted")
    }


def test_a_number_names_a_damage(tmp_path: Path) -> None:
    for number in range(12):
        once, again = (make_site(SERIES, tmp_path / f"{number}-{name}") for name in "ab")
        assert damage(5, number, once) == damage(5, number, again)
        assert contents(once.study) == contents(again.study)


def test_every_kind_damages_something(tmp_path: Path) -> None:
    folders = [SERIES, REPOSITORY / "experiments" / "glyphs-quick"]
    for index, (name, function) in enumerate(KINDS.items()):
        for attempt in range(8):
            site = make_site(folders[attempt % 2], tmp_path / f"{index}-{attempt}")
            try:
                assert function(Random(attempt), site)
                break
            except Unfit:
                continue
        else:
            pytest.fail(f"{name} fits nowhere")


def test_all_kinds_take_their_turn() -> None:
    assert {kind_of(7, number) for number in range(2 * len(KINDS))} == set(KINDS)


def raises(error: Exception) -> Callable[[Path], str]:
    def report(_folder: Path) -> str:
        raise error

    return report


def writes(name: str) -> Callable[[Path], str]:
    def report(_folder: Path) -> str:
        Path(name).write_text("written")
        return "said"

    return report


def imports(_folder: Path) -> str:
    import planted  # type: ignore[import-not-found]

    return str(planted)


FAULTY = {
    "KeyError": raises(KeyError("sweep")),
    "in no printable line": raises(InvalidInput("first\nsecond")),
    "MemoryError": raises(MemoryError()),
    "runs.csv": raises(OSError(5, "Input/output error", "experiments/stranger/runs.csv")),
    "written outside": writes("outside/new.txt"),
    "records were changed": writes("experiments/stranger/runs.csv"),
    "left behind": writes("experiments/stranger/.report.md.partial-1"),
    "was imported": imports,
}


@pytest.mark.parametrize("what", FAULTY)
def test_the_attack_sees_a_fault(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attack_trial, "build_report", FAULTY[what])
    monkeypatch.setattr(attack_trial, "_reading", lambda _folder: [])
    (_, steps), died = Child(run_child, 0, -1, SERIES, tmp_path / "box", How()).finish()
    assert not died
    assert verdict(steps, {}) == "FAULT"
    assert any(what in step.text for step in steps)


def test_a_process_that_dies_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_folder: Path) -> str:
        while True:
            pass

    monkeypatch.setattr("attack_child.SECONDS", 0.5)
    monkeypatch.setattr(attack_trial, "build_report", hang)
    monkeypatch.setattr(attack_trial, "_reading", lambda _folder: [])
    sent, died = Child(run_child, 0, -1, SERIES, tmp_path / "box", How()).finish()
    assert len(sent) == 1
    assert "SIGXCPU" in died or "SIGKILL" in died


def test_verdicts() -> None:
    undamaged = {step.name: step for step in (Step("law", "ok", "1"), Step("report", "ok", "2"))}
    law, report = undamaged.values()
    assert verdict([law, report], undamaged) == "equal"
    assert verdict([law, report._replace(text="3")], undamaged) == "reported"
    assert verdict([law._replace(came="refused"), report], undamaged) == "refused"
    assert verdict([law._replace(came="FAULT"), report], undamaged) == "FAULT"
