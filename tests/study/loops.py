"""The loop propose -> run -> record, carried through by an executor that trains nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import SETTINGS, fake_outcome, inline

from scaling_search.execution import InlineExecutor
from scaling_search.proxy import Job, RunSpec
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce, Proposer


def specs_of(spec: RunSpec, count: int) -> list[RunSpec]:
    return [replace(spec, seed=seed) for seed in range(count)]


def carry_through(
    proposer: Proposer | Sequence[RunSpec],
    database: Database,
    function: Callable[[Job], Any] = fake_outcome,
    *,
    slots: int = 2,
    attempts: int = 2,
    timeout: float = 60,
    weights: Path | None = None,
) -> tuple[Progress, InlineExecutor[Job, Any]]:
    if isinstance(proposer, Sequence):
        proposer = AllAtOnce(proposer)
    executor, progress = inline(function, slots), Progress()
    complete(
        proposer,
        database,
        executor,
        lambda wanted: Job(spec=wanted, data=SETTINGS.data, weights=weights),
        attempts=attempts,
        timeout=timeout,
        progress=progress,
    )
    return progress, executor
