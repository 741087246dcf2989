"""A tracker that keeps what it gets, or fails at a call of one name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scaling_search.tracking import TrackedRun, Tracker


class FakeTracker(Tracker):
    def __init__(self, fails_at: str = "", error: BaseException | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._fails_at, self._error = fails_at, error or OSError(28, "No space left on device")

    def _take(self, *call: Any) -> None:
        if call[0] == self._fails_at:
            raise self._error
        self.calls.append(call)

    def begin(self, run: TrackedRun, there: str) -> str:
        self._take("begin", run, there)
        return there or f"id-{run.key}"

    def point(self, there: str, epoch: int, values: Mapping[str, float]) -> None:
        self._take("point", there, epoch, dict(values))

    def end(self, there: str, epoch: int, status: str, results: Mapping[str, float]) -> None:
        self._take("end", there, epoch, status, dict(results))

    def report(self, study: str, files: Sequence[Path]) -> None:
        self._take("report", study, [file.name for file in files])
