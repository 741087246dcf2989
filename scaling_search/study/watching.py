"""What a driver says of a study that goes on, for `python -m scaling_search.status`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaling_search.proxy.result import Epoch
from scaling_search.study.progress import Progress

if TYPE_CHECKING:
    from scaling_search.study.database import Database

#: Seconds between two words to the database: a driver of a thousand short runs has more to do.
_PAUSE = 1.0
#: Lines of failed runs that are told.
_FAILURES = 20


@dataclass(frozen=True, kw_only=True)
class StudyNow:
    """How far a step of a study is. Times are seconds since 1970."""

    #: Name of the study's folder.
    study: str
    step: str
    began_at: float
    heard_at: float
    #: By the names of `Progress`, with the number of failed runs and the last of their lines.
    progress: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """As the database holds it."""
        return {**vars(self), "progress": json.dumps(dict(self.progress))}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> StudyNow:
        """From a row of the database."""
        names = ("study", "step", "began_at", "heard_at")
        return cls(**{n: row[n] for n in names}, progress=json.loads(row["progress"]))


@dataclass(frozen=True, kw_only=True)
class RunningRun:
    """A run in a slot. Times are seconds since 1970."""

    key: str
    worker: str
    attempt: int
    began_at: float
    curve: tuple[Epoch, ...] = ()

    def row(self) -> dict[str, Any]:
        """As the database holds it."""
        curve = [[e.epoch, e.train_loss, e.val_error] for e in self.curve]
        return {**vars(self), "curve": json.dumps(curve)}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> RunningRun:
        """From a row of the database."""
        curve = tuple(Epoch(*point) for point in json.loads(row["curve"]))
        names = ("key", "worker", "attempt", "began_at")
        return cls(**{n: row[n] for n in names}, curve=curve)


@dataclass
class Watch:
    """Gathers what happens in a step and tells it to the database now and then.

    A study without a name is watched by nobody.
    """

    database: Database
    study: str
    step: str
    slots: int
    _began_at: float = field(default_factory=time.time)
    _told_at: float = 0.0
    _running: dict[str, RunningRun] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    def began(self, key: str, worker: str, attempt: int) -> None:
        """A run has begun in its slot."""
        run = RunningRun(key=key, worker=worker, attempt=attempt, began_at=time.time())
        self._running[key] = run
        self._changed.add(key)

    def heard(self, key: str, epoch: Epoch) -> None:
        """A run has ended an epoch."""
        run = self._running[key]
        self._running[key] = RunningRun(**{**vars(run), "curve": (*run.curve, epoch)})
        self._changed.add(key)

    def ended(self, key: str) -> None:
        """A run has left its slot."""
        self._running.pop(key, None)
        self._changed.discard(key)
        self._gone.add(key)

    def tell(self, progress: Progress, now: bool = False) -> None:
        """Tell the database, unless that was just done; now: in any case."""
        if not self.study or (not now and time.monotonic() - self._told_at < _PAUSE):
            return
        self._told_at = time.monotonic()
        told = {name: getattr(progress, name) for name in _TOLD}
        study = StudyNow(
            study=self.study,
            step=self.step,
            began_at=self._began_at,
            heard_at=time.time(),
            progress={
                **told,
                "slots": self.slots,
                "failed": len(progress.failures),
                "failures": progress.failures[-_FAILURES:],
            },
        )
        self.database.tell(study, [self._running[key] for key in self._changed], self._gone)
        self._changed.clear()
        self._gone.clear()

    def end(self, progress: Progress) -> None:
        """No run is in a slot any more."""
        self._gone.update(self._running)
        self._running.clear()
        self._changed.clear()
        self.tell(progress, now=True)


#: Of `Progress`.
_TOLD = (
    *("wanted", "done", "trained", "running", "elsewhere"),
    *("retried", "best", "seconds", "ended"),
)
