"""A study whose runs train nothing: what is left is the loop, the database and the executor."""

from __future__ import annotations

import time
from pathlib import Path

from scaling_search.baselines import load_baseline
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import DataSettings, Job, Outcome, Recipe, RunSpec, RunStatus
from scaling_search.proxy.result import Epoch, RunResult
from scaling_search.study.database import Database
from scaling_search.study.loop import AllAtOnce, Progress, complete


def no_training(_: Job) -> Outcome:
    """The answer to every job."""
    curve = tuple(Epoch(e, 1.0, 0.5) for e in range(15))
    result = RunResult(
        status=RunStatus.FINISHED,
        val_error=0.5,
        test_error=0.5,
        curve=curve,
        val_correct=bytes(175),
    )
    return Outcome(result=result, seconds=0.0, worker="host:1")


def seconds_per_run(path: Path, runs: int) -> float:
    """Seconds that the driver spends on one of `runs` runs."""
    network = load_baseline("efficientnet_micro", 36, 1).network(1, 1)
    specs = [
        RunSpec(
            network=network,
            resolution=20,
            task="task",
            recipe=Recipe(),
            dropout=0.0,
            stochastic_depth=0.0,
            seed=seed,
            device="cpu",
            torch_version="torch",
        )
        for seed in range(runs)
    ]
    database = Database(f"sqlite:///{path}")
    started = time.perf_counter()
    complete(
        AllAtOnce(specs),
        database,
        InlineExecutor(no_training, 2),
        lambda spec: Job(spec=spec, data=DataSettings()),
        attempts=1,
        timeout=60,
        progress=Progress(),
    )
    seconds = time.perf_counter() - started
    database.close()
    return seconds / runs
