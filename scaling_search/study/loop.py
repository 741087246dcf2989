"""Propose -> run -> record: the one loop through which all trainings of a study go."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaling_search.errors import InvalidInput
from scaling_search.execution import Began, Ended, Executor
from scaling_search.proxy import Outcome
from scaling_search.study.failures import failure_of
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import Proposer
from scaling_search.study.records import Claim, SearchResult
from scaling_search.study.run_logs import log_attempt, log_epoch, log_failure, log_result
from scaling_search.study.tracked import Tracked
from scaling_search.study.wanted import Wanted, attempt_of, stored_run
from scaling_search.study.watching import Watch
from scaling_search.trainers import Job, Spec, log_of

if TYPE_CHECKING:
    from scaling_search.study.database import Database


#: So many runs that fail alike, and all that were first in the slots, say that all would.
_ALIKE = 4
_NUMBER = r"(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\bnan\b|\binf\b)"
#: What parts messages of one cause: names of runs, of temporary files and addresses; values, sizes
#: and rows of them.
_NUMBERS = re.compile(
    rf"\b(?:0x)?[0-9a-f]{{6,}}\b|\btmp\w{{8}}\b|{_NUMBER}(?:(?:, ?|:|x){_NUMBER})*"
)
#: Seconds between two looks at runs that another driver trains.
_LOOK = 0.5


def complete(
    proposer: Proposer,
    database: Database,
    executor: Executor[Job, Outcome],
    make_job: Callable[[Spec], Job],
    *,
    attempts: int,
    timeout: float,
    progress: Progress,
    study: str = "",
    step: str = "",
    tracked: Tracked | None = None,
) -> None:
    """Train what is wanted and missing until nothing more is wanted.

    A run whose worker is lost, whose memory runs out (then alone on its device) or that takes too
    long is tried `attempts` times in all; one that errs would err again and is not. Both are left
    out with a line in `progress.failures`; where the first runs all err alike, so are the rest. A
    mistake of the user's in a worker (InvalidInput) and a disk that refuses to write (OSError) end
    the loop. A run that another driver of the database trains meanwhile is waited for.

    study, step: their names, for whoever watches. tracked: tells a tracker of the runs.
    """
    watch = Watch(database, study, step, executor.slots)
    tracked = tracked or Tracked()
    loop = _Loop(
        proposer, database, executor, make_job, attempts, timeout, progress, watch, tracked
    )
    try:
        loop.want(proposer.start())
        while loop.queue or loop.running or loop.taken:
            loop.fill_slots()
            loop.tell()
            loop.hear()
            loop.stop_late()
            database.beat()
        progress.ended = True
        loop.tell()
    finally:
        # Where the database has failed, its claims lapse by themselves.
        with suppress(InvalidInput):
            watch.end(progress)
            database.release()


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
    watch: Watch
    tracked: Tracked
    queue: deque[Wanted] = field(default_factory=deque)
    running: dict[Future[Outcome], Wanted] = field(default_factory=dict)
    #: Runs that another driver trains.
    taken: deque[Wanted] = field(default_factory=deque)
    look_again_at: float = 0.0
    seen: set[str] = field(default_factory=set)
    #: Why each run failed at first, without numbers; None where that lay at the machine.
    first_causes: dict[str, str | None] = field(default_factory=dict)
    #: Runs in slots that have begun, the first of them first: which are late is seen at its front.
    begun: dict[Future[Outcome], None] = field(default_factory=dict)
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
                    self.queue.append(Wanted(spec))
                else:
                    batches.append(self._hear(spec, known[spec.key]))

    def _hear(self, spec: Spec, result: SearchResult | None = None) -> Sequence[Spec]:
        """What is wanted now that the database has this run."""
        result = result or self.database.search_results([spec.key])[spec.key]
        self.progress.done += 1
        self.progress.seconds += result.seconds
        errors = [e for e in (self.progress.best, result.val_error) if e is not None]
        self.progress.best = min(errors, default=None)
        return self.proposer.heard(spec, result)

    def fill_slots(self) -> None:
        """Start what is wanted, as far as slots are free and no other driver trains it."""
        if time.monotonic() >= self.look_again_at:
            # Meanwhile their results may be there, or their driver may be gone.
            self.queue.extendleft(reversed(self.taken))
            self.taken.clear()
        while self.queue and self.executor.can_take(self.queue[0].alone):
            wanted = self.queue.popleft()
            job = self.make_job(wanted.spec)
            claim = self.database.claim(wanted.spec.key)
            if claim is Claim.MINE or _lacks_weights(job):
                wanted.began_at, wanted.worker, wanted.is_late = None, "", False
                self.running[self.executor.submit(job, wanted.alone)] = wanted
            elif claim is Claim.KNOWN:
                self.want(self._hear(wanted.spec))
            else:
                self.taken.append(wanted)
                self.look_again_at = time.monotonic() + _LOOK

    def hear(self) -> None:
        """Wait a while for what runs say, and for their ends, and record them."""
        if not self.running:
            time.sleep(_LOOK if self.taken else 0)
            return
        for future, what in self.executor.news(_LOOK if self.taken else 1.0):
            wanted = self.running[future]
            log, key = self.make_job(wanted.spec).log, wanted.spec.key
            if isinstance(what, Ended):
                self.watch.ended(key)
                self._end(future)
            elif isinstance(what, Began):
                wanted.began_at, wanted.worker = time.monotonic(), what.worker
                self.begun[future] = None
                attempt = len(wanted.failures) + 1
                self.watch.began(key, what.worker, attempt)
                log_attempt(log, attempt, what.worker)
            else:
                self.watch.heard(key, what.message)
                self.tracked.heard(wanted.spec, what.message)
                log_epoch(log, what.message)
        self.watch.slots = self.executor.slots
        self.watch.tell(self.progress)

    def _end(self, future: Future[Outcome]) -> None:
        """Record what came of a run."""
        wanted = self.running.pop(future)
        self.begun.pop(future, None)
        self.executor.release(future)
        error = future.exception()
        if error is not None:
            self._fail(wanted, error)
            return
        job, outcome = self.make_job(wanted.spec), future.result()
        run = stored_run(wanted, outcome)
        is_new = self.database.record(wanted.spec.content, run)
        log_result(job.log, outcome.result, outcome.seconds)
        self.tracked.ended([run])
        if wanted.spec.rung is None:
            job.forget()
        self.progress.trained += 1
        # Of another driver's the seconds are others.
        self.want(self._hear(wanted.spec, run.seen_by_a_search if is_new else None))

    def _fail(self, wanted: Wanted, error: BaseException) -> None:
        """Queue a run again, or give it up."""
        if isinstance(error, (InvalidInput, OSError)):
            raise error
        failure = failure_of(error, self.timeout if wanted.is_late else None)
        wanted.failures.append(failure)
        self.database.record_failure(attempt_of(wanted, failure))
        log_failure(self.make_job(wanted.spec).log, failure)
        first = wanted.failures[0]
        cause = None if first.is_of_machine else _NUMBERS.sub("0", first.text)
        self.first_causes.setdefault(wanted.spec.key, cause)
        if self._all_fail_alike():
            self._lose_all()
        elif failure.is_of_machine and len(wanted.failures) < self.attempts and not self.hopeless:
            self.progress.retried += 1
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
        tried = [wanted for wanted in waiting if wanted.failures]
        for wanted in tried:
            self._lose(wanted)
        self.progress.failures.append(
            f"the first {len(self.first_causes)} runs failed alike, so "
            f"{len(waiting) - len(tried)} more were not tried"
        )

    def _lose(self, wanted: Wanted) -> None:
        """Give a run up."""
        spec, causes = wanted.spec, [failure.text for failure in wanted.failures]
        self.progress.tracebacks.update({f.traceback: None for f in wanted.failures if f.traceback})
        if len(set(causes)) == 1:
            causes = [causes[0] + (f", {len(causes)} times" if len(causes) > 1 else "")]
        self.progress.failures.append(
            f"run {spec.key} (seed {spec.seed}, {spec.resolution} px): {'; then '.join(causes)}"
            + log_of(self.make_job(spec))
        )
        self.tracked.failed(spec)
        # Another driver that waits for it may try in its turn.
        self.database.release(spec.key)
        self.want(self.proposer.failed(spec))

    def stop_late(self) -> None:
        """Stop what has run for too long."""
        while self.begun:
            future = next(iter(self.begun))
            wanted = self.running[future]
            assert wanted.began_at is not None
            if time.monotonic() - wanted.began_at <= self.timeout:
                break
            wanted.is_late = True
            del self.begun[future]
            self.executor.stop(future)

    def tell(self) -> None:
        """Let the progress be shown."""
        self.progress.running, self.progress.elsewhere = len(self.running), len(self.taken)
        self.progress.report(self.progress)


def _lacks_weights(job: Job) -> bool:
    """Whether a run is to be trained for its weights, be its errors known or not."""
    return job.weights is not None and not job.weights.exists()
