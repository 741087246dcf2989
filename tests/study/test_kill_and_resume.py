"""Real processes killed at any time: the same command again gives what an undisturbed one gives."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from fakes import inline
from processes import HALVING, finish, group, results, start, wait_for, workers
from worker_tasks import act

import scaling_search.__main__ as command_line
from scaling_search.execution import ExecutorSettings, LocalExecutor, WorkerLost

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def runs_stored(folder: Path) -> int:
    """How many runs the database holds, as another reader sees it."""
    path = folder / "experiments" / "store.db"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM scaling_search_runs").fetchone()[0])
    return 0


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of a study that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    code, out, err = finish(start(folder, cache))
    assert code == 0, err
    assert "Report: experiments/tiny/report.html" in out
    # Where there is no terminal, lines say how far it is.
    for line in ("STEP 1 begins: 10 runs", "STEP 1 ended: 10 of 10 runs done", "STEP 2 ended: "):
        assert line in err
    assert "\x1b" not in err
    return folder


@pytest.mark.long
def test_kill_9_at_random_moments(tmp_path: Path, undisturbed: Path, cache: Path) -> None:
    rng = random.Random(0)
    kills = 0
    # The driver dies at three moments: before, between and during runs.
    for wanted in (0, 1, 5):
        process = start(tmp_path, cache)
        wait_for("runs", lambda n=wanted: runs_stored(tmp_path) >= n, process)
        if wanted == 0:
            wait_for("workers", lambda p=process: workers(p), process)
        time.sleep(rng.uniform(0, 0.5))
        stored, orphans = runs_stored(tmp_path), workers(process)
        if process.poll() is None:
            kills += 1
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert runs_stored(tmp_path) >= stored
        wait_for(f"the end of {orphans}", lambda p=process: not group(p))
    assert kills >= 2

    # Then a worker dies, and the study goes on without being asked again.
    process = start(tmp_path, cache)
    wait_for("workers", lambda: workers(process), process)
    time.sleep(rng.uniform(0, 1))
    for pid in workers(process)[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    code, _, err = finish(process)
    assert code == 0, err
    assert results(tmp_path) == results(undisturbed)
    wait_for("the end of its processes", lambda: not group(process))


@pytest.mark.slow
@pytest.mark.long
def test_runs_that_take_too_long_end_in_a_message_and_exit_code_1(
    tmp_path: Path, cache: Path
) -> None:
    process = start(tmp_path, cache, "executor.timeout=0.2", "executor.attempts=1")
    code, out, err = finish(process)
    assert code == 1
    assert out.count("above executor.timeout=0.2") == 10
    assert "no run has finished" in err
    assert "Traceback" not in out + err
    wait_for("the end of its workers", lambda: not group(process))


@pytest.mark.slow
@pytest.mark.long
def test_ctrl_c_ends_within_seconds_and_says_how_to_go_on(
    tmp_path: Path, undisturbed: Path, cache: Path
) -> None:
    process = start(tmp_path, cache)
    wait_for("a run", lambda: runs_stored(tmp_path) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    started = time.monotonic()
    code, _, err = finish(process)
    assert code == 130, err
    assert time.monotonic() - started < 20
    assert "Traceback" not in err
    assert "kept" in err
    assert "repeat the same command" in err
    assert not workers(process)
    saved = runs_stored(tmp_path)
    assert saved >= 2
    assert (tmp_path / "experiments" / "tiny" / "runs.csv").read_text().count("\n") == saved + 1
    code, out, err = finish(start(tmp_path, cache))
    assert code == 0, err
    assert f"{saved} of the first ones are already trained" in out
    assert results(tmp_path) == results(undisturbed)


def search_runs(folder: Path) -> list[str]:
    """For each run that the database holds, `whole`, or `rung` where it stopped at one."""
    path = folder / "experiments" / "store.db"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        specs = [json.loads(row[0]) for row in db.execute("SELECT spec FROM scaling_search_runs")]
        return ["rung" if "rung" in spec else "whole" for spec in specs]
    return []


def checkpoints(folder: Path) -> list[str]:
    """The runs that wait at a rung."""
    return sorted(path.name for path in (folder / "experiments").glob("checkpoints/*.pt"))


def undisturbed_and_new(
    folder: Path, cache: Path, study: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """A folder in which the study ran without a break, and one for a study that is killed.

    The first ran in this process, one run after the other; `command_line.main` goes on with either.
    """
    alone, killed = folder / "alone", folder / "killed"
    for place in (alone, killed):
        place.mkdir()
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    words = ["executor.workers=2", f"data.cache_dir={cache}"]
    monkeypatch.setattr(sys, "argv", ["scaling_search", *study, *words])
    with monkeypatch.context() as patch:
        patch.chdir(alone)
        patch.setattr(ExecutorSettings, "start", lambda _self, train, *_, **__: inline(train, 1))
        command_line.main()
    return alone, killed


@pytest.mark.long
def test_kill_9_between_rungs_and_in_a_continued_run(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, killed = undisturbed_and_new(tmp_path, cache, HALVING, monkeypatch)
    assert set(search_runs(alone)) == {"rung", "whole"}

    # Three networks reach the first rung; two go on from there to the second, and then one to the
    # end, from where the three wait.
    for slots, rungs in ((2, 3), (1, 5)):
        process = start(killed, cache, f"executor.workers={slots}", study=HALVING)
        wait_for("rungs", lambda n=rungs: search_runs(killed).count("rung") >= n, process)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        wait_for("the end of its workers", lambda p=process: not group(p))
        assert "whole" not in search_runs(killed)
        # A worker notices within half a second that its driver is gone. A run that came to its end
        # in that time waits no more, and is trained again.
        assert len(checkpoints(killed)) >= 2

    monkeypatch.chdir(killed)
    command_line.main()
    assert results(killed) == results(alone)
    assert "asks.csv" in results(killed)
    # Nothing waits any more.
    assert checkpoints(killed) == checkpoints(alone) == []


@pytest.mark.slow
@pytest.mark.long
def test_weights_are_kept_where_asked_and_load(
    undisturbed: Path, cache: Path, tmp_path: Path
) -> None:
    import pandas as pd

    from scaling_search.proxy.weights_file import read_weights
    from scaling_search.study import read_definition

    # In the undisturbed study's own directory, so that only STEP 2 is trained again.
    words = ("family.save_weights=true", "name=weights", "sweep.seeds=[0]", "executor.workers=1")
    code, _, err = finish(start(undisturbed, cache, *words))
    assert code == 0, err
    folder = undisturbed / "experiments" / "weights"
    runs = pd.read_csv(folder / "runs.csv", dtype={"trial": str})
    family = runs[runs["step"] == "family"]
    files = {path.name for path in (folder / "weights").iterdir()}
    assert files == {f"{row.trial}-seed{row.seed}.safetensors" for row in family.itertuples()}
    definition = read_definition(folder)
    members = {run.member.id: run.member for run in definition.search_runs}
    for row in family.itertuples():
        weights = read_weights(folder / "weights" / f"{row.trial}-seed{row.seed}.safetensors")
        assert sum(w.numel() for n, w in weights.items() if "running" not in n) >= row.params
        if row.trial in members:
            members[row.trial].build().load_state_dict(weights)


@pytest.mark.slow
def test_a_worker_that_dies_between_tasks_costs_nothing() -> None:
    with LocalExecutor(act, 1) as executor:
        future = executor.submit(("answer", 0))
        assert future.result(60) > 0
        executor.release(future)
        worker = executor._workers[0]
        assert worker is not None
        worker.process.kill()
        time.sleep(1)
        for _ in range(2):
            # It may fail like any killed run, to be tried again, but through its future.
            future = executor.submit(("answer", 0))
            failed = isinstance(future.exception(60), WorkerLost)
            executor.release(future)
        assert not failed
        assert future.result() > 0
