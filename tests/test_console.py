"""What is seen of a study under way: a bar on a terminal, lines with their time elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import scaling_search
from scaling_search.console import InLines
from scaling_search.metric import Metric
from scaling_search.study.progress import Progress

CHECKOUT = Path(scaling_search.__file__).parents[1]


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_line_when_a_step_begins_once_a_minute_and_when_it_ends() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = Progress(InLines("STEP 1", 36, lines.append, clock), wanted=36)
    assert lines == ["STEP 1 begins: 36 runs"]
    # The loop reports every second at least; a run takes 10 s, and the first 6 were known.
    progress.done = 6
    for second in range(1, 301):
        clock.now += 1
        if second % 10 == 0:
            progress.done, progress.trained = progress.done + 1, progress.trained + 1
            progress.best = 0.5 - progress.done / 100
        progress.report(progress)
    assert len(lines) == 1 + 5
    assert lines[1] == ("STEP 1: 12 of 36 runs done, best val error 0.380, about 4 minutes left")
    progress.ended = True
    progress.report(progress)
    assert lines[6:] == ["STEP 1 ended: 36 of 36 runs done, best val error 0.140, after 5 minutes"]


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        (Metric("mAP", "maximize"), "best val mAP 0.612"),
        (Metric("mAP", "maximize", "percent"), "best val mAP 61.2"),
        (Metric("loss", "minimize", "unbounded"), "best val loss 0.388"),
    ],
)
def test_the_best_so_far_is_told_as_the_metric_has_it(metric: Metric, best: str) -> None:
    lines: list[str] = []
    shown = InLines("STEP 1", 1, lines.append, metric=metric)
    progress = Progress(shown, wanted=1, done=1, best=0.388, ended=True)
    progress.report(progress)
    assert best in lines[-1].split(", ")


def test_what_failed_and_what_is_waited_for_is_said() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = Progress(InLines("STEP 2", 8, lines.append, clock), wanted=8)
    clock.now += 61
    progress.report(progress)
    assert lines[-1] == "STEP 2: 0 of 8 runs done"
    progress.failures, progress.elsewhere, progress.trained, progress.done = ["x"], 2, 1, 1
    clock.now += 61
    progress.report(progress)
    assert lines[-1] == (
        "STEP 2: 1 of 8 runs done, 1 failed, 2 trained by another process, about 12 minutes left"
    )


SCRIPT = """
from scaling_search.console import show_progress
with show_progress() as step:
    for name in ("search", "family"):
        progress = step(name, 2)
        for done in (0, 1, 2):
            progress.wanted, progress.done, progress.ended = 2, done, done == 2
            progress.report(progress)
"""
LINES = [
    "STEP 1 begins: 2 runs",
    "STEP 1 ended: 2 of 2 runs done, after 0 seconds",
    "STEP 2 begins: 2 runs",
    "STEP 2 ended: 2 of 2 runs done, after 0 seconds",
]


def environment(**changed: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "TERM", "NO_COLOR")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **changed}


@pytest.mark.parametrize("forced", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_a_pipe_gets_lines(forced: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment(**forced),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout, ended.stderr.splitlines()) == ("", LINES)


@pytest.mark.parametrize(
    ("changed", "has_bar"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "CI": "1"}, False)],
)
def test_a_terminal_gets_a_bar(changed: dict[str, str], has_bar: bool) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT], env=environment(**changed), stderr=theirs
        )
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = terminal.read(4096)
            except OSError:
                # The other end is closed.
                break
            if not piece:
                break
            seen += piece
        assert process.wait() == 0
    assert (b"\x1b[" in seen) == has_bar
    assert (seen.decode().split("\r\n")[:-1] == LINES) == (not has_bar)
