"""The database: durable, idempotent, silent on test errors, and clear where it cannot be used."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from threading import Barrier, Timer
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import SETTINGS

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunSpec, RunStatus
from scaling_search.study import Conduct, define, open_database
from scaling_search.study.database import Database
from scaling_search.study.records import Claim, SearchResult, StoredRun
from scaling_search.study.schema import VERSION


@pytest.fixture(scope="module")
def spec() -> RunSpec:
    definition, _ = define(SETTINGS, Conduct())
    return definition.search_runs[0].spec


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def database(store: str) -> Iterator[Database]:
    database = Database(store)
    yield database
    database.close()


def run_of(spec: RunSpec, **changed: Any) -> StoredRun:
    run = StoredRun(
        key=spec.key,
        status=RunStatus.FINISHED,
        val_error=0.1 + 0.2,
        test_error=1 / 3,
        curve=((1, 2.5, 0.7), (2, 1 / 7, 0.1 + 0.2)),
        val_correct="8A==",
        seconds=1.25,
        attempts=1,
        worker="host:1",
        finished_at="2026-01-01T00:00:00+00:00",
    )
    return replace(run, **changed)


@pytest.fixture(scope="module")
def filled(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole database of 50 runs."""
    path = tmp_path_factory.mktemp("filled") / "store.db"
    database = Database(f"sqlite:///{path}")
    for seed in range(50):
        other = replace(spec, seed=seed)
        database.record(other.content, run_of(other))
    database.close()
    return path.read_bytes()


def test_a_run_reads_back_to_the_same_bits(database: Database, store: str, spec: RunSpec) -> None:
    run = run_of(spec)
    database.record(spec.content, run)
    assert Database(store).stored_runs([spec.key, "absent"]) == {spec.key: run}


def test_record_is_idempotent(database: Database, spec: RunSpec) -> None:
    assert database.record(spec.content, run_of(spec))
    assert not database.record(spec.content, run_of(spec, val_error=0.9, attempts=2))
    assert database.stored_runs([spec.key]) == {spec.key: run_of(spec)}


