"""Whole studies through the command line, trained by a fake executor in this process."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from fakes import fake_outcome, inline
from filelock import FileLock

import scaling_search.__main__ as command
from scaling_search.execution import ExecutorSettings, InlineExecutor, WorkerLost
from scaling_search.proxy import Job
from scaling_search.sweep import command_line

SMALL = [
    "recipe=smoke",
    "data.train_images=150",
    "data.test_images=80",
    "recipe.batch_size=16",
    "baseline.resolution=12",
]
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
#: What must not depend on when and how often a study was interrupted.
RESULTS = ("study.yaml", "runs.csv", "curves.csv", "trials.csv", "family.csv", "winner.json")

Call = Callable[..., SimpleNamespace]


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

        def start(_self: object, _function: object, slots: int) -> InlineExecutor[Job, Any]:
            executors.append(inline(function, slots))
            return executors[-1]

        monkeypatch.setattr(ExecutorSettings, "start", start)
        monkeypatch.setattr(sys, "argv", ["scaling_search", *study, *words, "data.cache_dir=cache"])
        capsys.readouterr()
        code = 0
        try:
            command.main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return SimpleNamespace(
            code=code, out=out, err=err, jobs=[job for e in executors for job in e.tasks]
        )

    return run


def content(folder: Path, names: tuple[str, ...] = RESULTS) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}


def test_repeating_a_command_trains_nothing_and_changes_nothing(call: Call, tmp_path: Path) -> None:
    first = call("name=a")
    assert (first.code, len(first.jobs)) == (
        0,
        pd.read_csv("experiments/a/runs.csv")["run"].nunique(),
    )
    folder = tmp_path / "experiments" / "a"
    names = tuple(p.name for p in folder.iterdir() if p.is_file() and p.name != ".lock")
    assert {"report.html", "report.md", "forecast.json", "timings.csv"} <= set(names)
    before = content(folder, names)
    again = call("name=a")
    assert (again.code, again.jobs) == (0, [])
    assert content(folder, names) == before
    assert "10 of the first ones are already trained" in again.out


def test_a_run_of_both_steps_is_timed_once(call: Call) -> None:
    """phi = 1 of the family is the winner of STEP 1: trained once, so it took its time once."""
    ended = call("name=a")
    assert len(pd.read_csv("experiments/a/runs.csv")) == len(ended.jobs)
    for name in ("runs.csv", "timings.csv", "curves.csv"):
        table = pd.read_csv(f"experiments/a/{name}")
        assert not table.duplicated().any(), name


def test_a_second_study_trains_only_what_the_first_has_not(call: Call, tmp_path: Path) -> None:
    first = call("name=a")
    second = call("name=b", "sweep.seeds=[0,1,2]")
    assert {job.spec.seed for job in second.jobs} == {2}
    alone = call("name=b", "sweep.seeds=[0,1,2]", "experiments_dir=alone")
    assert len(alone.jobs) == len(first.jobs) + len(second.jobs)
    assert content(tmp_path / "experiments" / "b") == content(tmp_path / "alone" / "b")


def test_another_configuration_under_the_same_name_is_refused(call: Call, tmp_path: Path) -> None:
    call("name=a")
    before = content(tmp_path / "experiments" / "a")
    for words, named in (
        (["recipe.epochs=2"], ["recipe.epochs: 1 before, 2 now"]),
        (["sweep.seeds=[0,1,2]"], ["sweep.seeds", "[0, 1, 2] now"]),
        (["data.seed=1"], ["data.seed: 0 before, 1 now"]),
        (["family.span=2", "constraint.tolerance=0.1"], ["family.span", "constraint.tolerance"]),
    ):
        refused = call("name=a", *words)
        assert (refused.code, refused.jobs) == (2, [])
        for word in (*named, "name=", "fresh=true"):
            assert word in refused.err
        assert content(tmp_path / "experiments" / "a") == before


def test_what_changes_no_result_is_no_other_configuration(call: Call) -> None:
    call("name=a")
    again = call("name=a", "executor.workers=1", "executor.attempts=3", "executor.timeout=50")
    assert (again.code, again.jobs) == (0, [])


def test_fresh_replaces_the_study_and_keeps_shared_runs(call: Call, tmp_path: Path) -> None:
    call("name=a")
    fresh = call("name=a", "sweep.seeds=[1,2]", "fresh=true")
    assert fresh.code == 0
    assert {job.spec.seed for job in fresh.jobs} == {2}
    call("name=a", "sweep.seeds=[1,2]", "experiments_dir=alone")
    assert content(tmp_path / "experiments" / "a") == content(tmp_path / "alone" / "a")
    # The database still has what the replaced study trained.
    assert call("name=a", "fresh=true").jobs == []


def test_fresh_leaves_what_is_not_the_studys(call: Call, tmp_path: Path) -> None:
    call("name=a")
    notes = tmp_path / "experiments" / "a" / "my notes.txt"
    notes.write_text("mine")
    call("name=a", "fresh=true")
    assert notes.exists()


def test_a_refused_fresh_study_leaves_the_old_one(call: Call, tmp_path: Path) -> None:
    call("name=a")
    before = content(tmp_path / "experiments" / "a")
    refused = call("name=a", "fresh=true", "constraint.tolerance=1e-9")
    assert (refused.code, refused.jobs) == (2, [])
    assert content(tmp_path / "experiments" / "a") == before


def test_a_second_driver_on_the_same_study_is_refused(call: Call, tmp_path: Path) -> None:
    call("name=a")
    before = content(tmp_path / "experiments" / "a")
    lock = FileLock(tmp_path / "experiments" / "a" / ".lock")
    with lock:
        for words in ((), ("fresh=true",)):
            refused = call("name=a", *words)
            assert (refused.code, refused.jobs) == (2, [])
            assert "another process" in refused.err
            assert "name=" in refused.err
        assert content(tmp_path / "experiments" / "a") == before
        assert call("name=b").code == 0
    assert call("name=a").code == 0


def test_a_lost_database_is_no_reason_to_train_again(call: Call, tmp_path: Path) -> None:
    call("name=a")
    folder = tmp_path / "experiments" / "a"
    before = content(folder, ("runs.csv", "curves.csv"))
    for file in folder.parent.glob("store.db*"):
        file.unlink()
    for words in (["dry_run=true"], []):
        again = call("name=a", *words)
        assert (again.code, again.jobs) == (0, [])
        assert "10 of the first ones are already trained" in again.out
    assert content(folder, ("runs.csv", "curves.csv")) == before


def test_ctrl_c_says_what_is_saved_and_the_next_time_goes_on(call: Call, tmp_path: Path) -> None:
    done: list[str] = []

    def fifth_is_interrupted(job: Job) -> Any:
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(job.spec.key)
        return fake_outcome(job)

    stopped = call("name=a", function=fifth_is_interrupted)
    assert stopped.code == 130
    assert "kept" in stopped.err
    assert "repeat the same command" in stopped.err
    on = call("name=a")
    call("name=a", "experiments_dir=alone")
    assert content(tmp_path / "experiments" / "a") == content(tmp_path / "alone" / "a")
    assert 0 < len(on.jobs) < len(pd.read_csv(tmp_path / "alone" / "a" / "runs.csv"))


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


@pytest.mark.parametrize("sweep", ["grid", "observation1", "optuna"])
@pytest.mark.parametrize(
    "error", [MemoryError(), WorkerLost("its worker died (signal 9)"), RuntimeError("boom")]
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
    def fails(_: Job) -> Any:
        raise RuntimeError("boom")

    ended = call("name=a", "sweep.seeds=[0,1,2,3,4,5,6,7,8,9]", function=fails)
    assert ended.out.count("failed: ") == 21
    assert "failed: 30 more, which experiments/a/environment.json lists" in ended.out


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
        status="diverged", val_error=None, test_error=None, curve=(), val_correct=b""
    )
    outcome = SimpleNamespace(result=result, seconds=1.0, worker="host:1")
    ended = call("name=a", function=lambda _: outcome)
    assert ended.code == 0
    winner = json.loads((tmp_path / "experiments" / "a" / "winner.json").read_text())
    assert (winner["trial"], winner["decided"]) == (None, False)
    assert call("name=a").jobs == []


def test_the_test_error_decides_nothing(call: Call, tmp_path: Path) -> None:
    def test_error_misleads(job: Job) -> Any:
        outcome = fake_outcome(job)
        outcome.result.test_error = (
            int(hashlib.sha256(job.spec.key.encode()).hexdigest(), 16) % 7 / 7
        )
        return outcome

    call("name=a")
    call("name=a", "experiments_dir=misled", function=test_error_misleads)
    a, b = tmp_path / "experiments" / "a", tmp_path / "misled" / "a"
    assert (a / "trials.csv").read_bytes() == (b / "trials.csv").read_bytes()
    left, right = (json.loads((f / "winner.json").read_text()) for f in (a, b))
    # Remarks may speak of the family's forecast.
    assert {**left, "remarks": 0} == {**right, "remarks": 0}
    columns = ["run", "step", "trial", "seed", "val_error"]
    pd.testing.assert_frame_equal(
        pd.read_csv(a / "runs.csv")[columns], pd.read_csv(b / "runs.csv")[columns]
    )


def test_family_sizes_below_the_smallest_network_cost_no_study(call: Call, tmp_path: Path) -> None:
    ended = call("name=a", "family.span=10", "family.train_up_to=0.5")
    # Refused before training, or trained with what there is; never after STEP 1 is trained.
    if ended.code == 0:
        assert (tmp_path / "experiments" / "a" / "report.html").exists()
    else:
        assert (ended.code, ended.jobs) == (2, [])
        assert "family." in ended.err


@pytest.mark.parametrize("damage", [b"\x00\xff\xfe", b"sweep: [", b"", b"a: 1\n", b"[1, 2]"])
def test_a_damaged_study_yaml_is_named_with_a_remedy(
    call: Call, tmp_path: Path, damage: bytes
) -> None:
    folder = tmp_path / "experiments" / "a"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_bytes(damage)
    refused = call("name=a")
    assert (refused.code, refused.jobs) == (2, [])
    assert "study.yaml" in refused.err
    assert "fresh=true" in refused.err
    assert (folder / "study.yaml").read_bytes() == damage
    assert call("name=a", "fresh=true").code == 0


def test_a_damaged_database_is_refused_before_anything_is_written(
    call: Call, tmp_path: Path
) -> None:
    call("name=a")
    # A copy, because the database of the first command is still open in this process.
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "experiments", copy, ignore=shutil.ignore_patterns("store.db*"))
    (copy / "store.db").write_bytes(b"\x5a" * 5000)
    for name in ("a", "b"):
        refused = call(f"name={name}", "experiments_dir=copy")
        assert (refused.code, refused.jobs) == (2, [])
        assert "store.db" in refused.err
        assert "damaged" in refused.err
    assert content(copy / "a") == content(tmp_path / "experiments" / "a")
    assert not (copy / "b" / "study.yaml").exists()


@pytest.mark.filterwarnings("ignore:Query string")
@pytest.mark.parametrize(
    "typed",
    [
        "store=sqlite:///{}?password\\=s3cret",
        "store='sqlite:///{}?password=s3cret&x=1'",
        'store="sqlite:///{}?sslpassword=s3cret"',
        "++store='sqlite:///{}?user=me&token=s3cret/and@more'",
    ],
)
def test_a_password_in_the_store_is_recorded_nowhere(
    call: Call, tmp_path: Path, typed: str
) -> None:
    ended = call("name=a", typed.format("elsewhere.db"))
    assert ended.code == 0, ended.err
    assert "s3cret" not in ended.out + ended.err
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "experiments" / "store.db").exists()
    found = [f.name for f in tmp_path.rglob("*") if f.is_file() and b"s3cret" in f.read_bytes()]
    assert found == []
    command = json.loads((tmp_path / "experiments/a/environment.json").read_text())["command"]
    assert "store=sqlite:///elsewhere.db?" in command
    assert "***" in command


def test_a_password_before_the_host_is_recorded_nowhere() -> None:
    """No server is at hand, so only what would be recorded is looked at."""
    for url in ("postgresql://me:s3cret@host/name", "postgresql://me:s3/cr@e t@host/name"):
        command = command_line(["+sweep=grid", f"store='{url}'", "name=a"], url)
        assert "s3" not in command
        assert "me:***@host/name" in command
