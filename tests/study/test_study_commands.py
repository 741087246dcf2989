"""Whole studies through the command line, trained by a fake executor in this process."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import Call
from fakes import fake_outcome
from filelock import FileLock
from small_study import content

from scaling_search.proxy import Job


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
