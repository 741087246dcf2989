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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.study.records import Claim, SearchResult, StoredRun
from scaling_search.study.store_url import shown, without_secrets
from scaling_search.whole_files import is_alive

_METADATA = sa.MetaData()
_RUNS = sa.Table(
    "scaling_search_runs",
    _METADATA,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("val_error", sa.Float),
    sa.Column("test_error", sa.Float),
    sa.Column("curve", sa.Text, nullable=False),
    sa.Column("val_correct", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(64), nullable=False),
    sa.Column("finished_at", sa.String(32), nullable=False),
)
#: Of runs that have any, their further metrics: as JSON, in a table that is younger than the other.
_ALSO = sa.Table(
    "scaling_search_metrics",
    _METADATA,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("also", sa.Text, nullable=False),
)
_CLAIMS = sa.Table(
    "scaling_search_claims",
    _METADATA,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("driver", sa.String(255), nullable=False),
    #: Seconds since 1970, when the driver was last heard of.
    sa.Column("heard_at", sa.Float, nullable=False),
)
#: Seconds between two signs of life, and those after which a silent driver counts as gone.
BEAT = 10.0
EXPIRY = 60.0
Result = TypeVar("Result", SearchResult, StoredRun)
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
        self._engine = open_engine(place, "FULL")
        self._claims = open_engine(place, "NORMAL")
        is_file, file = self._engine.dialect.name == "sqlite", Path(self._engine.url.database or "")
        self.is_there = create or not is_file or file.exists()
        if not self.is_there:
            return
        # What a driver raises while it connects is not always an error of SQLAlchemy's.
        with self._errors_named(Exception):
            if create:
                try:
                    self._make_tables()
                except sa.exc.DatabaseError:
                    # Elsewhere than in SQLite two may make one table at once; the first has now.
                    self._make_tables()
            self.is_there = create or sa.inspect(self._engine).has_table(_RUNS.name)
            self._has_also = create or sa.inspect(self._engine).has_table(_ALSO.name)

    def _make_tables(self) -> None:
        # One statement looks and makes: between the two another driver could make it.
        with self._engine.begin() as connection:
            for table in _METADATA.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))

    @property
    def address(self) -> str:
        """Its URL, password and all."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()
        self._claims.dispose()

    def record(self, content: str, run: StoredRun) -> None:
        """Store a run of this specification for good; one that is already there stays as it is.

        A claim to the run ends with it.
        """
        row = {**run.__dict__, "spec": content, "curve": json.dumps(run.curve)}
        also = row.pop("also")
        with self._errors_named():
            try:
                with self._engine.begin() as connection:
                    connection.execute(_RUNS.insert(), row)
                    if also:
                        text = json.dumps(dict(also))
                        connection.execute(_ALSO.insert(), {"key": run.key, "also": text})
                    connection.execute(_CLAIMS.delete().where(_CLAIMS.c.key == run.key))
            except sa.exc.IntegrityError:
                # It is there already, or another driver was faster; the results are equal.
                self.release(run.key)

    def claim(self, key: str) -> Claim:
        """Ask to train a run; other drivers of this database then leave it alone."""
        is_known = sa.exists().where(_RUNS.c.key == key)
        claim = sa.select(*map(sa.literal, (key, self.driver, time.time()))).where(~is_known)
        with self._errors_named():
            try:
                with self._claims.begin() as connection:
                    insert = _CLAIMS.insert().from_select(list(_CLAIMS.c), claim)
                    return Claim.MINE if connection.execute(insert).rowcount else Claim.KNOWN
            except sa.exc.IntegrityError:
                return self._take_over(key)

    def _take_over(self, key: str) -> Claim:
        """Claim a run of a driver that has gone, unless a third was faster."""
        with self._claims.begin() as connection:
            held = connection.execute(sa.select(_CLAIMS).where(_CLAIMS.c.key == key)).first()
            if held is None or not (held.driver == self.driver or _has_gone(held)):
                return Claim.TAKEN
            as_seen = [column == held._mapping[column] for column in _CLAIMS.c]
            mine = _CLAIMS.update().where(*as_seen)
            taken = connection.execute(mine.values(driver=self.driver, heard_at=time.time()))
            return Claim.MINE if taken.rowcount else Claim.TAKEN

    def beat(self) -> None:
        """Keep the claims; to be called at least every few seconds."""
        if time.monotonic() - self._beat_at > BEAT:
            self._beat_at = time.monotonic()
            mine = _CLAIMS.update().where(_CLAIMS.c.driver == self.driver)
            with self._errors_named(), self._claims.begin() as connection:
                connection.execute(mine.values(heard_at=time.time()))

    def release(self, key: str | None = None) -> None:
        """Give back the claim to one run, or to all."""
        mine = _CLAIMS.delete().where(_CLAIMS.c.driver == self.driver)
        with self._errors_named(), self._claims.begin() as connection:
            connection.execute(mine if key is None else mine.where(_CLAIMS.c.key == key))

    def known_keys(self, keys: Iterable[str]) -> set[str]:
        """Which of these runs are there."""
        return {row.key for row in self._select([_RUNS.c.key], keys)}

    def search_results(self, keys: Iterable[str]) -> dict[str, SearchResult]:
        """What is known of these runs, without their test errors."""
        return self._read(SearchResult, keys)

    def stored_runs(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """All that is known of these runs, for the study's files."""
        found = self._read(StoredRun, keys)
        if self._has_also:
            for row in self._select([_ALSO.c.key, _ALSO.c.also], found):
                found[row.key] = replace(found[row.key], also=json.loads(row.also))
        return found

    def _read(self, kind: type[Result], keys: Iterable[str]) -> dict[str, Result]:
        found = {}
        names = [field.name for field in fields(kind) if field.name != "also"]
        for row in self._select([_RUNS.c[name] for name in names], keys):
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

    def _select(self, columns: list[Any], keys: Iterable[str]) -> Iterator[Any]:
        """Columns of one table, of the rows whose first column is one of the keys."""
        wanted = list(dict.fromkeys(keys))
        with self._errors_named(), self._engine.connect() as connection:
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                yield from connection.execute(sa.select(*columns).where(columns[0].in_(batch)))

    @contextmanager
    def _errors_named(self, kind: type[Exception] = sa.exc.SQLAlchemyError) -> Iterator[None]:
        """What the database refuses, as InvalidInput with a remedy and without a password."""
        try:
            yield
        except kind as error:
            cause = without_secrets(str(getattr(error, "orig", None) or error), self.url)
            raise InvalidInput(
                f"the database {shown(self.url)} cannot be used ({' '.join(cause.split())}): "
                + (
                    "free some disk space and repeat the command; what was finished is kept"
                    if "full" in cause or "disk" in cause
                    else "if it is damaged, move it away and repeat the command, which then trains "
                    "again; the files of finished studies do not need it. If its folder cannot be "
                    "written, give experiments_dir= or store= elsewhere"
                )
            ) from error


