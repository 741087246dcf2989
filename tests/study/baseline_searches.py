"""Small searches of a baseline that train nothing, and a user's interruption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fakes import BASE, fake_outcome
from spaces import OPTIONS

from scaling_search.proxy import Job
from scaling_search.search import Budget
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.study import FamilySettings

SMALL: dict[str, Any] = {**OPTIONS, "resolutions": [12, 16], "asks": 9, "finalists": 2}
PLAIN = replace(
    BASE,
    sweep=BaselineSearchSettings(**SMALL, macs=400_000, compare=["resnet50_micro"]),
    family=FamilySettings(),
)
SEARCHES = {
    "plain": PLAIN,
    "rungs": replace(
        PLAIN,
        sweep=replace(PLAIN.sweep, rungs=[1, 2], lag=4, bracket=5, reduction=2),
        budget=Budget(runs=16),
    ),
    "pareto": replace(PLAIN, sweep=replace(PLAIN.sweep, objective="pareto", sampler="nsgaii")),
}


def interrupted_after(jobs: int) -> Callable[[Job], Any]:
    left = iter(range(jobs))

    def function(job: Job) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return fake_outcome(job)

    return function
