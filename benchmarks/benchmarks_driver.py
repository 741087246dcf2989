"""A study whose runs train nothing: what is left is the loop, the database and the executor."""

from __future__ import annotations

import time
from pathlib import Path

from scaling_search.baselines import load_baseline
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import DataSettings, Job, Outcome, Recipe, RunSpec
from scaling_search.proxy.training import Epoch, RunResult
from scaling_search.study.database import Database
from scaling_search.study.loop import AllAtOnce, Progress, complete


def no_training(_: Job) -> Outcome:
    """The answer to every job."""
    curve = tuple(Epoch(e, 1.0, 0.5) for e in range(15))
    return Outcome(RunResult("finished", 0.5, 0.5, curve, bytes(175)), 0.0, "host:1")


def seconds_per_run(path: Path, runs: int) -> float:
    """Seconds that the driver spends on one of `runs` runs."""
    network = load_baseline("efficientnet_micro", 36, 1).network(1, 1)
    specs = [
        RunSpec(network, 20, "task", Recipe(), 0.0, 0.0, seed, "cpu", "torch", 1)
        for seed in range(runs)
    ]
    database = Database(f"sqlite:///{path}")
    started = time.perf_counter()
    complete(
        AllAtOnce(specs),
        database,
        InlineExecutor(no_training, 2),
        lambda spec: Job(spec, DataSettings()),
        attempts=1,
        timeout=60,
        progress=Progress(),
    )
    seconds = time.perf_counter() - started
    database.close()
    return seconds / runs