def test_two_drivers_that_record_the_same_run_at_once(
    database: Database, store: str, spec: RunSpec
) -> None:
    other = Database(store)

    def overtake(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT"):
            other.record(spec.content, run_of(spec))

    # The other driver comes between this one's look and its insert.
    sa.event.listen(database._engine, "before_cursor_execute", overtake)
    database.record(spec.content, run_of(spec, attempts=2))
    assert set(database.stored_runs([spec.key])) == {spec.key}
    other.close()


def test_a_database_that_somebody_is_making(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # SQLite refuses to change the journal's mode at once while another connection may write.
    other.execute("BEGIN IMMEDIATE")
    Timer(0.3, other.execute, ["COMMIT"]).start()
    assert Database(path).is_there
    other.close()


def test_a_driver_that_is_overtaken_while_it_makes_the_tables(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    overtaken: list[str] = []

    def overtake(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT") and not overtaken:
            overtaken.append(statement)
            Database(store).close()

    sa.event.listen(sa.Engine, "before_cursor_execute", overtake)
    try:
        assert Database(store).is_there
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", overtake)
    assert overtaken
    engine = sa.create_engine(store)
    with engine.connect() as connection:
        versions = connection.execute(sa.text("SELECT version FROM scaling_search_schema")).all()
    engine.dispose()
    assert versions == [(VERSION,)]


@pytest.mark.parametrize("_attempt", range(5))
def test_drivers_that_make_the_same_database_at_once(store: str, _attempt: int) -> None:
    drivers = 8
    together = Barrier(drivers)

    def begin(_: int) -> bool:
        together.wait()
        database = Database(store)
        database.close()
        return database.is_there

    with ThreadPoolExecutor(drivers) as pool:
        assert all(pool.map(begin, range(drivers)))


def test_more_keys_than_one_query_takes(database: Database, spec: RunSpec) -> None:
    database.record(spec.content, run_of(spec))
    keys = [*(f"{i:016x}" for i in range(40_000)), spec.key]
    assert database.known_keys(keys) == {spec.key}
    assert database.known_keys([]) == set()


def test_a_search_never_gets_a_test_error(database: Database, spec: RunSpec) -> None:
    database.record(spec.content, run_of(spec))
    seen: list[str] = []
    sa.event.listen(
        database._engine, "before_cursor_execute", lambda _c, _k, sql, *_: seen.append(sql)
    )
    result = database.search_results([spec.key])[spec.key]
    assert "test_error" not in {f.name for f in fields(SearchResult)}
    assert "test_error" not in vars(result)
    assert "test_error" not in "".join(seen)


def test_a_dry_run_makes_no_database(tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    assert open_database(Conduct(experiments_dir=str(folder)), create=False) is None
    assert not folder.exists()


def test_a_dry_run_makes_no_database_elsewhere_either(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.db"
    assert open_database(Conduct(store=f"sqlite:///{path}"), create=False) is None
    assert not path.exists()


def test_a_dry_run_makes_no_tables_in_somebodys_database(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.db"
    with closing(sqlite3.connect(path)) as somebodys:
        somebodys.execute("CREATE TABLE theirs (key TEXT)")
        somebodys.commit()
    assert open_database(Conduct(store=f"sqlite:///{path}"), create=False) is None
    with closing(sqlite3.connect(path)) as somebodys:
        names = somebodys.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert names.fetchall() == [("theirs",)]


def test_a_dry_run_reads_a_database_that_is_there(
    database: Database, store: str, spec: RunSpec
) -> None:
    database.record(spec.content, run_of(spec))
    found = open_database(Conduct(store=store), create=False)
    assert found is not None
    assert found.known_keys([spec.key]) == {spec.key}


def test_a_database_of_before_there_were_claims(store: str, spec: RunSpec) -> None:
    old = Database(store)
    old.record(spec.content, run_of(spec))
    with old._engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE scaling_search_claims"))
    database = Database(store)
    assert database.claim(spec.key) is Claim.KNOWN
    assert database.claim("new") is Claim.MINE


@pytest.mark.parametrize("name", ["with space", "per%20cent", "what?", "a#b", "a;b", "ü"])
def test_an_experiments_directory_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    database = open_database(Conduct(experiments_dir=str(folder)))
    assert database is not None
    database.close()
    assert (folder / "store.db").is_file()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"\x5a" * 5000,
        lambda content: content[: len(content) // 2],
        lambda content: content[:100],
        lambda content: content[:4096] + b"\xa7" * (len(content) - 4096),
    ],
    ids=["random", "half", "header", "pages"],
)
def test_a_damaged_database_is_named_and_kept(
    path: Path, spec: RunSpec, filled: bytes, damage: Any
) -> None:
    content = damage(filled)
    path.write_bytes(content)
    keys = [replace(spec, seed=seed).key for seed in range(50)]
    with pytest.raises(InvalidInput, match=r"store\.db.*(damaged|malformed|not a database)"):
        Database(f"sqlite:///{path}").stored_runs(keys)
    assert path.read_bytes() == content


@pytest.mark.parametrize("change", ["curve = '[[1, 2.0'", "status = 'failed'"])
def test_a_damaged_value_is_named(database: Database, spec: RunSpec, change: str) -> None:
    database.record(spec.content, run_of(spec))
    with database._engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE scaling_search_runs SET {change}"))
    with pytest.raises(InvalidInput, match=f"is damaged: run {spec.key}"):
        database.stored_runs([spec.key])


def test_a_status_is_read_as_what_it_was(database: Database, spec: RunSpec) -> None:
    database.record(spec.content, run_of(spec))
    assert database.stored_runs([spec.key])[spec.key].status is RunStatus.FINISHED
    assert database.search_results([spec.key])[spec.key].status is RunStatus.FINISHED


def test_a_table_of_another_version_is_named(path: Path, spec: RunSpec) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE scaling_search_runs (key TEXT)"))
    engine.dispose()
    with pytest.raises(InvalidInput, match=r"store\.db.*no such column"):
        Database(f"sqlite:///{path}").stored_runs([spec.key])


def test_a_full_disk_is_named_and_loses_nothing(path: Path, spec: RunSpec) -> None:
    database = Database(path)
    database.record(spec.content, run_of(spec))
    with database._engine.connect() as connection:
        pages = connection.execute(sa.text("PRAGMA page_count")).scalar_one()
        connection.execute(sa.text(f"PRAGMA max_page_count={pages}"))
        connection.commit()
    large = replace(spec, seed=1)
    with pytest.raises(InvalidInput, match="disk"):
        database.record(large.content, run_of(large, val_correct="A" * 100_000))
    assert set(database.stored_runs([spec.key, large.key])) == {spec.key}


@pytest.mark.parametrize("url", ["no url", "sqlit:///x.db", "", "postgresql"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"store.*URL"):
        Database(url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent.*store="):
        Database(f"sqlite:///{tmp_path / 'absent' / 'store.db'}")


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(InvalidInput, match=r"psycopg.*install|install.*psycopg"):
        Database("postgresql://host/name")


def test_a_password_is_never_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(InvalidInput) as raised:
        Database("postgresql://somebody:s3cret@host/name")
    assert "s3cret" not in str(raised.value)
