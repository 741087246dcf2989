"""Studies whose runs train nothing: what is left is the loop, the database, the report."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from scaling_search.baselines import BaselineSettings, load_baseline
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import DataSettings, Job, Outcome, Recipe, RunSpec, RunStatus
from scaling_search.proxy.result import Epoch, RunResult
from scaling_search.search import CostConstraint, GridSettings
from scaling_search.study import (
    Conduct,
    FamilySettings,
    StudySettings,
    define,
    open_database,
    run_study,
    study_folder,
)
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce


def no_training(job: Job) -> Outcome:
    """The answer to every job: an error that follows from the run's key."""
    error = 0.3 + int(job.spec.key[:4], 16) / 0xFFFF / 5
    curve = tuple(Epoch(e + 1, 1.0, error) for e in range(15))
    result = RunResult(
        status=RunStatus.FINISHED,
        val_error=error,
        test_error=error,
        curve=curve,
        val_correct=bytes(175),
    )
    return Outcome(result=result, seconds=0.0, worker="host:1")


def specs_of(runs: int) -> list[RunSpec]:
    """So many runs of one network."""
    network = load_baseline("efficientnet_micro", 36, 1).network(1, 1)
    first = RunSpec(
        network=network,
        resolution=20,
        task="task",
        recipe=Recipe(),
        dropout=0.0,
        stochastic_depth=0.0,
        seed=0,
        device="cpu",
        torch_version="torch",
    )
    return [replace(first, seed=seed) for seed in range(runs)]


def seconds_per_run(store: str, runs: int) -> float:
    """Seconds that the driver spends on one of `runs` runs."""
    specs = specs_of(runs)
    database = Database(store)
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


def large_study(experiments: Path) -> Path:
    """The folder of a grid of 340 or more networks of B7, without its report."""
    shares = [float(2**share) for share in np.linspace(0, 1, 80)]
    settings = StudySettings(
        baseline=BaselineSettings(name="efficientnet_b7", resolution=64),
        data=DataSettings(train_images=150, test_images=80),
        recipe=Recipe(),
        sweep=GridSettings(alpha=shares, beta=[math.sqrt(share) for share in shares], seeds=[0]),
        constraint=CostConstraint(),
        family=FamilySettings(),
    )
    conduct = Conduct(experiments_dir=str(experiments))
    definition, _ = define(settings, conduct)
    folder = study_folder(settings, conduct)
    folder.mkdir(parents=True)
    database = open_database(conduct)
    assert database is not None
    executor = InlineExecutor(no_training, 2)
    run_study(definition, conduct, folder, database, executor, "", lambda *_: Progress())
    database.close()
    return folder


def sleeping(job: Job, _say: object) -> Outcome:
    """The same answer after half a second to a second and a half, in a worker."""
    time.sleep(0.5 + int(job.spec.key[4:8], 16) / 0xFFFF)
    return no_training(job)
