"""A run that is wanted, from its first attempt to what is kept of it."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone

from scaling_search.proxy import Outcome
from scaling_search.study.failures import Failure
from scaling_search.study.records import Attempt, Reason, StoredRun
from scaling_search.trainers import Spec


@dataclass
class Wanted:
    """A run to be trained, and how its attempts go."""

    spec: Spec
    #: Why each attempt so far has failed.
    failures: list[Failure] = field(default_factory=list)
    #: Of the attempt that is in a slot: when it began, and who carries it out.
    began_at: float | None = None
    worker: str = ""
    is_late: bool = False

    @property
    def alone(self) -> bool:
        """Whether it needs its device for itself."""
        return bool(self.failures) and self.failures[-1].reason is Reason.MEMORY


def attempt_of(wanted: Wanted, failure: Failure) -> Attempt:
    """What is kept of the attempt that has just failed."""
    began_at = wanted.began_at
    return Attempt(
        key=wanted.spec.key,
        attempt=len(wanted.failures),
        reason=failure.reason,
        text=failure.text,
        traceback=failure.traceback,
        worker=wanted.worker,
        seconds=0.0 if began_at is None else round(time.monotonic() - began_at, 3),
        ended_at=_now(),
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def stored_run(wanted: Wanted, outcome: Outcome) -> StoredRun:
    """What is kept of a run that has ended."""
    result = outcome.result
    return StoredRun(
        key=wanted.spec.key,
        status=result.status,
        val_error=result.val_error,
        test_error=result.test_error,
        curve=tuple((e.epoch, e.train_loss, e.val_error) for e in result.curve),
        val_correct=base64.b64encode(result.val_correct).decode(),
        seconds=round(outcome.seconds, 3),
        attempts=len(wanted.failures) + 1,
        worker=outcome.worker,
        finished_at=_now(),
        also=dict(result.also),
    )
