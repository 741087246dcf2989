"""What a plan shows, and what it refuses before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import SETTINGS

from scaling_search.errors import InvalidInput
from scaling_search.proxy import proxy_task
from scaling_search.search import GridSettings
from scaling_search.study import Conduct, define, make_plan, print_plan
from scaling_search.study.kinds import kind_of


def lines_of(sweep: GridSettings, tmp_path: Path) -> list[str]:
    conduct = Conduct(experiments_dir=str(tmp_path))
    definition, task = define(replace(SETTINGS, sweep=sweep), conduct)
    assert task.facts == proxy_task(SETTINGS.data).facts
    written: list[str] = []
    print_plan(make_plan(definition, task, None, 2), written.append)
    return written


def test_a_plan_of_three_thousand_points(tmp_path: Path) -> None:
    alpha = [float(v) for v in np.geomspace(1, 2, 55)]
    beta = [float(v) for v in np.geomspace(1, 2**0.5, 55)]
    lines = lines_of(GridSettings(alpha=alpha, beta=beta), tmp_path)
    assert len(lines) < 70
    assert max(len(line) for line in lines) < 400
    assert any("3030 points" in line for line in lines)
    assert any(line.startswith("  and ") and line.endswith(" more") for line in lines)
    # The points that every study compares stay in sight.
    for mark in ("paper", "uniform", "depth", "width"):
        assert any(mark in line for line in lines), mark


def test_a_small_plan_is_shown_whole(tmp_path: Path) -> None:
    lines = lines_of(GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41]), tmp_path)
    assert not any(line.startswith("  and ") for line in lines)


@pytest.mark.parametrize("below", ["", "deep/down"])
def test_folder_of_pixels_that_cannot_be_made_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    folder = tmp_path / "file" / below
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(folder)))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    with pytest.raises(InvalidInput) as refused:
        make_plan(definition, task, None, 2)
    message = str(refused.value)
    assert message.startswith(f"data.cache_dir is {str(folder)!r}, but {tmp_path / 'file'} is no")
    assert message.endswith("set it to a folder that can be made and written to")
    assert (tmp_path / "file").read_text() == "mine"


def test_pixels_without_a_digest_are_counted_as_missing(tmp_path: Path) -> None:
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(tmp_path / "cache")))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    before = make_plan(definition, task, None, 2).caches.bytes
    assert before > 0
    for resolution in {run.spec.resolution for run in kind_of(definition).first_runs()}:
        task.load(resolution)
    assert make_plan(definition, task, None, 2).caches.bytes == 0
    for digest in (tmp_path / "cache").glob("*.sha256"):
        digest.unlink()
    assert make_plan(definition, task, None, 2).caches.bytes == before
