"""One finished study for all tests of the report; it was trained by a fake executor."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes import fake_study

#: All that a report is made of.
SOURCES = ("study.yaml", "environment.json", "runs.csv", "curves.csv", "timings.csv")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of a finished study; its database and its data are gone."""
    folder = fake_study(tmp_path_factory.mktemp("experiments"), name="study")
    for file in folder.parent.glob("store.db*"):
        file.unlink()
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of the five files to write a report beside."""
    folder = tmp_path / "study"
    folder.mkdir()
    for name in SOURCES:
        shutil.copy(finished / name, folder / name)
    return folder


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out where a test is not about them; they take most of the time."""
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
