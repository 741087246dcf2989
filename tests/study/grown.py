"""Studies of growth whose runs are not trained, of a finished search."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import SETTINGS, fake_outcome, fake_study

from scaling_search.proxy import Job
from scaling_search.series import GrowthSettings
from scaling_search.study import FamilySettings, StudySettings
from scaling_search.whole_files import write_whole


def finished_search(experiments: Path) -> Path:
    """A search with what of its report others read: the winner."""
    folder = fake_study(experiments, name="a")
    winner = {"trial": "a", "alpha": 1.2, "beta": 1.1, "gamma": 1.1}
    (folder / "winner.json").write_text(json.dumps(winner))
    return folder


def settings_of(study: Path, epochs: int = 10, **sweep: Any) -> StudySettings:
    """A study of growth of a search."""
    return replace(
        SETTINGS,
        sweep=GrowthSettings(**{"study": str(study), "seeds": [0, 1], **sweep}),
        recipe=replace(SETTINGS.recipe, epochs=epochs),
        family=FamilySettings(),
    )


def outcome(job: Job, test_error: Callable[[Job], float] | None = None) -> Any:
    """What a training gives that keeps weights where it is told to."""
    if job.weights is not None:
        write_whole(job.weights, b"weights")
    found = fake_outcome(job)
    if test_error is not None:
        found.result.test_error = test_error(job)
    return found
