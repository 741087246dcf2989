"""Says how far long work is, on stderr: a bar on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")

#: Seconds before anything is said, and between two lines.
_PATIENCE, _SILENCE = 2.0, 60.0
#: The bars on the terminal; two beside each other would write over each other.
_shown: list[Progress] = []
_tallied: list[Generator[None, None, None]] = []


def has_bars() -> bool:
    """Whether stderr can go back in its line: no file, pipe or notebook, and no log of CI."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ


@contextmanager
def joined_by_others(bar: Progress) -> Iterator[None]:
    """Meanwhile long work is shown in this bar, which has a field `said`."""
    _shown.append(bar)
    try:
        yield
    finally:
        _shown.remove(bar)


def counted(
    pieces: Iterable[tuple[int, T]], title: str, total: int | None = None
) -> Generator[T, None, None]:
    """Passes the pieces on; each comes with how many of `total` are done with it.

    total: None where it is not known.
    """
    began = said = time.monotonic()
    done = 0
    task: TaskID | None = None
    with ExitStack() as stack:
        for count, piece in pieces:
            done, now = done + count, time.monotonic()
            if now - began > _PATIENCE and has_bars():
                if task is None:
                    bar = _shown[-1] if _shown else stack.enter_context(_new_bar())
                    task = bar.add_task(title, total=total, said="")
                    stack.callback(bar.remove_task, task)
                # A bar without an end shows no number of its own.
                shown = title if total is not None else f"{title}: {done:,} so far"
                bar.update(task, completed=done, description=shown)
            elif done != total and now - said > (_SILENCE if said > began else _PATIENCE):
                print(f"{title}: {_so_far(done, total, now - began)}", file=sys.stderr, flush=True)
                said = now
            yield piece


@contextmanager
def tallied(title: str) -> Iterator[None]:
    """Meanwhile each call of `tally` is a piece of long work, wherever it is made."""
    pieces = counted(repeat((1, None)), title)
    _tallied.append(pieces)
    try:
        yield
    finally:
        _tallied.remove(pieces)
        pieces.close()


def tally() -> None:
    """One piece more is done; without `tallied` nobody wants to know."""
    if _tallied:
        next(_tallied[-1])


def _so_far(done: int, total: int | None, seconds: float) -> str:
    if total is None:
        return f"{done:,} so far"
    return f"{done:,} of {total:,}, about {seconds / done * (total - done):.0f} seconds left"


def _new_bar() -> Progress:
    # It takes a moment to import, which short work can do without.
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)
