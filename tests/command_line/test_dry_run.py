"""A dry run prints the plan of a study or a network and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import BALANCE, OPTUNA, RACE, SMALL, SMALL_OPTUNA, STEP_0, Call
from folders import written


def test_a_dry_run_prints_the_plan_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    ended = call(*SMALL, "dry_run=true", "executor.workers=2")
    assert ended.code == 0
    for word in (
        "36 classes",
        "64 px",
        "searched_micro at 12 px",
        "distinct networks",
        "multiply-adds",
        "dropped",
        "paper",
        "uniform",
        "Runs:",
        "already trained",
        "Time: about",
        "2 workers",
        "Disk:",
        "Nothing was trained",
    ):
        assert word in ended.out, word
    assert written(tmp_path) == []


@pytest.mark.parametrize("sweep", [RACE, OPTUNA])
@pytest.mark.parametrize("words", [(), ("constraint.on=nominal", "constraint.tolerance=0.1")])
def test_a_dry_run_of_a_search_writes_nothing(
    call: Call, tmp_path: Path, sweep: str, words: tuple[str, ...]
) -> None:
    ended = call(sweep, *SMALL[1:], *words, "budget.runs=6", "dry_run=true")
    assert ended.code == 0
    for word in ("paper", "uniform", "to start STEP 1 with, at most 6 in all", "Nothing was"):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_a_dry_run_of_a_search_of_a_baseline(call: Call, tmp_path: Path) -> None:
    ended = call(STEP_0, "sweep.macs=600000", "dry_run=true", "executor.workers=2")
    assert ended.code == 0
    for word in (
        "STEP 0: 24 networks at 600,000 multiply-adds within 5 %",
        "searched_micro",
        "resnet50_micro",
        "to start with, at most 37 in all",
        "Nothing was trained",
    ):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_a_dry_run_of_exchanges_writes_nothing(call: Call, tmp_path: Path) -> None:
    ended = call(BALANCE, *SMALL[1:], "dry_run=true")
    assert ended.code == 0
    for word in (
        "7 points, 7 distinct networks",
        "more resolution, less depth",
        "Runs: 21; 0 of them",
        "Nothing was trained",
    ):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_fewer_asks_than_marked_points(call: Call) -> None:
    ended = call(*SMALL_OPTUNA, "sweep.asks=2", "dry_run=true")
    assert ended.code == 0
    assert "2 asks, the marked points first: 2 distinct networks" in ended.out


def test_a_dry_run_of_a_study_whose_points_need_more_than_the_native_resolution(
    call: Call,
) -> None:
    ended = call(*SMALL, "dry_run=true", "baseline.resolution=64")
    assert ended.code == 0
    assert "above the data's native 64 px" in ended.out


def test_a_dry_run_of_one_network(call: Call, tmp_path: Path) -> None:
    ended = call("coefficients.alpha=1.2", "phi=1", "dry_run=true")
    assert ended.code == 0
    assert "multiply-adds" in ended.out
    assert written(tmp_path) == []