def _has_gone(held: sa.Row[tuple[str, str, float]]) -> bool:
    """Whether the driver of a claim is silent, or a process of this machine that has ended."""
    if abs(time.time() - held.heard_at) > EXPIRY:
        return True
    host, pid, _ = held.driver.rsplit(":", 2)
    return host == socket.gethostname() and os.name == "posix" and not is_alive(int(pid))


def open_engine(place: str | Path, synchronous: str) -> sa.Engine:
    """The engine of a file or a URL, not yet connected. Raises InvalidInput.

    synchronous: SQLite's word for how long a commit waits for the disk.
    """
    url = str(place)
    try:
        is_file = isinstance(place, Path)
        address = sa.URL.create("sqlite", database=url) if is_file else sa.make_url(url)
        engine = None if _is_in_memory(address) else sa.create_engine(address)
    except Exception as error:
        # Besides SQLAlchemy's errors those of int() for the port, of imports and of drivers.
        cause = without_secrets(f"{type(error).__name__}: {error}", url).split("\n")[0]
        raise InvalidInput(
            f"store is {shown(url)!r}, but must be the URL of a database whose driver is "
            "installed, such as sqlite:///experiments/store.db, or postgresql+psycopg://host/name "
            f"after pip install psycopg ({cause})"
        ) from error
    if engine is None:
        raise InvalidInput(
            f"store is {shown(url)!r}, a database in memory, with which all finished runs would be "
            "lost: give a file, such as store=sqlite:///experiments/store.db"
        )
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", partial(_set_up_sqlite, synchronous))
    return engine


def _is_in_memory(address: sa.URL) -> bool:
    name, _, rest = (address.database or "").removeprefix("file:").partition("?")
    if address.get_backend_name() == "sqlite" and not name:
        return True
    query = f"{rest} {dict(address.query)}"
    return ":memory:" in name or "memdb" in query or ("mode" in query and "memory" in query)


def _set_up_sqlite(synchronous: str, connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    # Readers never wait for the writer.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.close()
