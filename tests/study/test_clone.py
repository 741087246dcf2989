"""A study folder that came from elsewhere, such as a clone's, brings its runs with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes import fake_study, inline

from scaling_search.study.folder import read_records

RECORDS = ("study.yaml", "runs.csv", "curves.csv", "timings.csv")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_study(tmp_path_factory.mktemp("original"), name="study")


@pytest.fixture
def clone(original: Path, tmp_path: Path) -> Path:
    """The records alone; there is no database beside them."""
    folder = tmp_path / "study"
    folder.mkdir()
    for name in RECORDS:
        shutil.copy(original / name, folder / name)
    return folder


def test_nothing_is_trained_again(original: Path, clone: Path) -> None:
    executor = inline()
    fake_study(clone.parent, executor=executor, name="study")
    assert executor.tasks == []
    for name in RECORDS:
        assert (clone / name).read_bytes() == (original / name).read_bytes(), name


def test_only_missing_runs_are_trained(original: Path, clone: Path) -> None:
    lines = (clone / "runs.csv").read_text().splitlines(keepends=True)
    (clone / "runs.csv").write_text("".join(lines[:-3]))
    executor = inline()
    fake_study(clone.parent, executor=executor, name="study")
    assert len(executor.tasks) == 3
    assert (clone / "runs.csv").read_bytes() == (original / "runs.csv").read_bytes()


def test_fresh_takes_nothing_over(clone: Path) -> None:
    known = len(read_records(clone))
    executor = inline()
    fake_study(clone.parent, executor=executor, name="study", fresh=True)
    assert len(executor.tasks) == known > 0


@pytest.mark.parametrize("damage", ["key", "number", "no timings", "torn"])
def test_a_damaged_row_is_trained_again(clone: Path, damage: str) -> None:
    before = read_records(clone)
    text = (clone / "runs.csv").read_text()
    first = next(iter(before.values()))
    if damage == "key":
        (clone / "runs.csv").write_text(text.replace('""resolution"": 12', '""resolution"": 13', 1))
    elif damage == "number":
        (clone / "runs.csv").write_text(text.replace(f",{first.val_error},", ",a third,", 1))
    elif damage == "no timings":
        (clone / "timings.csv").unlink()
    else:
        (clone / "runs.csv").write_text(text[: text.index("\n") + 60])
    left = read_records(clone)
    assert len(left) < len(before)
    assert all(before[content] == run for content, run in left.items())
