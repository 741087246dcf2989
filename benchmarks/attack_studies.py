"""Real studies of very short runs in processes of their own, to be disturbed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
NAME = "tiny"
SMALL = (
    "recipe=smoke", "data.train_images=150", "data.test_images=80", "recipe.batch_size=16",
    "recipe.epochs=2", "baseline.resolution=12", "data.cache_dir=cache", "executor.attempts=5",
)  # fmt: skip
_FAMILY = ("family.train_up_to=0.5", "family.sizes=2", "family.span=2")
#: Name -> the words that make it: 6 to 24 runs of a few tenths of a second.
STUDIES: dict[str, tuple[str, ...]] = {
    "grid": ("+sweep=grid", "sweep.alpha=[1.0]", "sweep.beta=[1.0]", "sweep.seeds=[0,1]", *_FAMILY),
    "race": ("+sweep=race", "sweep.seeds=[0,1]", *_FAMILY),
    "short": ("+sweep=grid", "sweep.alpha=[1.0]", "sweep.beta=[1.0]", "sweep.seeds=[0]",
              "family.train_up_to=0", "family.sizes=1"),
    "series": ("+sweep=observation1", "sweep.seeds=[0]"),
    "rungs": ("+sweep=optuna", "recipe.epochs=6", "sweep.asks=6", "sweep.bracket=3", "sweep.lag=2",
              "sweep.rungs=[1]", "sweep.reduction=2", "budget.runs=8", "family.train_up_to=0",
              "family.sizes=1", "family.seeds=[0]"),
}  # fmt: skip
#: What must not depend on what happened to a study on its way.
RESULTS = ("study.yaml", "asks.csv", "runs.csv", "curves.csv", "trials.csv", "family.csv",
           "winner.json", "points.csv", "verdict.json")  # fmt: skip
#: Seconds that a busy machine may take for a step.
PATIENCE = 300.0
#: Put on the path of every process: each training makes one optimizer, and notes it.
COUNTER = """
import importlib.machinery
import os
import sys


class Counter(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "torch.optim.sgd":
            return None
        sys.meta_path.remove(cls)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            make = module.SGD.__init__

            def count(self, *arguments, **more):
                make(self, *arguments, **more)
                with open(os.environ["ATTACK_TRAININGS"], "a") as file:
                    file.write(f"{os.getpid()}\\n")

            module.SGD.__init__ = count

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Counter)
"""


class Missed(Exception):
    """The fault could not be made, for instance because the study had ended."""


@dataclass
class Driver:
    """A command that runs, at the head of a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    #: Whether it may end with exit code 2, because its disk was full for a while.
    excused: bool = False

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """Its exit code; None where it has not ended in time."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def group(self) -> dict[int, str]:
        """The living processes of its group by id, with their command lines."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError, ValueError):
                    state = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                    if int(state[2]) == self.process.pid and state[0] != "Z":
                        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                        found[int(entry.name)] = command.decode(errors="replace")
        return found

    def workers(self) -> list[int]:
        """The workers among them; the resource tracker of multiprocessing is none."""
        return [pid for pid, command in self.group().items() if "spawn_main" in command]


class Arena:
    """A directory in which one study is made, on a small disk of its own where there is one."""

    def __init__(self, folder: Path, study: str, workers: int, disk_bytes: int = 0) -> None:
        self.folder, self.study, self.workers = folder, study, workers
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        (folder / "counter").mkdir()
        (folder / "counter" / "sitecustomize.py").write_text(COUNTER)
        self.has_own_disk = bool(disk_bytes) and mount(self.disk, disk_bytes)
        self.drivers: list[Driver] = []
        #: What was wrong besides the results.
        self.complaints: list[str] = []
        self._stored: set[tuple[str, str, str]] = set()

    def start(self, *words: str, name: str = NAME) -> Driver:
        """The command of the study."""
        command = [sys.executable, "-m", "scaling_search", *self.words]
        command += [f"executor.workers={self.workers}", f"name={name}", *words]
        log = self.folder / f"log-{len(self.drivers)}.txt"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=self.disk,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                # What runs in the background of a shell ignores Ctrl-C; the study must not.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        self.drivers.append(Driver(process, log))
        return self.drivers[-1]

    @property
    def words(self) -> Sequence[str]:
        """Of the command."""
        return (*SMALL, *STUDIES[self.study])

    @property
    def environment(self) -> dict[str, str]:
        """Of the command."""
        path = os.pathsep.join([str(self.folder / "counter"), str(REPOSITORY)])
        return {"PYTHONPATH": path, "ATTACK_TRAININGS": str(self.folder / "trainings.txt")}

    @property
    def experiments(self) -> Path:
        return self.disk / "experiments"

    @property
    def cache(self) -> Path:
        return self.disk / "cache"

    @property
    def trainings(self) -> int:
        """How many trainings were begun."""
        with suppress(FileNotFoundError):
            return (self.folder / "trainings.txt").read_text().count("\n")
        return 0

    def stored(self) -> set[tuple[str, str, str]]:
        """The runs of the database with who finished them and when, as another reader sees it."""
        address = f"file:{self.experiments / 'store.db'}?mode=ro"
        query = "SELECT key, worker, finished_at FROM scaling_search_runs"
        # Where it cannot be read for a moment, what was last seen there.
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(address, uri=True, timeout=0.1)) as database,
        ):
            self._stored = {tuple(row) for row in database.execute(query)}
        return self._stored

    def results(self, name: str = NAME) -> dict[str, bytes]:
        """The files among RESULTS."""
        folder = self.experiments / name
        return {n: (folder / n).read_bytes() for n in RESULTS if (folder / n).is_file()}

    def files(self, pattern: str) -> list[Path]:
        """Files on the disk, of those that are no lock."""
        return sorted(path for path in self.disk.glob(pattern) if path.is_file())

    def close(self) -> None:
        """End what still runs and give the disk back."""
        for driver in self.drivers:
            kill_group(driver)
        if self.has_own_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_group(driver: Driver) -> None:
    """End a driver and its workers at once."""
    with suppress(ProcessLookupError):
        os.killpg(driver.process.pid, signal.SIGKILL)
    driver.wait(60)
    wait_until(lambda: not driver.group(), 60)


def mount(folder: Path, size: int) -> bool:
    """A disk of so many bytes at a folder; only root may make one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Look every 20 ms; whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
