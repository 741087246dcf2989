"""A PostgreSQL server of its own, of the programs that Debian's package brings, for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = [place for place in places if (place / "pg_ctl").exists()]
    on_path = shutil.which("pg_ctl")
    return found[-1] if found else Path(on_path).resolve().parent if on_path else None


def missing() -> str:
    """Why there can be no server here; empty where there can."""
    if os.name != "posix" or programs() is None:
        return "no PostgreSQL server is installed: apt-get install postgresql"
    if find_spec("psycopg") is None:
        return "no psycopg is installed: pip install 'scaling-search[postgresql]'"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _unprivileged() -> int | None:
    import pwd

    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_uid
    return None


@dataclass
class Server:
    """A server that listens on a socket in its folder, and can be stopped and started again."""

    folder: Path
    #: Whether what was committed outlives the machine, and not only the server.
    durable: bool = False
    _schemas: list[str] = field(default_factory=list)

    def url(self, schema: str = "public") -> str:
        """Of SQLAlchemy, for the tables of a schema, which must exist."""
        place = f"host={self.folder}&options=-csearch_path%3D{schema}"
        return f"postgresql+psycopg://postgres@/postgres?{place}"

    def new_url(self) -> str:
        """Of an empty schema."""
        schema = f"s{len(self._schemas)}"
        self._schemas.append(schema)
        self.ask(f"CREATE SCHEMA {schema}")
        return self.url(schema)

    def start(self) -> None:
        """Returns when it takes connections."""
        settings = f"-k {self.folder} -c listen_addresses="
        if not self.durable:
            settings += " -c fsync=off -c full_page_writes=off"
        self._program("pg_ctl", "start", "--wait", "--silent", f"--log={self.folder}/log",
                      f"--options={settings}")  # fmt: skip

    def stop(self) -> None:
        """Cut all connections and end; what was committed is kept."""
        self._program("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """The rows that a query gives."""
        import psycopg

        address = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else []

    def cut(self) -> int:
        """End all connections but the own; how many."""
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        return len(self.ask(f"SELECT pg_terminate_backend(pid) {others}"))

    def initialise(self) -> None:
        self._program("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--no-locale",
                      "--encoding=UTF8")  # fmt: skip

    def _program(self, name: str, *words: str) -> None:
        place = programs()
        assert place is not None
        user = _unprivileged() if os.geteuid() == 0 else None
        subprocess.run(
            [str(place / name), f"--pgdata={self.folder / 'data'}", *words],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            # The server keeps what it gets: a pipe would be waited for.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
            # Ctrl-C and the end of a test's process group are not for it.
            start_new_session=True,
        )


@contextmanager
def server(durable: bool = False) -> Iterator[Server]:
    """A server that runs meanwhile. The path of a socket must be short: hence not below tests'."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        user = _unprivileged()
        assert user is not None
        os.chown(folder, user, -1)
    found = Server(folder, durable)
    try:
        found.initialise()
        found.start()
        yield found
    finally:
        with suppress(subprocess.CalledProcessError):
            found.stop()
        shutil.rmtree(folder, ignore_errors=True)
