"""Real studies in processes of their own, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from small_study import RESULTS, SMALL

import scaling_search

CHECKOUT = Path(scaling_search.__file__).parents[1]
TINY = [
    *SMALL,
    "name=tiny",
    "+sweep=grid",
    "sweep.alpha=[1.0]",
    "sweep.beta=[1.0]",
    "sweep.seeds=[0,1]",
    "family.train_up_to=0.5",
    "family.sizes=2",
    "family.span=2",
    "executor.workers=2",
]
#: Three networks, of which two reach the second rung and one the end; then the race adds a run.
HALVING = [
    *SMALL,
    "name=tiny",
    "+sweep=optuna",
    # From the second rung to the end takes longer than looking at the database does.
    "recipe.epochs=10",
    "sweep.asks=3",
    "sweep.bracket=3",
    "sweep.lag=2",
    "sweep.rungs=[1,2]",
    "sweep.reduction=2",
    "budget.runs=4",
    "family.train_up_to=0",
    "family.sizes=1",
    "family.seeds=[0]",
]
#: Seconds that a slow machine may take for a step.
PATIENCE = 300


def start(
    folder: Path, cache: Path, *words: str, study: Sequence[str] = TINY
) -> subprocess.Popen[str]:
    """The tiny study in `folder`, at the head of a process group of its own."""
    command = [sys.executable, "-m", "scaling_search", *study, f"data.cache_dir={cache}", *words]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that runs in the background of a shell ignores Ctrl-C; the study must not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def results(folder: Path) -> dict[str, bytes]:
    """The files among RESULTS, and what was asked for where a sampler asked; of STEP 0 its own."""
    study = folder / "experiments" / "tiny"
    names: tuple[str, ...] = (*RESULTS, *(["asks.csv"] if (study / "asks.csv").exists() else []))
    if (study / "proposals.csv").exists():
        names = ("study.yaml", "proposals.csv", "runs.csv", "trials.csv", "baseline.yaml")
    return {name: (study / name).read_bytes() for name in names}


def group(process: subprocess.Popen[str]) -> dict[int, str]:
    """The living processes of its group by id, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(state[2]) == process.pid and state[0] != "Z":
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(entry.name)] = command
            except (OSError, ValueError):
                continue
    return found


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The workers among them; the resource tracker of multiprocessing is none."""
    return [pid for pid, command in group(process).items() if "spawn_main" in command]


def wait_for(
    what: str, condition: Callable[[], object], process: subprocess.Popen[str] | None = None
) -> None:
    """Look every 20 ms until `condition()` holds or the process has ended."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            return
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)
