"""Two driver processes with shared runs in one experiments directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import SETTINGS, fake_study
from processes import wait_for

from scaling_search.search import GridSettings

GRID = GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41], seeds=[0, 1])
STUDIES = {
    "a": replace(SETTINGS, sweep=GRID),
    "b": replace(SETTINGS, sweep=replace(GRID, seeds=[1, 0, 2])),
}
FILES = ("study.yaml", "runs.csv", "curves.csv")
SLOTS = 2
#: Notes every training before it begins; each takes a while, as real ones do.
DRIVER = f"""
import os, sys, time
from pathlib import Path
from fakes import fake_outcome, fake_study
from scaling_search.execution import LocalExecutor
from test_two_drivers import STUDIES

def noted(job):
    with open("trained", "a") as file:
        file.write(f"{{job.spec.key}}\\n")
    time.sleep(0.1)
    return fake_outcome(job)

if __name__ == "__main__":
    name = sys.argv[1]
    with LocalExecutor(noted, {SLOTS}) as executor:
        fake_study(Path("experiments"), STUDIES[name], executor, name=name)
"""

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the driver of a study."""
    (tmp_path / "driver.py").write_text(DRIVER)
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        process = subprocess.Popen(
            [sys.executable, "driver.py", name],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": paths},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def trained(folder: Path) -> list[str]:
    """The keys of all trainings that began."""
    path = folder / "trained"
    return path.read_text().split() if path.exists() else []


def alone(folder: Path) -> dict[str, list[bytes]]:
    """The files of both studies, each made without the other."""
    made = [fake_study(folder / name, STUDIES[name], name=name) for name in STUDIES]
    return {name: [(path / name).read_bytes() for path in made] for name in FILES}


def together(folder: Path) -> dict[str, list[bytes]]:
    made = [folder / "experiments" / name for name in STUDIES]
    return {name: [(path / name).read_bytes() for path in made] for name in FILES}


@pytest.mark.long
def test_each_run_is_trained_once(start: Start, tmp_path: Path) -> None:
    drivers = [start(name) for name in STUDIES]
    assert [driver.wait(timeout=120) for driver in drivers] == [0, 0]
    counts = Counter(trained(tmp_path))
    assert len(counts) > 15
    assert set(counts.values()) == {1}
    assert together(tmp_path) == alone(tmp_path / "alone")


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="kills")
def test_a_killed_driver_holds_nothing_up(start: Start, tmp_path: Path) -> None:
    first, second = start("a"), start("b")
    wait_for("runs", lambda: len(trained(tmp_path)) >= 6, first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    # What it was training is taken over at once, not after a minute.
    assert second.wait(timeout=45) == 0
    assert start("a").wait(timeout=45) == 0
    counts = Counter(trained(tmp_path))
    assert sum(counts.values()) <= len(counts) + SLOTS
    assert together(tmp_path) == alone(tmp_path / "alone")
