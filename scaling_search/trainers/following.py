"""The curve of a program that runs, as it grows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from scaling_search.trainers.own_run import Point
from scaling_search.trainers.trainer import TrainingFailed

#: Seconds between two looks.
_PAUSE = 2.0


@contextmanager
def followed(read: Callable[[], Sequence[Point]], hear: Callable[[Point], None]) -> Iterator[None]:
    """Meanwhile `hear` is told each epoch's point that `read` gives, once.

    A file that is not there yet, or half written, is looked at again later.
    """
    ended, told = threading.Event(), set[int]()

    def follow() -> None:
        while not ended.wait(_PAUSE):
            with suppress(TrainingFailed, OSError, ValueError):
                for point in read():
                    if point[0] not in told:
                        told.add(point[0])
                        hear(point)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
