"""Which driver trains what, so that two drivers of one database train no run twice.

A claim saves work and decides nothing: where one is lost or taken over too soon, a run is trained
twice, to the same result.
"""

from __future__ import annotations

import os
import socket
import time
import uuid

import sqlalchemy as sa

from scaling_search.study.records import Claim
from scaling_search.whole_files import is_alive

METADATA = sa.MetaData()
CLAIMS = sa.Table(
    "scaling_search_claims",
    METADATA,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("driver", sa.String(255), nullable=False),
    #: Seconds since 1970, when the driver was last heard of.
    sa.Column("heard_at", sa.Float, nullable=False),
)
#: Seconds between two signs of life, and those after which a silent driver counts as gone.
BEAT = 10.0
EXPIRY = 60.0


class Claims:
    """The claims of one driver in a database whose finished runs are the rows of `runs`."""

    def __init__(self, engine: sa.Engine, runs: sa.Table) -> None:
        self._engine = engine
        self.driver = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._beat_at = 0.0
        values = [sa.bindparam(f"new_{column.name}", type_=column.type) for column in CLAIMS.c]
        is_known = sa.exists().where(runs.c.key == values[0])
        self._insert = CLAIMS.insert().from_select(
            list(CLAIMS.c), sa.select(*values).where(~is_known)
        )

    def take(self, key: str) -> Claim:
        """Claim a run that no other living driver has claimed."""
        values = {"new_key": key, "new_driver": self.driver, "new_heard_at": time.time()}
        try:
            with self._engine.begin() as connection:
                is_new = connection.execute(self._insert, values).rowcount
            return Claim.MINE if is_new else Claim.KNOWN
        except sa.exc.IntegrityError:
            return self._take_over(key)

    def _take_over(self, key: str) -> Claim:
        """Claim a run of a driver that has gone, unless a third was faster."""
        with self._engine.begin() as connection:
            of_key = sa.select(CLAIMS).where(CLAIMS.c.key == key)
            held = connection.execute(of_key).first()
            if held is None or not (held.driver == self.driver or _has_gone(held)):
                return Claim.TAKEN
            as_seen = (CLAIMS.c.key == key) & (CLAIMS.c.driver == held.driver)
            mine = CLAIMS.update().where(as_seen & (CLAIMS.c.heard_at == held.heard_at))
            taken = connection.execute(mine.values(driver=self.driver, heard_at=time.time()))
            return Claim.MINE if taken.rowcount else Claim.TAKEN

    def close(self) -> None:
        """Give the connection back."""
        self._engine.dispose()

    def beat(self) -> None:
        """Say now and then that this driver lives; to be called often."""
        if time.monotonic() - self._beat_at > BEAT:
            self._beat_at = time.monotonic()
            mine = CLAIMS.update().where(CLAIMS.c.driver == self.driver)
            with self._engine.begin() as connection:
                connection.execute(mine.values(heard_at=time.time()))

    def release(self, key: str | None = None) -> None:
        """Give back one claim of this driver, or all of them."""
        mine = CLAIMS.c.driver == self.driver
        if key is not None:
            mine &= CLAIMS.c.key == key
        with self._engine.begin() as connection:
            connection.execute(CLAIMS.delete().where(mine))


def _has_gone(held: sa.Row[tuple[str, str, float]]) -> bool:
    """Whether the driver of a claim is silent, or a process of this machine that has ended."""
    if abs(time.time() - held.heard_at) > EXPIRY:
        return True
    host, pid, _ = held.driver.rsplit(":", 2)
    return host == socket.gethostname() and os.name == "posix" and not is_alive(int(pid))
