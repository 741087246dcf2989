"""Propose -> run -> record: the one loop through which all trainings of a study go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from scaling_search.errors import InvalidInput
from scaling_search.execution import LocalExecutor
from scaling_search.proxy import Job, Outcome, RunSpec
from scaling_search.study.records import SearchResult, StoredRun, encode_bits

if TYPE_CHECKING:
    from scaling_search.study.database import Database


class Proposer(Protocol):
    """Says which runs are wanted, at the start and whenever one has ended."""

    def start(self) -> Sequence[RunSpec]:
        """The runs wanted before anything is known."""
        ...

    def heard(self, spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
        """Further runs wanted now that this one is known."""
        ...

    def failed(self, spec: RunSpec) -> Sequence[RunSpec]:
        """Further runs wanted now that this one has been given up."""
        ...


@dataclass(frozen=True)
class AllAtOnce:
    """The proposer of a fixed list, such as a grid or a family."""

    specs: Sequence[RunSpec]

    def start(self) -> Sequence[RunSpec]:
        return self.specs

    def heard(self, spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
        return ()

    def failed(self, spec: RunSpec) -> Sequence[RunSpec]:
        return ()


@dataclass
class Progress:
    """How far the loop is; `report` is called whenever something has changed."""

    report: Callable[[Progress], None] = lambda _: None
    wanted: int = 0
    done: int = 0
    trained: int = 0
    running: int = 0
    failures: list[str] = field(default_factory=list)
    last: tuple[RunSpec, SearchResult] | None = None


@dataclass
class _Started:
    spec: RunSpec
    attempt: int
    at: float


def complete(
    proposer: Proposer,
    database: Database,
    executor: LocalExecutor[Job, Outcome],
    make_job: Callable[[RunSpec], Job],
    *,
    attempts: int,
    timeout: float,
    progress: Progress,
) -> None:
    """Train what is wanted and missing until nothing more is wanted.

    A run whose worker crashes, errs or takes too long is tried `attempts` times and then left out,
    with a line in `progress.failures`. A mistake of the user's in a worker (InvalidInput) and a
    disk that refuses to write (OSError) end the loop.
    """
    queue: deque[tuple[RunSpec, int]] = deque()
    seen: set[str] = set()
    running: dict[Future[Outcome], _Started] = {}

    def want(specs: Sequence[RunSpec]) -> None:
        """Queue what is missing; what is known is heard at once, and may make more wanted."""
        batches = deque([specs])
        while batches:
            fresh = [s for s in dict.fromkeys(batches.popleft()) if s.key not in seen]
            seen.update(spec.key for spec in fresh)
            progress.wanted += len(fresh)
            known = database.search_results(spec.key for spec in fresh)
            for spec in fresh:
                weights = make_job(spec).weights
                if spec.key not in known or (weights is not None and not weights.exists()):
                    queue.append((spec, 1))
                else:
                    batches.append(hear(spec, known[spec.key]))

    def hear(spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
        progress.done += 1
        progress.last = (spec, result)
        return proposer.heard(spec, result)

    want(proposer.start())
    progress.report(progress)
    while queue or running:
        while queue and executor.free:
            spec, attempt = queue.popleft()
            running[executor.submit(make_job(spec))] = _Started(spec, attempt, time.monotonic())
        progress.running = len(running)
        progress.report(progress)
        ended, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in ended:
            started = running.pop(future)
            executor.release(future)
            error = future.exception()
            if error is None:
                stored = _stored(started, future.result())
                database.record(started.spec.content, stored)
                progress.trained += 1
                result = SearchResult(
                    stored.key,
                    stored.status,
                    stored.val_error,
                    stored.val_correct,
                    stored.seconds,
                )
                want(hear(started.spec, result))
            elif isinstance(error, (InvalidInput, OSError)) and not isinstance(
                error, BrokenProcessPool
            ):
                raise error
            elif started.attempt < attempts:
                queue.append((started.spec, started.attempt + 1))
            else:
                cause = repr(error)
                if isinstance(error, BrokenProcessPool):
                    late = time.monotonic() - started.at > timeout
                    cause = f"above executor.timeout={timeout:g}" if late else "its worker died"
                progress.failures.append(
                    f"run {started.spec.key} (seed {started.spec.seed}, "
                    f"{started.spec.resolution} px): {cause}, {attempts} times"
                )
                want(proposer.failed(started.spec))
        for future, started in running.items():
            if time.monotonic() - started.at > timeout:
                executor.stop(future)
    progress.running = 0
    progress.report(progress)


def _stored(started: _Started, outcome: Outcome) -> StoredRun:
    result = outcome.result
    return StoredRun(
        key=started.spec.key,
        status=result.status,
        val_error=result.val_error,
        test_error=result.test_error,
        curve=tuple((e.epoch, e.train_loss, e.val_error) for e in result.curve),
        val_correct=encode_bits(result.val_correct),
        seconds=round(outcome.seconds, 3),
        attempts=started.attempt,
        worker=outcome.worker,
        finished_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
