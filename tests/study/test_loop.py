"""The loop propose -> run -> record, with an executor that trains nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome, inline

from scaling_search.errors import InvalidInput
from scaling_search.execution import Began, InlineExecutor, Said, WorkerLost, WorkerTraceback
from scaling_search.proxy import Job, RunSpec, RunStatus
from scaling_search.proxy.result import Epoch
from scaling_search.study import Conduct, define
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce, Proposer
from scaling_search.study.records import Reason, SearchResult, StoredRun


class OutOfMemoryError(RuntimeError):
    """As torch's is called."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def spec() -> RunSpec:
    definition, _ = define(SETTINGS, Conduct())
    return definition.search_runs[0].spec


def specs_of(spec: RunSpec, count: int) -> list[RunSpec]:
    return [replace(spec, seed=seed) for seed in range(count)]


def carry_through(
    proposer: Proposer | Sequence[RunSpec],
    database: Database,
    function: Callable[[Job], Any] = fake_outcome,
    *,
    slots: int = 2,
    attempts: int = 2,
    timeout: float = 60,
    weights: Path | None = None,
) -> tuple[Progress, InlineExecutor[Job, Any]]:
    if isinstance(proposer, Sequence):
        proposer = AllAtOnce(proposer)
    executor, progress = inline(function, slots), Progress()
    complete(
        proposer,
        database,
        executor,
        lambda wanted: Job(spec=wanted, data=SETTINGS.data, weights=weights),
        attempts=attempts,
        timeout=timeout,
        progress=progress,
    )
    return progress, executor


@pytest.mark.slow
def test_a_thousand_runs_are_each_trained_once(database: Database, spec: RunSpec) -> None:
    specs = specs_of(spec, 1000)
    progress, executor = carry_through(specs, database, slots=7)
    assert (progress.wanted, progress.done, progress.trained) == (1000, 1000, 1000)
    assert len(executor.tasks) == 1000
    assert database.known_keys(s.key for s in specs) == {s.key for s in specs}
    progress, executor = carry_through([*specs, *specs_of(spec, 1010)], database)
    assert (progress.wanted, progress.done, progress.trained) == (1010, 1010, 10)
    assert len(executor.tasks) == 10


def test_the_same_run_asked_for_twice_is_trained_once(database: Database, spec: RunSpec) -> None:
    progress, executor = carry_through([spec, spec, replace(spec)], database)
    assert progress.wanted == progress.done == len(executor.tasks) == 1


def test_nothing_wanted_is_nothing_done(database: Database) -> None:
    progress, executor = carry_through([], database)
    assert progress.wanted == len(executor.tasks) == 0


