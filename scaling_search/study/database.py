"""The database of all studies of a directory: every finished run, by its key.

Only drivers write. A run is durable as soon as `record` returns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.study.records import SearchResult, StoredRun, without_password

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
#: What a search may decide by; the test error is not among it.
_SEARCH_COLUMNS = ("key", "status", "val_error", "val_correct", "seconds")
#: Keys in one query; SQLite allows 32,766 parameters.
_BATCH = 5_000


class Database:
    """Runs in SQLite (a file's path) or any database that SQLAlchemy knows (a URL)."""

    def __init__(self, place: str | Path) -> None:
        self.url = url = str(place)
        is_file = isinstance(place, Path)
        try:
            address = sa.URL.create("sqlite", database=url) if is_file else sa.make_url(url)
            self._engine = sa.create_engine(address)
        except (sa.exc.ArgumentError, ImportError) as error:
            raise InvalidInput(
                f"store is {without_password(url)!r}, but must be the URL of a database whose "
                "driver is installed, such as sqlite:///experiments/store.db, or "
                f"postgresql+psycopg://host/name after pip install psycopg ({error})"
            ) from error
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _set_up_sqlite)
        with self._errors_named():
            try:
                _METADATA.create_all(self._engine)
            except sa.exc.DatabaseError:
                # Another driver may have made the tables between the look and the making.
                _METADATA.create_all(self._engine)

    @property
    def address(self) -> str:
        """Its URL, password and all."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Give the connection back."""
        self._engine.dispose()

    def record(self, content: str, run: StoredRun) -> None:
        """Store a run of this specification for good; one that is already there stays as it is."""
        row = {**run.__dict__, "spec": content, "curve": json.dumps(run.curve)}
        with self._errors_named(), self._engine.begin() as connection:
            known = sa.select(_RUNS.c.key).where(_RUNS.c.key == run.key)
            if connection.execute(known).first() is not None:
                return
            try:
                with connection.begin_nested():
                    connection.execute(_RUNS.insert().values(**row))
            except sa.exc.IntegrityError:
                # Another study finished the same run meanwhile; the results are equal.
                return

    def known_keys(self, keys: Iterable[str]) -> set[str]:
        """Which of these runs are there."""
        return {row.key for row in self._select([_RUNS.c.key], keys)}

    def search_results(self, keys: Iterable[str]) -> dict[str, SearchResult]:
        """What is known of these runs, without their test errors."""
        columns = [_RUNS.c[name] for name in _SEARCH_COLUMNS]
        return {row.key: SearchResult(**row._mapping) for row in self._select(columns, keys)}

    def stored_runs(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """All that is known of these runs, for the study's files."""
        columns = [column for column in _RUNS.c if column.name != "spec"]
        runs = {}
        for row in self._select(columns, keys):
            values = dict(row._mapping)
            try:
                values["curve"] = tuple((e, t, v) for e, t, v in json.loads(values["curve"]))
            except (ValueError, TypeError) as error:
                raise InvalidInput(
                    f"the database {without_password(self.url)} is damaged: run {row.key} has no "
                    f"readable curve ({error}); move the database away and repeat the command"
                ) from error
            runs[row.key] = StoredRun(**values)
        return runs

    def _select(self, columns: list[Any], keys: Iterable[str]) -> Iterator[Any]:
        wanted = list(dict.fromkeys(keys))
        with self._errors_named(), self._engine.connect() as connection:
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                yield from connection.execute(sa.select(*columns).where(_RUNS.c.key.in_(batch)))

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DatabaseError as error:
            cause = str(error.orig)
            raise InvalidInput(
                f"the database {without_password(self.url)} cannot be used ({cause}): "
                + (
                    "free some disk space and repeat the command; what was finished is kept"
                    if "full" in cause or "disk" in cause
                    else "if it is damaged, move it away and repeat the command, which then trains "
                    "again; the files of finished studies do not need it. If its folder cannot be "
                    "written, give experiments_dir= or store= elsewhere"
                )
            ) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # Readers never wait for the writer, and a commit is on the disk when it returns.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.close()
