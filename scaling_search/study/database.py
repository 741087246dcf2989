"""The database of all studies of a directory: every finished run, by its key, and who trains what.

Only drivers write. A run is durable as soon as `record` returns. A claim keeps two drivers from
training the same run; it saves work and decides nothing: where one is lost or taken over too soon,
a run is trained twice, to the same result.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.study.engine import open_engine
from scaling_search.study.records import Attempt, Claim, Reason, SearchResult, StoredRun
from scaling_search.study.schema import (
    CLAIMS,
    FAILURES,
    METRICS,
    RUNNING,
    RUNS,
    STUDIES,
    make_tables,
    require_version,
)
from scaling_search.study.store_url import shown
from scaling_search.study.transactions import errors_named, in_transaction
from scaling_search.study.watching import RunningRun, StudyNow
from scaling_search.whole_files import is_alive

#: Seconds between two signs of life, and those after which a silent driver counts as gone.
BEAT = 10.0
EXPIRY = 60.0
Result = TypeVar("Result", SearchResult, StoredRun)
X = TypeVar("X")
#: Keys in one query; SQLite allows 32,766 parameters.
_BATCH = 5_000


class Database:
    """Runs in SQLite (a file's path) or any database that SQLAlchemy knows (a URL).

    With `create` false nothing is made where there is nothing, and `is_there` says so.
    """

    def __init__(self, place: str | Path, create: bool = True) -> None:
        self.url = str(place)
        self.driver = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._beat_at = 0.0
        # A run is on the disk when its commit returns; a claim may be lost.
        self._engine = open_engine(place, waits=True)
        self._claims = open_engine(place, waits=False)
        is_file, file = self._engine.dialect.name == "sqlite", Path(self._engine.url.database or "")
        self.is_there = create or not is_file or file.exists()
        if not self.is_there:
            return
        # What a driver raises while it connects is not always an error of SQLAlchemy's.
        with errors_named(self._engine, self.url, Exception):
            if create:
                try:
                    make_tables(self._engine)
                except sa.exc.DatabaseError:
                    # Elsewhere than in SQLite two may make one table at once; the first has now.
                    make_tables(self._engine)
            else:
                require_version(self._engine)
            #: The tables may be those of an older version.
            self._is_whole = create
            self.is_there = self._has(RUNS)

    @property
    def address(self) -> str:
        """Its URL, password and all."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()
        self._claims.dispose()

    def record(self, content: str, run: StoredRun) -> bool:
        """Store a run of this specification for good; one that is already there stays as it is.

        Gives whether it is surely stored as it is here; else another driver's may be there. A claim
        to the run ends with it.
        """
        row = {**run.__dict__, "spec": content, "curve": json.dumps(run.curve)}
        also = row.pop("also")

        def store(connection: sa.Connection) -> None:
            connection.execute(RUNS.insert(), row)
            if also:
                text = json.dumps(dict(also))
                connection.execute(METRICS.insert(), {"key": run.key, "also": text})
            connection.execute(CLAIMS.delete().where(CLAIMS.c.key == run.key))

        try:
            self._do(store)
            return True
        except sa.exc.IntegrityError:
            # It is there already, or another driver was faster; the results are equal.
            self.release(run.key)
            return False

    def record_failure(self, attempt: Attempt) -> None:
        """Store that an attempt at a run gave no result."""
        row = vars(attempt)
        same = [FAILURES.c[name] == value for name, value in row.items()]

        def store(connection: sa.Connection) -> None:
            # It is there where the server was lost before it answered.
            if connection.execute(sa.select(FAILURES.c.id).where(*same)).first() is None:
                connection.execute(FAILURES.insert(), row)

        self._do(store)

    def failures(self, keys: Iterable[str]) -> Sequence[Attempt]:
        """The attempts at these runs that gave no result, in the order in which they ended."""
        if not self._has(FAILURES):
            return ()
        names = [field.name for field in fields(Attempt)]
        columns = [FAILURES.c[name] for name in names]
        found = [row._mapping for row in self._select([*columns, FAILURES.c.id], keys)]
        ordered = sorted(found, key=lambda row: int(row["id"]))
        return [
            Attempt(**{name: row[name] for name in names} | {"reason": Reason(row["reason"])})
            for row in ordered
        ]

    def claim(self, key: str) -> Claim:
        """Ask to train a run; other drivers of this database then leave it alone."""
        mine = {"key": key, "driver": self.driver, "heard_at": time.time()}

        def ask(connection: sa.Connection) -> Claim:
            connection.execute(CLAIMS.insert(), mine)
            # Only now: the insert may have waited for a driver that was recording this run.
            if connection.execute(sa.select(RUNS.c.key).where(RUNS.c.key == key)).first() is None:
                return Claim.MINE
            connection.rollback()
            return Claim.KNOWN

        try:
            return self._do(ask, self._claims)
        except sa.exc.IntegrityError:
            return self._do(lambda connection: self._take_over(connection, key), self._claims)

    def _take_over(self, connection: sa.Connection, key: str) -> Claim:
        """Claim a run of a driver that has gone, unless a third was faster."""
        held = connection.execute(sa.select(CLAIMS).where(CLAIMS.c.key == key)).first()
        if held is None or not (held.driver == self.driver or has_gone(held.driver, held.heard_at)):
            return Claim.TAKEN
        as_seen = [column == held._mapping[column] for column in CLAIMS.c]
        mine = CLAIMS.update().where(*as_seen)
        taken = connection.execute(mine.values(driver=self.driver, heard_at=time.time()))
        return Claim.MINE if taken.rowcount else Claim.TAKEN

    def beat(self) -> None:
        """Keep the claims; to be called at least every few seconds."""
        if time.monotonic() - self._beat_at > BEAT:
            self._beat_at = time.monotonic()
            mine = CLAIMS.update().where(CLAIMS.c.driver == self.driver)
            beat = mine.values(heard_at=time.time())
            self._do(lambda connection: connection.execute(beat), self._claims)

    def release(self, key: str | None = None) -> None:
        """Give back the claim to one run, or to all."""
        mine = CLAIMS.delete().where(CLAIMS.c.driver == self.driver)
        wanted = mine if key is None else mine.where(CLAIMS.c.key == key)
        self._do(lambda connection: connection.execute(wanted), self._claims)

    def tell(self, study: StudyNow, changed: Iterable[RunningRun], gone: Iterable[str]) -> None:
        """Say how far a study is, which of its running runs have changed, and which have ended."""
        now = {"driver": self.driver, **study.row()}
        runs = [{"driver": self.driver, "study": study.study, **run.row()} for run in changed]
        keys = [*gone, *(run["key"] for run in runs)]

        def say(connection: sa.Connection) -> None:
            connection.execute(STUDIES.delete().where(STUDIES.c.study == study.study))
            connection.execute(STUDIES.insert(), now)
            for start in range(0, len(keys), _BATCH):
                batch = keys[start : start + _BATCH]
                connection.execute(RUNNING.delete().where(RUNNING.c.key.in_(batch)))
            if runs:
                connection.execute(RUNNING.insert(), runs)

        # Where two drivers say it at once, the next time is soon.
        with suppress(sa.exc.IntegrityError):
            self._do(say, self._claims)

    def told(self, study: str) -> tuple[StudyNow | None, str, Sequence[RunningRun]]:
        """What a driver has said last of a study, which driver, and the runs in its slots."""

        if not self._has(STUDIES):
            return None, "", ()

        def look(connection: sa.Connection) -> Any:
            row = connection.execute(sa.select(STUDIES).where(STUDIES.c.study == study)).first()
            if row is None:
                return None, []
            mine = (RUNNING.c.study == study, RUNNING.c.driver == row.driver)
            return row, connection.execute(sa.select(RUNNING).where(*mine)).all()

        row, running = self._do(look)
        if row is None:
            return None, "", ()
        runs = sorted((RunningRun.of(run._mapping) for run in running), key=lambda r: r.began_at)
        return StudyNow.of(row._mapping), row.driver, runs

    def known_keys(self, keys: Iterable[str]) -> set[str]:
        """Which of these runs are there."""
        return {row.key for row in self._select([RUNS.c.key], keys)}

    def search_results(self, keys: Iterable[str]) -> dict[str, SearchResult]:
        """What is known of these runs, without their test errors."""
        return self._read(SearchResult, keys)

    def stored_runs(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """All that is known of these runs, for the study's files."""
        found = self._read(StoredRun, keys)
        if self._has(METRICS):
            for row in self._select([METRICS.c.key, METRICS.c.also], found):
                found[row.key] = replace(found[row.key], also=json.loads(row.also))
        return found

    def _read(self, kind: type[Result], keys: Iterable[str]) -> dict[str, Result]:
        found = {}
        names = [field.name for field in fields(kind) if field.name != "also"]
        for row in self._select([RUNS.c[name] for name in names], keys):
            values = dict(row._mapping)
            try:
                values["status"] = RunStatus(values["status"])
                if "curve" in values:
                    values["curve"] = tuple((e, t, v) for e, t, v in json.loads(values["curve"]))
            except (ValueError, TypeError) as error:
                raise InvalidInput(
                    f"the database {shown(self.url)} is damaged: run {row.key} has no readable "
                    f"status or curve ({error}); move the database away and repeat the command"
                ) from error
            found[row.key] = kind(**values)
        return found

    def _has(self, table: sa.Table) -> bool:
        return self._is_whole or self._do(partial(_has_table, table))

    def _select(self, columns: list[Any], keys: Iterable[str]) -> Iterator[Any]:
        """Columns of one table, of the rows whose first column is one of the keys."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            query = sa.select(*columns).where(columns[0].in_(batch))
            yield from self._do(partial(_all, query))

    def _do(self, work: Callable[[sa.Connection], X], engine: sa.Engine | None = None) -> X:
        return in_transaction(engine or self._engine, self.url, work)


def _has_table(table: sa.Table, connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table(table.name)


def _all(query: sa.Select[Any], connection: sa.Connection) -> Sequence[Any]:
    return connection.execute(query).all()


def has_gone(driver: str, heard_at: float) -> bool:
    """Whether a driver is silent, or a process of this machine that has ended."""
    if abs(time.time() - heard_at) > EXPIRY:
        return True
    host, pid, _ = driver.rsplit(":", 2)
    return host == socket.gethostname() and os.name == "posix" and not is_alive(int(pid))
