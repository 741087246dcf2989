"""Propose -> run -> record: the one loop through which all trainings of a study go."""

from __future__ import annotations

import base64
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from scaling_search.errors import InvalidInput
from scaling_search.execution import Executor, WorkerLost
from scaling_search.proxy import Outcome
from scaling_search.study.records import Claim, SearchResult, StoredRun
from scaling_search.trainers import Job, Spec, TrainingFailed, log_of

if TYPE_CHECKING:
    from scaling_search.study.database import Database


#: So many runs that fail alike, and all that were first in the slots, say that all would.
_ALIKE = 4
#: Seconds between two looks at runs that another driver trains.
_LOOK = 0.5


class Proposer(Protocol):
    """Says which runs are wanted, at the start and whenever one has ended."""

    def start(self) -> Sequence[Spec]:
        """The runs wanted before anything is known."""
        ...

    def heard(self, spec: Spec, result: SearchResult) -> Sequence[Spec]:
        """Further runs wanted now that this one is known."""
        return ()

    def failed(self, spec: Spec) -> Sequence[Spec]:
        """Further runs wanted now that this one has been given up."""
        return ()


@dataclass(frozen=True)
class AllAtOnce(Proposer):
    """The proposer of a fixed list, such as a grid or a family."""

    specs: Sequence[Spec]

    def start(self) -> Sequence[Spec]:
        return self.specs


@dataclass
class Progress:
    """How far the loop is; `report` is called whenever something may have changed."""

    report: Callable[[Progress], None] = lambda _: None
    wanted: int = 0
    done: int = 0
    trained: int = 0
    running: int = 0
    #: Runs that another driver trains and this one waits for.
    elsewhere: int = 0
    failures: list[str] = field(default_factory=list)
    #: The lowest val error so far.
    best: float | None = None
    #: Whether nothing more is wanted.
    ended: bool = False


def complete(
    proposer: Proposer,
    database: Database,
    executor: Executor[Job, Outcome],
    make_job: Callable[[Spec], Job],
    *,
    attempts: int,
    timeout: float,
    progress: Progress,
) -> None:
    """Train what is wanted and missing until nothing more is wanted.

    A run whose worker crashes, errs or takes too long is tried `attempts` times and then left out,
    with a line in `progress.failures`; where the first ones all fail alike, so are the rest. A
    mistake of the user's in a worker (InvalidInput) and a disk that refuses to write (OSError) end
    the loop. A run that another driver of the database trains meanwhile is waited for.
    """
    loop = _Loop(proposer, database, executor, make_job, attempts, timeout, progress)
    try:
        loop.want(proposer.start())
        while loop.queue or loop.running or loop.taken:
            loop.fill_slots()
            loop.tell()
            loop.hear_of_ended()
            loop.stop_late()
            database.beat()
        progress.ended = True
        loop.tell()
    finally:
        # Where the database has failed, its claims lapse by themselves.
        with suppress(InvalidInput):
            database.release()


@dataclass
class _Wanted:
    """A run to be trained, and how its attempts go."""

    spec: Spec
    #: Why each attempt so far has failed.
    causes: list[str] = field(default_factory=list)
    #: Of the attempt that is in a slot.
    started_at: float = 0.0
    is_late: bool = False


