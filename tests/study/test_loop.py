"""The loop propose -> run -> record, with an executor that trains nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome
from loops import carry_through, specs_of

from scaling_search.execution import Began, InlineExecutor, Said
from scaling_search.proxy import Job, RunSpec, RunStatus
from scaling_search.proxy.result import Epoch
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.records import SearchResult, StoredRun


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
