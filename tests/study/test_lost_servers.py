"""A database server that is lost in the middle costs nothing, whatever it had done by then."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome
from postgresql_server import Server
from test_claims import claims, train
from test_database import run_of

from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job, RunSpec
from scaling_search.study import Conduct, define
from scaling_search.study.database import Database
from scaling_search.study.progress import Progress
from scaling_search.study.records import Attempt, Claim, Reason
from scaling_search.study.watching import RunningRun, Watch

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def specs() -> list[RunSpec]:
    definition, _ = define(SETTINGS, Conduct())
    return [replace(definition.search_runs[0].spec, seed=seed) for seed in range(24)]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaling_search.study.transactions._PAUSE", 0.05)


@pytest.fixture
def database(postgresql: Server) -> Iterator[Database]:
    database = Database(postgresql.new_url())
    yield database
    database.close()


def lose_answers(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch, times: int = 1
) -> list[int]:
    """The next commits are done, but the connection is cut before the driver hears so."""
    import psycopg

    cuts: list[int] = []
    for engine in (database._engine, database._claims):
        commit = engine.dialect.do_commit

        def commit_and_cut(connection: Any, commit: Any = commit) -> None:
            commit(connection)
            if len(cuts) < times:
                cuts.append(server.cut())
                raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(engine.dialect, "do_commit", commit_and_cut)
    return cuts


def attempt_of(key: str) -> Attempt:
    return Attempt(
        key=key, attempt=1, reason=Reason.LATE, text="late", traceback="", worker="host:1",
        seconds=1.0, ended_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def test_what_was_done_before_the_answer_was_lost_is_done_once(
    database: Database,
    postgresql: Server,
    specs: list[RunSpec],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec, other = specs[:2]
    run = run_of(spec, also={"mAP": 0.5})
    now = Watch(database, "study", "search", 2)
    running = RunningRun(key=spec.key, worker="host:1", attempt=1, began_at=1.0)
    for act in (
        lambda: database.claim(spec.key) is Claim.MINE,
        lambda: database.record_failure(attempt_of(spec.key)),
        lambda: now.tell(Progress(done=3), now=True),
        lambda: now.began(spec.key, running.worker, 1),
        lambda: now.tell(Progress(done=4), now=True),
        # It cannot know that it was itself who stored it, so the loop reads it again.
        lambda: not database.record(spec.content, run),
        lambda: database.claim(spec.key) is Claim.KNOWN,
        lambda: database.claim(other.key) is Claim.MINE,
        lambda: database.beat(),
    ):
        with monkeypatch.context() as patch:
            cuts = lose_answers(database, postgresql, patch)
            assert act() is not False
            assert len(cuts) <= 1
    assert database.stored_runs([spec.key]) == {spec.key: run}
    assert database.failures([spec.key]) == [attempt_of(spec.key)]
    study, _, runs = database.told("study")
    assert study is not None
    assert study.progress["done"] == 4
    assert [run.key for run in runs] == [spec.key]
    assert claims(database) == {other.key: database.driver}
    with monkeypatch.context() as patch:
        lose_answers(database, postgresql, patch)
        database.release()
    assert claims(database) == {}


def test_attempts_that_only_look_alike_are_all_kept(database: Database) -> None:
    one = attempt_of("a")
    others = [one, replace(one, attempt=2), replace(one, ended_at="2026-01-01T00:00:01+00:00")]
    for attempt in others:
        database.record_failure(attempt)
    assert database.failures(["a"]) == others


def test_a_study_whose_connections_are_cut_all_the_time(
    database: Database, postgresql: Server, specs: list[RunSpec]
) -> None:
    ended, cuts = threading.Event(), 0

    def cut() -> None:
        nonlocal cuts
        while not ended.wait(0.4):
            cuts += postgresql.cut()

    def slow(job: Job) -> Any:
        time.sleep(0.05)
        return fake_outcome(job)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        trained, progress = train(database, specs[:12], slow)
    finally:
        ended.set()
        thread.join()
    assert cuts >= 2
    assert (trained, progress.done, progress.failures) == (list(range(12)), 12, [])
    assert len(database.stored_runs(spec.key for spec in specs)) == 12
    assert claims(database) == {}


def test_a_server_that_is_started_again(
    database: Database, postgresql: Server, specs: list[RunSpec]
) -> None:
    def stops_the_server(job: Job) -> Any:
        if job.spec.seed == 2:
            postgresql.stop()
            threading.Timer(1.0, postgresql.start).start()
        return fake_outcome(job)

    trained, progress = train(database, specs[:4], stops_the_server)
    assert (trained, progress.done, progress.failures) == ([0, 1, 2, 3], 4, [])
    assert len(database.known_keys(spec.key for spec in specs)) == 4


def test_a_server_that_does_not_come_back_is_named(
    postgresql: Server, specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_search.study.transactions._PATIENCE", 1.0)
    url = postgresql.new_url()
    database = Database(url.replace("postgres@", "postgres:s3cret@"))
    postgresql.stop()
    try:
        with pytest.raises(InvalidInput, match="see to its server and repeat") as raised:
            train(database, specs[:2], fake_outcome)
        with pytest.raises(InvalidInput, match="see to its server"):
            Database(url)
    finally:
        postgresql.start()
    assert "s3cret" not in str(raised.value)
    database.close()
