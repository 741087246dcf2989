"""What an attempt failed of, and whether another one is made."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from typing import Any

import pytest
from fakes import fake_outcome
from loops import carry_through, specs_of

from scaling_search.errors import InvalidInput, ProcessLost
from scaling_search.execution import WorkerLost, WorkerTraceback
from scaling_search.proxy import Job, RunSpec
from scaling_search.study.database import Database
from scaling_search.study.records import Reason


class OutOfMemoryError(RuntimeError):
    """As torch's is called."""


OF_THE_MACHINE = [
    WorkerLost("its worker died (signal 9)"),
    ProcessLost("a process that decodes images was lost"),
    MemoryError(),
    OutOfMemoryError("2 GiB"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDNN_STATUS_ALLOC_FAILED"),
]


@pytest.mark.parametrize("error", OF_THE_MACHINE)
def test_a_failure_of_the_machine_is_tried_again(
    database: Database, spec: RunSpec, error: Exception
) -> None:
    tried: Counter[int] = Counter()

    def first_fails(job: Job) -> Any:
        tried[job.spec.seed] += 1
        if job.spec.seed == 3 and tried[3] == 1:
            raise error
        return fake_outcome(job)

    specs = specs_of(spec, 6)
    progress, executor = carry_through(specs, database, first_fails)
    assert (progress.done, progress.retried, progress.failures) == (6, 1, [])
    stored = database.stored_runs(s.key for s in specs)
    assert [stored[s.key].attempts for s in specs] == [1, 1, 1, 2, 1, 1]
    # What ran out of memory has its device for itself the second time.
    alone = [] if isinstance(error, WorkerLost | ProcessLost) else [3]
    assert [job.spec.seed for job in executor.alone] == alone


def test_what_fails_every_time_is_listed_and_left_out(database: Database, spec: RunSpec) -> None:
    def odd_seeds_fail(job: Job) -> Any:
        if job.spec.seed % 2:
            raise WorkerLost("boom")
        return fake_outcome(job)

    specs = specs_of(spec, 6)
    progress, executor = carry_through(specs, database, odd_seeds_fail, attempts=3)
    assert progress.done == progress.trained == 3
    assert Counter(job.spec.seed for job in executor.tasks) == {0: 1, 1: 3, 2: 1, 3: 3, 4: 1, 5: 3}
    assert len(progress.failures) == 3
    assert all("boom" in line and "3 times" in line for line in progress.failures)
    assert database.known_keys(s.key for s in specs) == {s.key for s in specs[::2]}
    # A later call tries them again.
    progress, executor = carry_through(specs, database)
    assert (progress.trained, progress.failures) == (3, [])


def test_an_error_of_the_training_is_not_tried_again(database: Database, spec: RunSpec) -> None:
    where = "Traceback (most recent call last): line 7"

    def third_errs(job: Job) -> Any:
        if job.spec.seed == 2:
            raise ValueError("no such\nlayer") from WorkerTraceback(where)
        return fake_outcome(job)

    specs = specs_of(spec, 6)
    progress, executor = carry_through(specs, database, third_errs, attempts=3)
    assert Counter(job.spec.seed for job in executor.tasks)[2] == 1
    assert (progress.done, progress.retried, list(progress.tracebacks)) == (5, 0, [where])
    assert len(progress.failures) == 1
    assert progress.failures[0].endswith("ValueError: no such layer")


def test_each_failed_attempt_is_kept_with_its_reason(database: Database, spec: RunSpec) -> None:
    endings = iter([WorkerLost("its node died"), MemoryError(), None, ValueError("boom")])

    def ends(job: Job) -> Any:
        error = next(endings)
        if error is not None:
            raise error
        return fake_outcome(job)

    one, other = specs_of(spec, 2)
    carry_through([one, other], database, ends, attempts=3, slots=1)
    kept = [(a.key, a.attempt, a.reason, a.text) for a in database.failures([one.key, other.key])]
    first, second = (job.key for job in (one, other))
    assert sorted(kept) == sorted(
        [
            (first, 1, Reason.LOST, "its node died"),
            (second, 1, Reason.MEMORY, "memory ran out (MemoryError)"),
            (second, 2, Reason.ERROR, "ValueError: boom"),
        ]
    )


@pytest.mark.parametrize("error", [InvalidInput("torn image"), OSError(28, "No space left")])
def test_what_a_person_must_mend_ends_the_loop(
    database: Database, spec: RunSpec, error: Exception
) -> None:
    def third_cannot(job: Job) -> Any:
        if job.spec.seed == 2:
            raise error
        return fake_outcome(job)

    specs = specs_of(spec, 50)
    with pytest.raises(type(error)) as raised:
        carry_through(specs, database, third_cannot, slots=1)
    assert raised.value is error
    assert database.known_keys(s.key for s in specs) == {s.key for s in specs[:2]}


def test_a_run_that_takes_too_long_is_stopped_and_tried_again(
    database: Database, spec: RunSpec
) -> None:
    tried: Counter[int] = Counter()

    def hangs(job: Job) -> Any:
        tried[job.spec.seed] += 1
        # Seed 1 hangs once, seed 2 always.
        if job.spec.seed == 2 or (job.spec.seed == 1 and tried[1] == 1):
            return Future()
        return fake_outcome(job)

    specs = specs_of(spec, 4)
    progress, executor = carry_through(specs, database, hangs, timeout=0.01)
    assert progress.done == 3
    assert Counter(job.spec.seed for job in executor.stopped) == {1: 1, 2: 2}
    assert len(progress.failures) == 1
    assert specs[2].key in progress.failures[0]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([Future(), Future()], "above executor.timeout=0.05, 2 times"),
        ([WorkerLost("its worker died (signal 9)")] * 2, "its worker died (signal 9), 2 times"),
        ([MemoryError(), MemoryError()], "memory ran out (MemoryError), 2 times"),
        (
            [MemoryError(), RuntimeError("two\nlines")],
            "memory ran out (MemoryError); then RuntimeError: two lines",
        ),
        ([Future(), WorkerLost("it died")], "above executor.timeout=0.05; then it died"),
        ([ValueError("boom")], "px): ValueError: boom"),
    ],
)
def test_why_each_attempt_failed_is_said(
    database: Database, spec: RunSpec, errors: list[Any], said: str
) -> None:
    left = iter(errors)

    def fails(_: Job) -> Any:
        error = next(left)
        if isinstance(error, Exception):
            raise error
        return error

    progress, _ = carry_through([spec], database, fails, timeout=0.05, attempts=len(errors))
    assert len(progress.failures) == 1
    assert said in progress.failures[0]
