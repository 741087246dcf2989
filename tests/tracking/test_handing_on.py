"""Runs are handed on once, in their order, and whatever the tracker does stays with it."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path

import pytest
from fake_tracker import FakeTracker

from scaling_search.tracking import HandingOn, TrackedRun, Tracker

RUN = TrackedRun(key="k", name="search-k-seed0", parameters={"seed": 0})
CURVE = [(1, {"val_error": 0.5}), (2, {"val_error": 0.4}), (3, {"val_error": 0.3})]


class Time:
    """One time that the study's command is called."""

    def __init__(self, folder: Path, tracker: Tracker | None = None, patience: float = 60) -> None:
        self.tracker = tracker or FakeTracker()
        self.said: list[str] = []
        self.tracking = HandingOn("fake", lambda: self.tracker, folder, self.said.append, patience)

    @property
    def points(self) -> list[int]:
        assert isinstance(self.tracker, FakeTracker)
        return [call[2] for call in self.tracker.calls if call[0] == "point"]

    @property
    def names(self) -> list[str]:
        assert isinstance(self.tracker, FakeTracker)
        return [call[0] for call in self.tracker.calls]


def test_a_run_comes_epoch_by_epoch_and_then_its_result(tmp_path: Path) -> None:
    time_ = Time(tmp_path)
    with time_.tracking as tracking:
        for epoch, values in CURVE:
            tracking.point(RUN, epoch, values)
        tracking.end(RUN, "finished", CURVE, {"test_error": 0.31, "lost": math.nan})
        tracking.end(RUN, "finished", CURVE, {"test_error": 0.31})
    assert time_.names == ["begin", "point", "point", "point", "end"]
    assert time_.points == [1, 2, 3]
    assert isinstance(time_.tracker, FakeTracker)
    assert time_.tracker.calls[4] == ("end", "id-k", 3, "finished", {"test_error": 0.31})
    assert not time_.said


def test_another_time_hands_on_what_is_missing(tmp_path: Path) -> None:
    first = Time(tmp_path)
    with first.tracking as tracking:
        tracking.point(RUN, *CURVE[0])
        tracking.point(RUN, *CURVE[1])
    assert first.names == ["begin", "point", "point", "end"]
    assert first.tracker.calls[3][3] == "stopped"  # type: ignore[attr-defined]
    second = Time(tmp_path)
    with second.tracking as tracking:
        # A training without a checkpoint begins again.
        for epoch, values in CURVE:
            tracking.point(RUN, epoch, values)
        tracking.end(RUN, "finished", CURVE, {})
    assert second.points == [3]
    assert second.tracker.calls[0] == ("begin", RUN, "id-k")  # type: ignore[attr-defined]
    third = Time(tmp_path)
    with third.tracking as tracking:
        tracking.end(RUN, "finished", CURVE, {})
    assert third.names == []


def test_a_run_that_goes_on_elsewhere_comes_in_order(tmp_path: Path) -> None:
    """After a rung a training says only its later epochs; its result has all."""
    time_ = Time(tmp_path)
    with time_.tracking as tracking:
        tracking.point(RUN, *CURVE[2])
        tracking.end(RUN, "finished", CURVE, {})
    assert time_.points == [1, 2, 3]


def test_a_tracker_that_nobody_watches_gets_runs_at_their_end(tmp_path: Path) -> None:
    tracker = FakeTracker()
    tracker.live = False
    time_ = Time(tmp_path, tracker)
    with time_.tracking as tracking:
        tracking.point(RUN, *CURVE[0])
    assert time_.names == []


def test_the_report_comes_again_only_where_it_has_changed(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    counts = []
    for text in ("one", "one", "two"):
        report.write_text(text)
        time_ = Time(tmp_path)
        with time_.tracking as tracking:
            tracking.report("study", [report, tmp_path / "none.md"])
        counts.append(time_.names.count("report"))
    assert counts == [1, 0, 1]


@pytest.mark.parametrize("fails_at", ["begin", "point", "end", "report"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SystemExit(3)])
def test_what_fails_is_said_once_and_made_up_for(
    tmp_path: Path, fails_at: str, error: BaseException
) -> None:
    runs = [TrackedRun(key=f"k{n}", name=f"r{n}", parameters={}) for n in range(3)]
    (tmp_path / "report.md").write_text("x")

    def study(time_: Time) -> None:
        with time_.tracking as tracking:
            for run in runs:
                tracking.point(run, *CURVE[0])
                tracking.end(run, "finished", CURVE, {})
            tracking.report("study", [tmp_path / "report.md"])

    first = Time(tmp_path, FakeTracker(fails_at, error))
    study(first)
    assert len(first.said) == 1
    assert type(error).__name__ in first.said[0]
    second = Time(tmp_path)
    study(second)
    assert not second.said
    calls = [*first.tracker.calls, *second.tracker.calls]  # type: ignore[attr-defined]
    for run in runs:
        got = [call[2] for call in calls if call[:2] == ("point", f"id-{run.key}")]
        assert got == [1, 2, 3]
        assert sum(call[:2] == ("end", f"id-{run.key}") for call in calls) == 1
    assert sum(call[0] == "report" for call in calls) == 1


def test_one_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    said: list[str] = []

    def refuses() -> Tracker:
        raise ConnectionError("host:5000 refused")

    with HandingOn("mlflow", refuses, tmp_path, said.append) as tracking:
        tracking.end(RUN, "finished", CURVE, {})
    assert len(said) == 1
    assert said[0].startswith("tracker=mlflow gets nothing more: ConnectionError: host:5000 ")


def test_one_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    held = threading.Event()

    class Hangs(FakeTracker):
        def begin(self, run: TrackedRun, there: str) -> str:
            held.wait(30)
            return "id"

    time_ = Time(tmp_path, Hangs(), patience=0.05)
    before = time.monotonic()
    with time_.tracking as tracking:
        for epoch, values in CURVE:
            tracking.point(RUN, epoch, values)
    assert time.monotonic() - before < 5
    held.set()
    assert len(time_.said) == 1
    assert "does not answer" in time_.said[0]


def test_a_ledger_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    with Time(tmp_path).tracking as tracking:
        tracking.end(RUN, "finished", CURVE, {})
    ledger = tmp_path / "handed_on.jsonl"
    ledger.write_text(ledger.read_text() + '{"key": "k", "ep')
    again = Time(tmp_path)
    with again.tracking as tracking:
        tracking.end(RUN, "finished", CURVE, {})
    assert again.names == []
