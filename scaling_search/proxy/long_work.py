"""Says how far long work is, on stderr: a bar on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Seconds before anything is said, and between two lines.
_PATIENCE, _SILENCE = 2.0, 60.0


def has_bars() -> bool:
    """Whether stderr can go back in its line: no file, pipe or notebook, and no log of CI."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ


def counted(pieces: Iterable[tuple[int, T]], title: str, total: int) -> Iterator[T]:
    """Passes the pieces on; each comes with how many of `total` are done with it."""
    began = said = time.monotonic()
    done, bar, task = 0, None, None
    try:
        for count, piece in pieces:
            done, now = done + count, time.monotonic()
            if now - began > _PATIENCE and has_bars():
                if bar is None:
                    # It takes a moment to import, which short work can do without.
                    from rich.console import Console
                    from rich.progress import Progress

                    bar = Progress(console=Console(stderr=True), transient=True)
                    bar.start()
                    task = bar.add_task(title, total=total)
                assert task is not None
                bar.update(task, completed=done)
            elif done < total and now - said > (_SILENCE if said > began else _PATIENCE):
                left = (now - began) / done * (total - done)
                print(
                    f"{title}: {done:,} of {total:,}, about {left:.0f} seconds left",
                    file=sys.stderr,
                    flush=True,
                )
                said = now
            yield piece
    finally:
        if bar is not None:
            bar.stop()
