"""A whole study that is typed, and trained by a fake executor in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import Call, type_words
from fakes import fake_outcome, inline
from small_study import SMALL

from scaling_search.execution import ExecutorSettings, InlineExecutor
from scaling_search.proxy import Job

TINY = [
    *SMALL,
    "+sweep=grid",
    "sweep.alpha=[1.0,1.41]",
    "sweep.beta=[1.0,1.41]",
    "family.train_up_to=1",
    "family.sizes=2",
    "family.span=3",
    "executor.workers=2",
]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Type a command; gives code, out, err and the jobs that it trained."""
    monkeypatch.chdir(tmp_path)
    # Drawing takes most of a command's time here; tests of the report draw.
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")

    def run(
        *words: str,
        function: Callable[[Job], Any] = fake_outcome,
        study: Sequence[str] = TINY,
    ) -> SimpleNamespace:
        executors: list[InlineExecutor[Job, Any]] = []

        def start(
            settings: ExecutorSettings, _function: object, device: str, *_: object, most: int = 1024
        ) -> InlineExecutor[Job, Any]:
            executors.append(inline(function, min(most, settings.slots(device))))
            return executors[-1]

        monkeypatch.setattr(ExecutorSettings, "start", start)
        ended = type_words(monkeypatch, capsys, *study, *words, "data.cache_dir=cache")
        assert "Traceback" not in ended.out + ended.err
        ended.jobs = [job for e in executors for job in e.tasks]
        return ended

    return run
