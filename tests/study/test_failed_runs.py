"""Commands whose runs fail or diverge: what is said, and what the next time trains."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from commands import Call
from committed import long_but
from fakes import diverged, fake_outcome
from small_study import SMALL, content

from scaling_search.execution import WorkerLost
from scaling_search.proxy import Job

#: Keys of runs in other words, so that messages differ by more than numbers.
LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


def test_failed_runs_are_listed_and_trained_the_next_time(call: Call, tmp_path: Path) -> None:
    def seed_1_fails(job: Job) -> Any:
        if job.spec.seed == 1:
            raise RuntimeError("boom")
        return fake_outcome(job)

    first = call("name=a", function=seed_1_fails)
    assert first.code == 1
    assert "Report: " in first.out
    assert first.out.count("failed: run ") == 5 + 2
    folder = tmp_path / "experiments" / "a"
    assert "boom" in (folder / "environment.json").read_text()
    assert "boom" in (folder / "report.html").read_text()
    assert set(pd.read_csv(folder / "runs.csv")["seed"]) == {0}
    assert call("name=a").code == 0
    call("name=a", "experiments_dir=alone")
    assert content(folder) == content(tmp_path / "alone" / "a")
    assert json.loads((folder / "environment.json").read_text())["failures"] == []


def test_where_all_runs_diverge_the_report_says_so(call: Call, tmp_path: Path) -> None:
    ended = call("name=a", function=lambda _: diverged())
    assert ended.code == 0
    assert "runs of STEP 1 diverged, so there is no answer." in ended.out
    report = (tmp_path / "experiments" / "a" / "report.md").read_text()
    assert "Look at the training" in report
    assert "Repeat the command" not in report


def test_a_family_that_fails_is_a_gap_in_the_report(call: Call, tmp_path: Path) -> None:
    left = iter(range(10))

    def step_2_fails(job: Job) -> Any:
        if next(left, None) is None:
            raise WorkerLost("its worker died (signal 9)")
        return fake_outcome(job)

    ended = call("name=a", function=step_2_fails)
    assert ended.code == 1
    folder = tmp_path / "experiments" / "a"
    assert json.loads((folder / "winner.json").read_text())["trial"] is not None
    assert "its worker died (signal 9)" in (folder / "report.md").read_text()
    assert call("name=a").code == 0


@pytest.mark.parametrize(
    ("sweep", "error"),
    [
        ("grid", MemoryError()),
        ("grid", RuntimeError("boom")),
        *(
            pytest.param(sweep, error, marks=pytest.mark.long)
            for sweep, error in (
                ("grid", WorkerLost("its worker died (signal 9)")),
                ("observation1", MemoryError()),
                ("balance", MemoryError()),
                ("optuna", MemoryError()),
            )
        ),
    ],
)
def test_a_study_in_which_nothing_finished(
    call: Call, tmp_path: Path, error: Exception, sweep: str
) -> None:
    def fails(_: Job) -> Any:
        raise error

    study = [*SMALL, f"+sweep={sweep}", "name=a", "sweep.seeds=[0,1]"]
    ended = call(function=fails, study=study)
    assert ended.code == 1
    assert ended.out.count("failed: run ") > 0
    assert "no run has finished" in ended.err
    folder = tmp_path / "experiments" / "a"
    assert not (folder / "report.html").exists()
    assert len(json.loads((folder / "environment.json").read_text())["failures"]) > 3
    assert call(study=study).code == 0


def test_many_failures_fit_on_a_screen(call: Call, tmp_path: Path) -> None:
    def fails(job: Job) -> Any:
        raise RuntimeError(f"boom in {job.spec.key.translate(LETTERS)}")

    ended = call("name=a", "sweep.seeds=[0,1,2,3,4,5,6,7,8,9]", function=fails)
    assert ended.out.count("failed: ") == 21
    assert "failed: 30 more, which experiments/a/environment.json lists" in ended.out


@pytest.mark.parametrize("sweep", long_but(["grid", "race", "baseline"], "grid"))
def test_where_the_first_runs_fail_alike_no_others_are_tried(call: Call, sweep: str) -> None:
    def fails(_: Job) -> Any:
        raise RuntimeError("view size is not compatible")

    study = [*SMALL[1:], f"+sweep={sweep}", "name=a", "sweep.seeds=[0,1]"]
    study += ["sweep.asks=5"] if sweep == "baseline" else []
    ended = call(function=fails, study=study)
    assert ended.code == 1
    # Besides, what was in the other slot by then.
    assert len({job.spec.key for job in ended.jobs}) in (4, 5)
    assert ended.out.count("view size is not compatible") in (4, 5)
    assert "the first 4 runs failed alike" in ended.out
    assert "no run has finished" in ended.err
    assert "view size is not compatible" in ended.err


@pytest.mark.parametrize(
    "said",
    [
        "mat1 and mat2 shapes cannot be multiplied ({px}x{px} and 576x10)",
        "no metrics.json in runs/{key}",
        "the last line was 'mAP: {error}', the last loss {error:.3e}",
        "the last line was 'loss {signed:.2f} after 0:{px}:07'",
        "the last line was 'loss {some}'",
        "no such shape: {shape}",
        "No such file: '/tmp/{temporary}/out.json'",
    ],
)
def test_numbers_do_not_part_what_fails_alike(call: Call, said: str) -> None:
    def fails(job: Job) -> Any:
        error = fake_outcome(job).result.val_error
        times = next(number)
        values = {
            "signed": (-1) ** times * error,
            "some": math.nan if times % 2 else error,
            "shape": [1, *range(times)],
            "temporary": f"tmp{'abcdefgh'[times % 8] * 7}_",
        }
        told = {"px": job.spec.resolution, "key": job.spec.key, "error": error, **values}
        raise RuntimeError(said.format(**told))

    number = itertools.count()

    ended = call("name=a", "sweep.seeds=[0,1]", function=fails)
    assert len({job.spec.key for job in ended.jobs}) in (4, 5)
    assert "the first 4 runs failed alike" in ended.out


def test_failures_after_a_result_stop_nothing(call: Call) -> None:
    first: list[str] = []

    def fails_later(job: Job) -> Any:
        first[:] = first or [job.spec.key]
        if job.spec.key == first[0]:
            return fake_outcome(job)
        raise RuntimeError("boom")

    ended = call("name=a", "sweep.seeds=[0,1,2,3]", function=fails_later)
    assert ended.code == 1
    assert ended.out.count("failed: run ") > 4
    assert "failed alike" not in ended.out


@pytest.mark.parametrize("fails", [True, False])
def test_one_network(call: Call, fails: bool) -> None:
    def function(job: Job) -> Any:
        if fails:
            raise MemoryError
        return fake_outcome(job)

    ended = call(function=function, study=SMALL)
    assert ended.code == int(fails)
    assert ("failed: run " in ended.out) == fails
    assert ("seed 0: val error" in ended.out) != fails


def test_all_runs_diverged_is_an_answer(call: Call, tmp_path: Path) -> None:
    result = SimpleNamespace(
        status="diverged", val_error=None, test_error=None, curve=(), val_correct=b"", also={}
    )
    outcome = SimpleNamespace(result=result, seconds=1.0, worker="host:1")
    ended = call("name=a", function=lambda _: outcome)
    assert ended.code == 0
    winner = json.loads((tmp_path / "experiments" / "a" / "winner.json").read_text())
    assert (winner["trial"], winner["decided"]) == (None, False)
    assert call("name=a").jobs == []
