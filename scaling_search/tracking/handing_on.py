"""Hands runs on to a tracker, in a thread of its own: a study neither waits for it nor fails by it.

The driver calls these methods; workers never do.
"""

from __future__ import annotations

import hashlib
import math
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TypeAlias

from scaling_search.tracking.ledger import Ledger
from scaling_search.tracking.tracker import TrackedRun, Tracker

#: Seconds in which a tracker has to take one thing, once the study has ended; after Ctrl-C in all.
_PATIENCE, _HURRY = 60.0, 5.0
#: Key of the report among those of runs.
_REPORT = "report"
#: (epoch, its values) of a run.
Curve: TypeAlias = Sequence[tuple[int, Mapping[str, float]]]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class HandingOn:
    """What goes from a study to a tracker.

    The first thing that the tracker cannot do ends it for this time, with one line; the next time
    hands on what it then lacks, by what lies in `folder`.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[], Tracker] | None,
        folder: Path,
        say: Callable[[str], None] = _say,
        patience: float = _PATIENCE,
    ) -> None:
        """start: opens the tracker; called in the thread. name: how people asked for it."""
        self._name, self._start, self._folder = name, start, folder
        self._say, self._patience = say, patience
        self._queue: SimpleQueue[Callable[[Tracker], None] | None] = SimpleQueue()
        self._ended: set[str] = set()
        self._taken = 0
        self._stopped = start is None
        #: Name there of each run that is open; the thread's.
        self._open: dict[str, str] = {}
        self._thread = threading.Thread(target=self._work, name="tracker", daemon=True)
        if start is not None:
            self._thread.start()

    def __enter__(self) -> HandingOn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _where: TracebackType | None
    ) -> None:
        self.close(hurry=kind is not None)

    @property
    def wanted(self) -> bool:
        """Whether there is a tracker that still takes what comes."""
        return not self._stopped

    def point(self, run: TrackedRun, epoch: int, values: Mapping[str, float]) -> None:
        """A run has ended an epoch."""
        self._put(lambda tracker: self._point(tracker, run, epoch, values))

    def end(self, run: TrackedRun, status: str, curve: Curve, results: Mapping[str, float]) -> None:
        """A run has a result; told more than once, it is handed on once."""
        if run.key not in self._ended:
            self._ended.add(run.key)
            self._put(lambda tracker: self._end(tracker, run, status, curve, results))

    def fail(self, run: TrackedRun) -> None:
        """A run was given up."""
        self._put(lambda tracker: self._break_off(tracker, run.key, "failed"))

    def report(self, study: str, files: Sequence[Path]) -> None:
        """The study has its report."""
        self._put(lambda tracker: self._report(tracker, study, files))

    def close(self, hurry: bool = False) -> None:
        """Wait until the tracker has taken everything, as long as it goes on taking."""
        if not self._thread.is_alive():
            return
        self._queue.put(None)
        before = -1
        while self._thread.is_alive() and before != self._taken:
            before = self._taken
            self._thread.join(_HURRY if hurry else self._patience)
            if hurry:
                break
        if self._thread.is_alive() and not self._stopped:
            self._give_up("it does not answer")

    def _put(self, task: Callable[[Tracker], None]) -> None:
        if not self._stopped:
            self._queue.put(task)

    def _work(self) -> None:
        assert self._start is not None
        # Whatever it is, a SystemExit of a library's too, it must not reach the study.
        try:
            tracker = self._start()
            self._ledger = Ledger(self._folder)
            while (task := self._queue.get()) is not None:
                if not self._stopped:
                    task(tracker)
                    self._taken += 1
            for key in list(self._open):
                self._break_off(tracker, key, "stopped")
        except BaseException as error:
            if not self._stopped:
                said = " ".join(str(error).split())[:300]
                self._give_up(f"{type(error).__name__}: {said}" if said else type(error).__name__)

    def _give_up(self, why: str) -> None:
        self._stopped = True
        self._say(
            f"tracker={self._name} gets nothing more: {why}. The study does not need it; the same "
            "command, repeated, hands on what is missing there"
        )

    def _begun(self, tracker: Tracker, run: TrackedRun) -> str:
        if run.key not in self._open:
            self._open[run.key] = tracker.begin(run, self._ledger.of(run.key).there)
            self._ledger.note(run.key, there=self._open[run.key])
        return self._open[run.key]

    def _point(
        self, tracker: Tracker, run: TrackedRun, epoch: int, values: Mapping[str, float]
    ) -> None:
        has = self._ledger.of(run.key)
        # A run that goes on elsewhere than it stopped is handed on as a whole when it has ended.
        if not tracker.live or has.ended or epoch != has.epoch + 1:
            return
        tracker.point(self._begun(tracker, run), epoch, _finite(values))
        self._ledger.note(run.key, epoch=epoch)

    def _end(
        self,
        tracker: Tracker,
        run: TrackedRun,
        status: str,
        curve: Curve,
        results: Mapping[str, float],
    ) -> None:
        has = self._ledger.of(run.key)
        if has.ended:
            return
        there = self._begun(tracker, run)
        for epoch, values in curve:
            if epoch > has.epoch:
                tracker.point(there, epoch, _finite(values))
                self._ledger.note(run.key, epoch=epoch)
        tracker.end(there, self._ledger.of(run.key).epoch, status, _finite(results))
        self._ledger.note(run.key, ended=True)
        del self._open[run.key]

    def _break_off(self, tracker: Tracker, key: str, status: str) -> None:
        if key in self._open:
            tracker.end(self._open.pop(key), self._ledger.of(key).epoch, status, {})

    def _report(self, tracker: Tracker, study: str, files: Sequence[Path]) -> None:
        there = [file for file in files if file.exists()]
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in there)).hexdigest()
        if digest != self._ledger.of(_REPORT).digest:
            tracker.report(study, there)
            self._ledger.note(_REPORT, digest=digest)


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """What can be drawn."""
    return {name: value for name, value in values.items() if math.isfinite(value)}


#: For a study that nobody tracks.
UNTRACKED = HandingOn("none", None, Path())
