"""The connections to a database, set up."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.study.store_url import shown, without_secrets

#: How long a connection waits for another that writes.
LOCK_SECONDS = 60


def open_engine(place: str | Path, waits: bool) -> sa.Engine:
    """The engine of a file or a URL, not yet connected. Raises InvalidInput.

    waits: whether a commit waits for the disk; what has not may be lost with the machine.
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
            f"after pip install 'scaling-search[postgresql]' ({cause})"
        ) from error
    if engine is None:
        raise InvalidInput(
            f"store is {shown(url)!r}, a database in memory, with which all finished runs would be "
            "lost: give a file, such as store=sqlite:///experiments/store.db"
        )
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", partial(_set_up_sqlite, waits))
    elif engine.dialect.name == "postgresql" and not waits:
        sa.event.listen(engine, "connect", _commit_at_once)
    return engine


def _is_in_memory(address: sa.URL) -> bool:
    name, _, rest = (address.database or "").removeprefix("file:").partition("?")
    if address.get_backend_name() == "sqlite" and not name:
        return True
    query = f"{rest} {dict(address.query)}"
    return ":memory:" in name or "memdb" in query or ("mode" in query and "memory" in query)


def _set_up_sqlite(waits: bool, connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * LOCK_SECONDS}")
    # Readers never wait for the writer.
    _once_unlocked(cursor, "PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={'FULL' if waits else 'NORMAL'}")
    cursor.close()


def _once_unlocked(cursor: Any, statement: str) -> None:
    """SQLite does not wait for a lock while another connection changes the journal's mode."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _commit_at_once(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET synchronous_commit TO off")
    cursor.close()
    # For the session, not only for this transaction.
    connection.commit()
