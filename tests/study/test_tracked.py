"""A whole study with a tracker: what that gets, and that it changes nothing."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from commands import Call
from fake_tracker import FakeTracker
from fakes import SETTINGS, fake_outcome
from small_study import content, rows

from scaling_search.execution import Began, InlineExecutor, Said
from scaling_search.proxy import Job
from scaling_search.proxy.result import Epoch
from scaling_search.study import Conduct, define
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.tracked import Tracked
from scaling_search.tracking import HandingOn


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> list[FakeTracker]:
    """Those that `tracker=tensorboard` opens; the next is the last of `to_come`, if any."""
    opened: list[FakeTracker] = []
    settings = "scaling_search.tracking.settings"
    monkeypatch.setattr(f"{settings}._PACKAGES", {"tensorboard": ("pytest",)})

    def make(*_: Any) -> FakeTracker:
        opened.append(FakeTracker())
        return opened[-1]

    monkeypatch.setattr(f"{settings}._KINDS", {"tensorboard": make})
    return opened


def names(tracker: FakeTracker) -> list[str]:
    return [call[0] for call in tracker.calls]


def test_every_run_and_the_report_come_once(
    call: Call, trackers: list[FakeTracker], tmp_path: Path
) -> None:
    told = call("name=s", "tracker=tensorboard")
    assert told.code == 0
    folder = tmp_path / "experiments" / "s"
    runs = {row["run"]: row for row in rows(folder / "runs.csv")}
    [tracker] = trackers
    begun = [c for c in tracker.calls if c[0] == "begin"]
    assert sorted(c[1].key for c in begun) == sorted(runs)
    trials = {row["trial"]: row for row in rows(folder / "trials.csv")}
    for _, run, _ in begun:
        row, given = runs[run.key], run.parameters
        assert (str(given["macs"]), str(given["seed"])) == (row["macs"], row["seed"])
        if row["step"] == "search":
            found = [float(trials[row["trial"]][name]) for name in ("alpha", "beta", "gamma")]
            assert [given[name] for name in ("alpha", "beta", "gamma")] == pytest.approx(found)
    assert len({c[1].name for c in begun}) == len(runs)
    curves = rows(folder / "curves.csv")
    points = [c for c in tracker.calls if c[0] == "point"]
    assert sorted((c[1][3:], str(c[2]), str(c[3]["val_error"])) for c in points) == sorted(
        (row["run"], row["epoch"], row["val_error"]) for row in curves
    )
    ends = {c[1][3:]: c[4] for c in tracker.calls if c[0] == "end"}
    assert {key: str(end["test_error"]) for key, end in ends.items()} == {
        key: row["test_error"] for key, row in runs.items()
    }
    assert tracker.calls[-1] == ("report", "s", ["report.html", "report.md", "study.yaml"])
    assert call("name=s", "tracker=tensorboard").jobs == []
    assert trackers[1].calls == []


def test_runs_that_were_there_before_come_too(
    call: Call, trackers: list[FakeTracker], tmp_path: Path
) -> None:
    call("name=s")
    assert call("name=s", "tracker=tensorboard").jobs == []
    keys = {row["run"] for row in rows(tmp_path / "experiments" / "s" / "runs.csv")}
    assert {c[1].key for c in trackers[0].calls if c[0] == "begin"} == keys
    assert names(trackers[0]).count("end") == len(keys)


def test_one_that_fails_changes_nothing(
    call: Call,
    trackers: list[FakeTracker],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call("name=s", "experiments_dir=without")
    failing = FakeTracker("point", ConnectionError("the server has gone"))
    kinds = {"tensorboard": lambda *_: failing}
    monkeypatch.setattr("scaling_search.tracking.settings._KINDS", kinds)
    told = call("name=s", "experiments_dir=with", "tracker=tensorboard")
    assert told.code == 0
    assert told.err.count("the server has gone") == 1
    assert "tracker=tensorboard gets nothing more: ConnectionError" in told.err
    assert content(tmp_path / "with" / "s") == content(tmp_path / "without" / "s")


def test_epochs_come_while_a_run_goes_on(database: Database, tmp_path: Path) -> None:
    definition, _ = define(SETTINGS, Conduct())
    planned = definition.search_runs[:1]
    tracker = FakeTracker()
    going: Future[Any] = Future()
    looks: list[int] = []

    def look(_: Progress) -> None:
        looks.append(sum(name == "point" for name in names(tracker)))
        if len(looks) == 1:
            executor.say(going, Began("host:7"))
            executor.say(going, Said(Epoch(1, 2.0, 0.5)))
        elif looks[-1] and not going.done():
            going.set_result(fake_outcome(executor.tasks[0]))

    executor = InlineExecutor[Job, Any](lambda _: going)
    with HandingOn("fake", lambda: tracker, tmp_path) as tracking:
        complete(
            AllAtOnce([run.spec for run in planned]),
            database,
            executor,
            lambda wanted: Job(spec=wanted, data=SETTINGS.data),
            attempts=1,
            timeout=60,
            progress=Progress(look),
            tracked=Tracked(tracking, definition, planned, "s"),
        )
    assert [c[2] for c in tracker.calls if c[0] == "point"] == [1, 2]
    assert tracker.calls[1][3] == {"val_error": 0.5, "train_loss": 2.0}
    assert names(tracker) == ["begin", "point", "point", "end"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tracker=comet"], "tracker is 'comet', but must be one of mlflow, none, tensorboard"),
        (["tracker=mlflow", "tracker.offline=true"], "tracker=mlflow has no use for it"),
        (["tracker.uri=x"], "tracker.uri"),
    ],
)
def test_a_mistake_is_refused(call: Call, words: list[str], said: str) -> None:
    told = call(*words)
    assert told.code == 2
    assert said in told.err
    assert len(told.err.splitlines()) == 1


def test_it_has_no_effect_without_a_sweep(call: Call) -> None:
    told = call("tracker=tensorboard", study=())
    assert (told.code, told.jobs) == (2, [])
    assert "tracker.kind is given, but has no effect without a sweep" in told.err
