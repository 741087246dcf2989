"""Two driver processes with shared runs, on one machine or on two with one PostgreSQL server."""

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
from postgresql_server import Server
from processes import wait_for

from scaling_search.search import GridSettings

GRID = GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41], seeds=[0, 1])
STUDIES = {
    "a": replace(SETTINGS, sweep=GRID),
    "b": replace(SETTINGS, sweep=replace(GRID, seeds=[1, 0, 2])),
}
FILES = ("study.yaml", "runs.csv", "curves.csv")
SLOTS = 2
#: Notes every training before it begins; each takes a while, as real ones do. Where a machine is
#: named, the driver passes for one of that machine.
DRIVER = f"""
import os, socket, sys, time
from pathlib import Path
from fakes import fake_outcome, fake_study
from scaling_search.execution import LocalExecutor
from scaling_search.study import database
from test_two_drivers import STUDIES

name, store, machine = sys.argv[1:4]

def noted(job, say):
    with open("trained", "a") as file:
        file.write(f"{{job.spec.key}} {{machine}}\\n")
    time.sleep(0.1)
    return fake_outcome(job)

if __name__ == "__main__":
    if machine:
        socket.gethostname = lambda: machine
        database.BEAT, database.EXPIRY = 0.5, 3.0
    with LocalExecutor(noted, {SLOTS}) as executor:
        place = Path("experiments") / machine
        fake_study(place, STUDIES[name], executor, name=name, store=store)
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the driver of a study: its name, and where it has one its store and machine."""
    (tmp_path / "driver.py").write_text(DRIVER)
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, store: str = "", machine: str = "") -> subprocess.Popen[bytes]:
        paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        process = subprocess.Popen(
            [sys.executable, "driver.py", name, store, machine],
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
    return [line.split(" ")[0] for line in noted(folder)]


def noted(folder: Path) -> list[str]:
    """Key and machine of each."""
    path = folder / "trained"
    return path.read_text().splitlines() if path.exists() else []


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
    assert second.wait(timeout=120) == 0
    assert start("a").wait(timeout=120) == 0
    counts = Counter(trained(tmp_path))
    assert sum(counts.values()) <= len(counts) + SLOTS
    assert together(tmp_path) == alone(tmp_path / "alone")


def of_machine(folder: Path, machine: str) -> list[bytes]:
    """The files of the study a, as the driver of a machine has made them."""
    return [(folder / "experiments" / machine / "a" / name).read_bytes() for name in FILES]


@pytest.mark.long
@pytest.mark.postgresql
def test_two_machines_split_a_sweep(start: Start, postgresql: Server, tmp_path: Path) -> None:
    store = postgresql.new_url()
    drivers = [start("a", store, machine) for machine in ("one", "two")]
    assert [driver.wait(timeout=120) for driver in drivers] == [0, 0]
    counts = Counter(trained(tmp_path))
    assert len(counts) > 10
    assert set(counts.values()) == {1}
    shares = Counter(line.split(" ")[1] for line in noted(tmp_path))
    assert min(shares["one"], shares["two"]) >= 2
    as_alone = [files[0] for files in alone(tmp_path / "alone").values()]
    assert of_machine(tmp_path, "one") == of_machine(tmp_path, "two") == as_alone


@pytest.mark.long
@pytest.mark.postgresql
def test_the_claims_of_a_machine_that_is_gone_expire(
    start: Start, postgresql: Server, tmp_path: Path
) -> None:
    store = postgresql.new_url()
    first, second = start("a", store, "one"), start("a", store, "two")
    wait_for("runs", lambda: len(trained(tmp_path)) >= 6, first)
    first.kill()
    first.wait()
    assert second.wait(timeout=120) == 0
    counts = Counter(trained(tmp_path))
    assert sum(counts.values()) <= len(counts) + SLOTS
    as_alone = [files[0] for files in alone(tmp_path / "alone").values()]
    assert of_machine(tmp_path, "two") == as_alone
