"""Work in one transaction, done once although the server may be lost in the middle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.study.store_url import shown, without_secrets

X = TypeVar("X")
#: Seconds for which a server that does not answer is waited for, and those between two tries.
_PATIENCE, _PAUSE = 60.0, 0.5


def in_transaction(engine: sa.Engine, url: str, work: Callable[[sa.Connection], X]) -> X:
    """The result of `work` in one transaction; where a server is lost, in another one.

    The server may have done it before it was lost: the second time finds the traces. Raises
    IntegrityError as it is, and InvalidInput for all else. url: as messages show it.
    """
    ends_at = time.monotonic() + _PATIENCE
    while True:
        with errors_named(engine, url):
            try:
                with engine.begin() as connection:
                    return work(connection)
            except sa.exc.OperationalError:
                if engine.dialect.name == "sqlite" or time.monotonic() > ends_at:
                    raise
            except AssertionError as error:
                # Ctrl-C in the middle of a commit: SQLAlchemy's own check of it hides that.
                if isinstance(error.__context__, KeyboardInterrupt):
                    raise error.__context__ from None
                raise
        time.sleep(_PAUSE)


@contextmanager
def errors_named(
    engine: sa.Engine, url: str, kind: type[Exception] = sa.exc.SQLAlchemyError
) -> Iterator[None]:
    """What the database refuses, as InvalidInput with a remedy and without a password."""
    try:
        yield
    except (InvalidInput, sa.exc.IntegrityError):
        raise
    except kind as error:
        cause = without_secrets(str(getattr(error, "orig", None) or error), url)
        raise InvalidInput(
            f"the database {shown(url)} cannot be used ({' '.join(cause.split())}): "
            + _remedy(cause, engine.dialect.name == "sqlite")
        ) from error


def _remedy(cause: str, is_file: bool) -> str:
    """What to do where the database refuses."""
    if any(word in cause for word in ("full", "disk", "No space")):
        return "free some disk space and repeat the command; what was finished is kept"
    if not is_file:
        return "see to its server and repeat the command; what was finished is kept"
    return (
        "if it is damaged, move it away and repeat the command, which then trains again; the "
        "files of finished studies do not need it. If its folder cannot be written, give "
        "experiments_dir= or store= elsewhere"
    )
