"""Real trainings of a study of transfer: equal to the last bit wherever the weights came from."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import type_words
from fakes import inline
from small_study import SMALL, content

from scaling_search.execution import ExecutorSettings
from scaling_search.reproduce import reproduce

SEARCH = [
    *("+sweep=grid", *SMALL, "name=source", "sweep.alpha=[1.0]", "sweep.beta=[1.0,1.41]"),
    *("family.train_up_to=1", "family.sizes=2", "family.span=3", "executor.workers=2"),
]
TARGET = [
    *("+sweep=transfer", "sweep.study=experiments/source", "name=target", "recipe=smoke"),
    *("recipe.batch_size=8", "data.train_images=90", "data.test_images=72", "data.seed=1"),
    *("sweep.seeds=[0]", "executor.workers=2"),
]
RESULTS = ("runs.csv", "curves.csv", "points.csv", "verdict.json")


@pytest.fixture
def type_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Type a command whose runs are carried out in this process, one after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    monkeypatch.setattr(ExecutorSettings, "start", lambda _self, train, *_, **__: inline(train, 1))
    words = ("data.cache_dir=cache",)
    return lambda *more: type_words(monkeypatch, capsys, *more, *words)


def forget_database() -> None:
    for path in Path("experiments").glob("store.db*"):
        path.unlink()


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="a pipe")
def test_results_do_not_depend_on_where_the_weights_came_from(
    type_here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert type_here(*SEARCH).code == 0
    told = type_here(*TARGET, "dry_run=true").out
    assert "Again: 4 runs are known, but not the weights from which others start" in told
    first = type_here(*TARGET)
    assert first.code == 0, first.err
    folder, starts = Path("experiments/target"), Path("experiments/starts")
    before = content(folder, RESULTS)
    kept = {path.name: path.read_bytes() for path in starts.iterdir()}
    assert kept
    # All runs of the source known, their weights gone, damaged, or something else altogether.
    text = (folder / "runs.csv").read_text()
    for number, name in enumerate(sorted(kept)):
        path = starts / name
        if number == 0:
            path.write_bytes(kept[name][:-7])
        elif number == 1:
            path.unlink()
            os.mkfifo(path)
        else:
            path.unlink()
    forget_database()
    (folder / "runs.csv").write_text(without_tuned(text))
    again = type_here(*TARGET)
    assert again.code == 0, again.err
    assert content(folder, RESULTS) == before
    assert {path.name: path.read_bytes() for path in starts.iterdir()} == kept

    # Kept by the search itself: nothing of the source is trained again.
    forget_database()
    search, runs = Path("experiments/source"), pd.read_csv(folder / "runs.csv")
    (search / "weights").mkdir()
    for run in runs[runs["step"] == "source"].itertuples():
        path = search / "weights" / f"{run.trial}-seed{run.seed}.safetensors"
        (starts / f"{run.run}.safetensors").rename(path)
    (folder / "runs.csv").write_text(without_tuned(text))
    assert "Again:" not in type_here(*TARGET, "dry_run=true").out
    with monkeypatch.context() as patch:
        patch.setattr("scaling_search.proxy.start.carry_out", pytest.fail)
        again = type_here(*TARGET)
    assert again.code == 0, again.err
    assert content(folder, RESULTS) == before
    assert {path.name: path.read_bytes() for path in starts.iterdir()} == kept
    shutil.rmtree(search / "weights")

    # By real workers, two at a time, from nothing.
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    forget_database()
    shutil.rmtree(starts)
    shutil.rmtree(folder)
    assert os.system(command(TARGET)) == 0
    assert content(folder, RESULTS) == before

    # From the folder alone, on another day.
    shutil.rmtree(starts)
    assert reproduce(folder, "cache", all_runs=False, trust=False)


def without_tuned(text: str) -> str:
    """runs.csv as it was before anything was fine-tuned."""
    return "".join(line for line in text.splitlines(keepends=True) if ",tuned," not in line)


def command(words: list[str]) -> str:
    quoted = " ".join(f"'{word}'" for word in (*words, "data.cache_dir=cache"))
    return f"{sys.executable} -m scaling_search {quoted} > out.txt 2> err.txt"
