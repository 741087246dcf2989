"""Databases of each kind, and a whole study that a fake executor trains in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import Call, type_words
from fakes import SETTINGS, fake_outcome, inline
from postgresql_server import Server, missing, server
from small_study import SMALL

from scaling_search.execution import ExecutorSettings, InlineExecutor
from scaling_search.proxy import Job, RunSpec
from scaling_search.study import Conduct, define
from scaling_search.study.database import Database

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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of these tests' own."""
    if reason := missing():
        pytest.skip(reason)
    with server() as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    found: Server = request.getfixturevalue("postgresql")
    return found.new_url()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Without figures and Optuna's copy, which take most of a fake study's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
        patch.setattr("scaling_search.study.running.copy_for_dashboard", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def spec() -> RunSpec:
    """Of some run."""
    definition, _ = define(SETTINGS, Conduct())
    return definition.search_runs[0].spec


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
            settings: ExecutorSettings,
            _function: object,
            device: str,
            *_: object,
            most: int = 1024,
            alike: bool = False,
        ) -> InlineExecutor[Job, Any]:
            executors.append(inline(function, min(most, settings.slots(device))))
            return executors[-1]

        monkeypatch.setattr(ExecutorSettings, "start", start)
        ended = type_words(monkeypatch, capsys, *study, *words, "data.cache_dir=cache")
        assert "Traceback" not in ended.out + ended.err
        ended.jobs = [job for e in executors for job in e.tasks]
        return ended

    return run
