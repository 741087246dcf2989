"""`python -m scaling_search.status`: what a study does now, from its database."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scaling_search.proxy.result import Epoch
from scaling_search.status import main, status
from scaling_search.study.database import Database
from scaling_search.study.progress import Progress
from scaling_search.study.watching import Watch

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Of a study of two runs, of which one goes on."""
    watch = Watch(Database(tmp_path / "store.db"), "st", "search", slots=2)
    watch.began("0123456789abcdef", "node-7:4711", attempt=2)
    watch.heard("0123456789abcdef", Epoch(3, 0.5, 0.25))
    progress = Progress(wanted=4, done=1, trained=1, running=1, retried=1, best=0.125, seconds=12)
    progress.failures.append("run fedcba9876543210 (seed 1, 16 px): ValueError: boom")
    watch.tell(progress)
    return watch


def test_what_runs_since_when_and_what_is_left(watch: Watch, tmp_path: Path) -> None:
    lines, goes_on = status(tmp_path / "st")
    text = "\n".join(lines)
    assert goes_on
    assert "st: STEP 1 goes on, by " + socket.gethostname() in text
    assert "1 of 4 runs done, 1 of 2 slots busy, 1 tried again, 1 failed" in text
    assert "Best val error so far: 0.125" in text
    assert "12 seconds of training spent" in text
    row = next(line for line in lines if line.startswith("0123456789abcdef"))
    assert row.split()[1:3] == ["node-7:4711", "2"]
    assert row.split()[-2:] == ["3", "0.250"]
    assert "failed: run fedcba9876543210 (seed 1, 16 px): ValueError: boom" in text


def test_a_driver_that_was_killed_is_missed(watch: Watch, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        text=True,
        capture_output=True,
        check=True,
    )
    watch.database.driver = f"{socket.gethostname()}:{int(ended.stdout)}:x"
    watch.tell(Progress(wanted=4), now=True)
    lines, goes_on = status(tmp_path / "st")
    assert not goes_on
    assert "was stopped: its driver" in lines[0]
    assert "repeat its command" in lines[0]


def test_an_ended_step_has_no_runs_in_slots(watch: Watch, tmp_path: Path) -> None:
    watch.end(Progress(wanted=4, done=4, ended=True))
    lines, goes_on = status(tmp_path / "st")
    assert not goes_on
    assert "STEP 1 has ended" in lines[0]
    assert not any("0123456789abcdef" in line for line in lines)


def test_it_watches_until_the_end(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    waits = iter([lambda: None, lambda: watch.end(Progress(wanted=4, done=4, ended=True))])
    monkeypatch.setattr(time, "sleep", lambda _: next(waits)())
    main([str(tmp_path / "st"), "--watch"])
    out = capsys.readouterr().out
    assert out.count("goes on") == 2
    assert out.count("has ended") == 1


def test_from_another_machine_the_database_is_enough(watch: Watch, tmp_path: Path) -> None:
    lines, _ = status(Path("/nowhere/st"), store=f"sqlite:///{tmp_path / 'store.db'}")
    assert "1 of 4 runs done" in lines[1]


def test_a_folder_without_a_driver_says_what_it_has(tmp_path: Path) -> None:
    folder = tmp_path / "glyphs-quick"
    shutil.copytree(EXPERIMENTS / "glyphs-quick", folder)
    lines, goes_on = status(folder)
    assert not goes_on
    assert lines[0].startswith("glyphs-quick: ")
    assert "no database" in lines[1]


def test_what_is_no_study_is_refused(tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path)])
    assert ended.value.code == 2
    assert "has no study.yaml" in capsys.readouterr().err