OF_THE_MACHINE = [
    WorkerLost("its worker died (signal 9)"),
    MemoryError(),
    OutOfMemoryError("2 GiB"),
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
    alone = [] if isinstance(error, WorkerLost) else [3]
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


def test_what_goes_on_can_be_watched(database: Database, spec: RunSpec) -> None:
    """While a run is in its slot, its worker and its curve are there; after it, it is not."""
    seen: list[Any] = []
    going: Future[Any] = Future()

    def looks(_: Progress) -> None:
        executor.say(going, Began("host:7"))
        executor.say(going, Said(Epoch(1, 0.5, 0.25)))
        seen.append(database.told("glyphs-quick"))
        if len(seen) == 5:
            going.set_result(fake_outcome(executor.tasks[0]))

    executor = InlineExecutor[Job, Any](lambda _: going)
    complete(
        AllAtOnce([spec]),
        database,
        executor,
        lambda wanted: Job(spec=wanted, data=SETTINGS.data),
        attempts=1,
        timeout=60,
        progress=Progress(looks),
        study="glyphs-quick",
        step="search",
    )
    now, driver, running = seen[-2]
    assert (now.step, now.progress["wanted"], now.progress["running"]) == ("search", 1, 1)
    assert driver == database.driver
    assert [(run.key, run.worker, run.attempt) for run in running] == [(spec.key, "host:7", 1)]
    assert running[0].curve[0] == Epoch(1, 0.5, 0.25)
    now, _, running = database.told("glyphs-quick")
    assert now is not None
    assert (now.progress["done"], now.progress["ended"], len(running)) == (1, True, 0)
    assert database.told("another") == (None, "", ())


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


def test_the_best_error_is_that_of_all_runs(database: Database, spec: RunSpec) -> None:
    specs = specs_of(spec, 9)
    carry_through(specs[:8], database)
    progress, _ = carry_through(specs, database)
    errors = [result.val_error for result in database.search_results(s.key for s in specs).values()]
    assert progress.best == min(e for e in errors if e is not None)
    assert progress.ended
    assert not carry_through([], database)[0].failures


def test_the_worker_names_itself(database: Database, spec: RunSpec) -> None:
    outcome = fake_outcome(Job(spec=spec, data=SETTINGS.data))
    outcome.worker = "another-machine:17"
    carry_through([spec], database, lambda _: outcome)
    assert database.stored_runs([spec.key])[spec.key].worker == "another-machine:17"


def test_a_diverged_run_is_a_result(database: Database, spec: RunSpec) -> None:
    result = SimpleNamespace(
        status="diverged", val_error=None, test_error=None, curve=(), val_correct=b"", also={}
    )
    outcome = SimpleNamespace(result=result, seconds=0.5, worker="host:1")
    progress, _ = carry_through([spec], database, lambda _: outcome)
    assert (progress.done, progress.failures) == (1, [])
    stored = database.stored_runs([spec.key])[spec.key]
    assert (stored.status, stored.val_error, stored.curve) == ("diverged", None, ())
    _, executor = carry_through([spec], database)
    assert executor.tasks == []


class Chain:
    """Wants the next seed when one has ended, up to `length`."""

    def __init__(self, spec: RunSpec, length: int) -> None:
        self.spec = spec
        self.length = length
        self.ended: list[tuple[RunSpec, SearchResult]] = []

    def start(self) -> Sequence[RunSpec]:
        return [replace(self.spec, seed=0)]

    def heard(self, spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
        self.ended.append((spec, result))
        return [replace(spec, seed=spec.seed + 1)] if spec.seed + 1 < self.length else []

    def failed(self, spec: RunSpec) -> Sequence[RunSpec]:
        return []


def test_every_run_is_durable_as_soon_as_it_is_heard(database: Database, spec: RunSpec) -> None:
    class Look(Chain):
        def heard(self, spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
            assert database.known_keys([spec.key]) == {spec.key}
            assert result.key == spec.key
            assert not hasattr(result, "test_error")
            return super().heard(spec, result)

    progress, _ = carry_through(Look(spec, 5), database)
    assert progress.wanted == progress.done == progress.trained == 5
    again = Look(spec, 5)
    progress, executor = carry_through(again, database)
    assert (progress.wanted, progress.done, progress.trained) == (5, 5, 0)
    assert executor.tasks == []
    assert [ended.seed for ended, _ in again.ended] == [0, 1, 2, 3, 4]


class Known:
    """A database that has every run already."""

    def search_results(self, keys: Iterable[str]) -> dict[str, SearchResult]:
        return {
            key: SearchResult(key=key, status=RunStatus.FINISHED, val_error=0.5, seconds=1.0)
            for key in keys
        }

    def record(self, spec: RunSpec, run: StoredRun) -> None:
        raise AssertionError("nothing is missing")

    def release(self) -> None:
        pass


def test_a_long_search_that_asks_one_by_one_is_resumed(spec: RunSpec) -> None:
    chain = Chain(spec, 1500)
    progress, executor = carry_through(chain, Known())  # type: ignore[arg-type]
    assert (progress.done, progress.trained, executor.tasks) == (1500, 0, [])
    assert len(chain.ended) == 1500


def test_missing_weights_are_trained_again(
    database: Database, spec: RunSpec, tmp_path: Path
) -> None:
    carry_through([spec], database)
    path = tmp_path / "weights.pt"
    progress, executor = carry_through([spec], database, weights=path)
    assert len(executor.tasks) == progress.done == 1
    path.touch()
    progress, executor = carry_through([spec], database, weights=path)
    assert (len(executor.tasks), progress.done) == (0, 1)
