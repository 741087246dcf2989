"""A database of an older version becomes one of this; one of a newer version is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from fakes import SETTINGS

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunSpec, RunStatus
from scaling_search.study import Conduct, define, open_database
from scaling_search.study.database import Database
from scaling_search.study.records import Attempt, Claim, Reason, StoredRun

#: As version 1 made them; the oldest of that version had the first two alone.
VERSION_1 = (
    """CREATE TABLE scaling_search_runs (
        key VARCHAR(16) NOT NULL PRIMARY KEY, spec TEXT NOT NULL, status VARCHAR(16) NOT NULL,
        val_error FLOAT, test_error FLOAT, curve TEXT NOT NULL, val_correct TEXT NOT NULL,
        seconds FLOAT NOT NULL, attempts INTEGER NOT NULL, worker VARCHAR(64) NOT NULL,
        finished_at VARCHAR(32) NOT NULL)""",
    """CREATE TABLE scaling_search_claims (
        key VARCHAR(16) NOT NULL PRIMARY KEY, driver VARCHAR(255) NOT NULL,
        heard_at FLOAT NOT NULL)""",
    """CREATE TABLE scaling_search_metrics (
        key VARCHAR(16) NOT NULL PRIMARY KEY, also TEXT NOT NULL)""",
)
LONG = "host-" * 40


@pytest.fixture(scope="module")
def spec() -> RunSpec:
    definition, _ = define(SETTINGS, Conduct())
    return definition.search_runs[0].spec


def execute(store: str, *statements: str) -> None:
    engine = sa.create_engine(store)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def fill(store: str, spec: RunSpec, tables: int) -> None:
    """A database of version 1 with a run."""
    row = (
        f"('{spec.key}', '{spec.content}', 'finished', 0.25, 0.5, '[[1, 2.0, 0.25]]', '8A==', 3.5,"
    )
    run = f"INSERT INTO scaling_search_runs VALUES {row} 2, 'host:1', '2026-01-01T00:00:00+00:00')"
    also = f"""INSERT INTO scaling_search_metrics VALUES ('{spec.key}', '{{"mAP": 0.75}}')"""
    # A colon would name a parameter.
    statements = [*VERSION_1[:tables], run, *([also] if tables == len(VERSION_1) else [])]
    execute(store, *(re.sub(r":(?=\d|\s|\")", r"\\:", s) for s in statements))


def run_of(spec: RunSpec, **changed: object) -> StoredRun:
    run = StoredRun(
        key=spec.key,
        status=RunStatus.FINISHED,
        val_error=0.25,
        test_error=0.5,
        curve=((1, 2.0, 0.25),),
        val_correct="8A==",
        seconds=3.5,
        attempts=2,
        worker="host:1",
        finished_at="2026-01-01T00:00:00+00:00",
    )
    return replace(run, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("tables", [1, 2, 3])
def test_a_database_of_version_1_goes_on(store: str, spec: RunSpec, tables: int) -> None:
    fill(store, spec, tables)
    also = {"mAP": 0.75} if tables == 3 else {}
    # A plan and a status read it as it is, and change nothing.
    reader = open_database(Conduct(store=store), create=False)
    assert reader is not None
    assert reader.stored_runs([spec.key]) == {spec.key: run_of(spec, also=also)}
    assert (reader.failures([spec.key]), reader.told("study")[0]) == ((), None)
    reader.close()

    for _ in range(2):
        database = Database(store)
        assert database.stored_runs([spec.key]) == {spec.key: run_of(spec, also=also)}
        assert database.claim(spec.key) is Claim.KNOWN
        # What version 1 had no room for.
        other = replace(spec, seed=99)
        database.record(other.content, run_of(other, worker=LONG, also={"F1": 0.5}))
        assert database.stored_runs([other.key])[other.key].worker == LONG
        assert database.stored_runs([other.key])[other.key].also == {"F1": 0.5}
        lost = Attempt(
            key=spec.key, attempt=1, reason=Reason.LOST, text="", traceback="", worker=LONG,
            seconds=1.0, ended_at="2026-01-01T00:00:00+00:00",
        )  # fmt: skip
        database.record_failure(lost)
        assert database.failures([spec.key]) == [lost]
        database.close()


@pytest.mark.parametrize("create", [True, False])
def test_a_newer_database_is_refused_in_a_line(store: str, spec: RunSpec, create: bool) -> None:
    Database(store).close()
    execute(store, "UPDATE scaling_search_schema SET version = 3")
    with pytest.raises(
        InvalidInput, match=r"has version 3.*versions up to 2: update it"
    ) as refused:
        Database(store, create)
    assert "\n" not in str(refused.value)
