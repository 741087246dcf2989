"""A study that trains nothing: settings, and results that follow from the spec."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scaling_search.baselines import BaselineSettings
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import DataSettings, Job, Recipe
from scaling_search.search import Budget, CostConstraint, GridSettings, OptunaSettings, RaceSettings
from scaling_search.study import (
    Conduct,
    FamilySettings,
    StudySettings,
    define,
    open_database,
    run_study,
    study_folder,
)
from scaling_search.study.progress import Progress

SETTINGS = StudySettings(
    baseline=BaselineSettings(name="efficientnet_micro", resolution=12),
    data=DataSettings(train_images=150, test_images=80),
    recipe=Recipe(name="smoke", epochs=2, batch_size=16),
    sweep=GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41], seeds=[0, 1]),
    constraint=CostConstraint(),
    family=FamilySettings(train_up_to=1.5, sizes=3, span=3.0),
)


def fake_outcome(job: Job) -> Any:
    """What a worker would give: errors that follow from the run's key, and a falling curve.

    A rung gives the beginning of the same curve, and no test error.
    """
    spec = job.spec
    noise = int(hashlib.sha256(spec.whole.key.encode()).hexdigest()[:4], 16) / 0xFFFF
    val = 0.3 + 0.1 * noise - 0.02 * (spec.seed % 8)
    curve = tuple(
        SimpleNamespace(
            epoch=epoch,
            train_loss=2.0 / epoch,
            val_error=val + 0.1 * (1 + noise) * (spec.recipe.epochs - epoch),
        )
        for epoch in range(1, spec.epochs + 1)
    )
    result = SimpleNamespace(
        status="finished",
        val_error=curve[-1].val_error,
        test_error=val + 0.01 if spec.rung is None else None,
        curve=curve,
        val_correct=b"\x0f",
        also={},
    )
    return SimpleNamespace(result=result, seconds=1.0, worker="host:1")


def diverged() -> Any:
    """What a worker would give of a run that diverged."""
    result = SimpleNamespace(
        status="diverged", val_error=None, test_error=None, curve=(), val_correct=b"", also={}
    )
    return SimpleNamespace(result=result, seconds=1.0, worker="host:1")


def unordered(job: Job) -> Future[Any]:
    """A fake outcome after a time of its own, so that later runs may end first."""
    future: Future[Any] = Future()
    delay = int(job.spec.key[:4], 16) / 0xFFFF / 200
    threading.Timer(delay, lambda: future.set_result(fake_outcome(job))).start()
    return future


def inline(
    function: Callable[[Job], Any] = fake_outcome, slots: int = 2
) -> InlineExecutor[Job, Any]:
    """An executor that trains nothing."""
    return InlineExecutor(function, slots)


def fake_study(
    experiments: Path,
    settings: StudySettings = SETTINGS,
    executor: InlineExecutor[Job, Any] | None = None,
    **conduct: Any,
) -> Path:
    """Carry a study out with a fake executor and give its folder, without its report."""
    how = Conduct(experiments_dir=str(experiments), **conduct)
    folder = study_folder(settings, how)
    definition, _ = define(settings, how)
    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(how)
    assert database is not None
    run_study(
        definition,
        how,
        folder,
        database,
        executor or inline(),
        "the command",
        lambda _step, _runs: Progress(),
    )
    database.close()
    return folder


BASE = replace(
    SETTINGS,
    recipe=replace(SETTINGS.recipe, epochs=3),
    family=replace(SETTINGS.family, train_up_to=0.5, sizes=2, span=2.0),
)
STUDIES = {
    "optuna": replace(BASE, sweep=OptunaSettings(asks=11, lag=2, round=2), budget=Budget(runs=17)),
    "rungs": replace(
        BASE,
        sweep=OptunaSettings(asks=11, lag=3, bracket=4, rungs=[1, 2], reduction=2, round=2),
        budget=Budget(runs=14),
    ),
    "race": replace(
        BASE,
        sweep=RaceSettings(alpha=[1.0, 1.19, 1.41], beta=[1.0, 1.12, 1.26], start=5, round=3),
        budget=Budget(runs=14),
    ),
}