@dataclass
class _Loop:
    """What `complete` knows between its steps."""

    proposer: Proposer
    database: Database
    executor: Executor[Job, Outcome]
    make_job: Callable[[Spec], Job]
    attempts: int
    timeout: float
    progress: Progress
    queue: deque[_Wanted] = field(default_factory=deque)
    running: dict[Future[Outcome], _Wanted] = field(default_factory=dict)
    #: Runs that another driver trains.
    taken: deque[_Wanted] = field(default_factory=deque)
    look_again_at: float = 0.0
    seen: set[str] = field(default_factory=set)
    #: Why the first attempt of each run failed; None where that lay at the machine.
    first_causes: dict[str, str | None] = field(default_factory=dict)
    #: Whether nothing more is tried.
    hopeless: bool = False

    def want(self, specs: Sequence[Spec]) -> None:
        """Queue what is missing; what is known is heard at once, and may make more wanted."""
        batches = deque([() if self.hopeless else specs])
        while batches:
            fresh = [s for s in dict.fromkeys(batches.popleft()) if s.key not in self.seen]
            self.seen.update(spec.key for spec in fresh)
            self.progress.wanted += len(fresh)
            known = self.database.search_results(spec.key for spec in fresh)
            for spec in fresh:
                if spec.key not in known or _lacks_weights(self.make_job(spec)):
                    self.queue.append(_Wanted(spec))
                else:
                    batches.append(self._hear(spec, known[spec.key]))

    def _hear(self, spec: Spec, result: SearchResult | None = None) -> Sequence[Spec]:
        """What is wanted now that the database has this run."""
        result = result or self.database.search_results([spec.key])[spec.key]
        self.progress.done += 1
        errors = [e for e in (self.progress.best, result.val_error) if e is not None]
        self.progress.best = min(errors, default=None)
        return self.proposer.heard(spec, result)

    def fill_slots(self) -> None:
        """Start what is wanted, as far as slots are free and no other driver trains it."""
        if time.monotonic() >= self.look_again_at:
            # Meanwhile their results may be there, or their driver may be gone.
            self.queue.extendleft(reversed(self.taken))
            self.taken.clear()
        while self.queue and self.executor.free:
            wanted = self.queue.popleft()
            job = self.make_job(wanted.spec)
            claim = self.database.claim(wanted.spec.key)
            if claim is Claim.MINE or _lacks_weights(job):
                wanted.started_at, wanted.is_late = time.monotonic(), False
                self.running[self.executor.submit(job)] = wanted
            elif claim is Claim.KNOWN:
                self.want(self._hear(wanted.spec))
            else:
                self.taken.append(wanted)
                self.look_again_at = time.monotonic() + _LOOK

    def hear_of_ended(self) -> None:
        """Wait a while for runs to end, and record them."""
        if not self.running:
            time.sleep(_LOOK if self.taken else 0)
            return
        seconds = _LOOK if self.taken else 1.0
        for future in wait(self.running, seconds, FIRST_COMPLETED).done:
            wanted = self.running.pop(future)
            self.executor.release(future)
            error = future.exception()
            if error is not None:
                self._fail(wanted, error)
                continue
            self.database.record(wanted.spec.content, _stored(wanted, future.result()))
            if wanted.spec.rung is None:
                self.make_job(wanted.spec).forget()
            self.progress.trained += 1
            self.want(self._hear(wanted.spec))

    def _fail(self, wanted: _Wanted, error: BaseException) -> None:
        """Queue a run again, or give it up."""
        if isinstance(error, (InvalidInput, OSError)):
            raise error
        late = f"above executor.timeout={self.timeout:g}" if wanted.is_late else ""
        wanted.causes.append(late or _cause(error))
        # Lost workers, time and memory say something of the machine, not of all runs.
        is_of_run = not (late or isinstance(error, (WorkerLost, MemoryError)))
        if isinstance(error, TrainingFailed):
            is_of_run = not error.of_machine
        self.first_causes.setdefault(wanted.spec.key, wanted.causes[0] if is_of_run else None)
        if self._all_fail_alike():
            self._lose_all()
        elif len(wanted.causes) < self.attempts and not self.hopeless:
            self.queue.append(wanted)
            return
        self._lose(wanted)

    def _all_fail_alike(self) -> bool:
        causes = set(self.first_causes.values())
        enough = len(self.first_causes) >= max(_ALIKE, self.executor.slots)
        alike = len(causes) == 1 and None not in causes
        return enough and alike and not self.hopeless and not self.progress.done

    def _lose_all(self) -> None:
        """Try nothing more: what waits for another attempt is given up, the rest left out."""
        self.hopeless = True
        waiting = [*self.queue, *self.taken]
        self.queue.clear()
        self.taken.clear()
        tried = [wanted for wanted in waiting if wanted.causes]
        for wanted in tried:
            self._lose(wanted)
        self.progress.failures.append(
            f"the first {len(self.first_causes)} runs failed alike, so "
            f"{len(waiting) - len(tried)} more were not tried"
        )

    def _lose(self, wanted: _Wanted) -> None:
        """Give a run up."""
        spec, causes = wanted.spec, wanted.causes
        if len(set(causes)) == 1:
            causes = [causes[0] + (f", {len(causes)} times" if len(causes) > 1 else "")]
        self.progress.failures.append(
            f"run {spec.key} (seed {spec.seed}, {spec.resolution} px): {'; then '.join(causes)}"
            + log_of(self.make_job(spec))
        )
        # Another driver that waits for it may try in its turn.
        self.database.release(spec.key)
        self.want(self.proposer.failed(spec))

    def stop_late(self) -> None:
        """Stop what has run for too long."""
        for future, wanted in self.running.items():
            if not wanted.is_late and time.monotonic() - wanted.started_at > self.timeout:
                wanted.is_late = True
                self.executor.stop(future)

    def tell(self) -> None:
        """Let the progress be shown."""
        self.progress.running, self.progress.elsewhere = len(self.running), len(self.taken)
        self.progress.report(self.progress)


def _lacks_weights(job: Job) -> bool:
    """Whether a run is to be trained for its weights, be its errors known or not."""
    return job.weights is not None and not job.weights.exists()


def _cause(error: BaseException) -> str:
    if isinstance(error, (WorkerLost, TrainingFailed)):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "memory ran out (MemoryError)"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _stored(wanted: _Wanted, outcome: Outcome) -> StoredRun:
    result = outcome.result
    return StoredRun(
        key=wanted.spec.key,
        status=result.status,
        val_error=result.val_error,
        test_error=result.test_error,
        curve=tuple((e.epoch, e.train_loss, e.val_error) for e in result.curve),
        val_correct=base64.b64encode(result.val_correct).decode(),
        seconds=round(outcome.seconds, 3),
        attempts=len(wanted.causes) + 1,
        worker=outcome.worker,
        finished_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        also=dict(result.also),
    )
