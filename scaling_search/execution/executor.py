"""What every place where runs run offers to the driver, and a stand-in without processes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: What a task may say while it runs: anything that can be pickled.
Say = Callable[[Any], None]


_NO_MEMORY = re.compile(r"out of memory|_ALLOC_FAILED")


class WorkerLost(Exception):
    """The worker of a task has gone before its answer came; the message says how."""


class WorkerTraceback(Exception):
    """The cause of an error that came from a worker: its traceback there, as text."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a task had not enough memory, of its machine or of its GPU."""
    # That of torch's own allocator, by its name, since a driver does not import torch; and what
    # CUDA and its libraries say of theirs, where others have taken the memory.
    is_torchs = type(error).__name__ == "OutOfMemoryError"
    text = str(error) if isinstance(error, RuntimeError) else ""
    return isinstance(error, MemoryError) or is_torchs or _NO_MEMORY.search(text) is not None


def traceback_of(error: BaseException) -> str:
    """Where in its worker an error was raised; empty where that is not known."""
    return str(error.__cause__) if isinstance(error.__cause__, WorkerTraceback) else ""


@dataclass(frozen=True)
class Began:
    """A task runs now: its slot had first to be made, or an engine to find a place for it."""

    #: Who carries it out, as host:pid.
    worker: str


@dataclass(frozen=True)
class Said:
    """What a task has said."""

    message: Any


@dataclass(frozen=True)
class Ended:
    """A task has ended: its future knows how."""


class Executor(ABC, Generic[T, R]):
    """Calls one function on tasks, each in a slot of its own.

    `submit` and `release` frame a task: its slot is taken from the one to the other. A task whose
    worker dies, or is stopped, fails with WorkerLost through its future, and so does nothing else.
    """

    def __init__(self, slots: int) -> None:
        #: How many tasks run at a time; it may change where machines come and go.
        self.slots = slots
        self._news: SimpleQueue[tuple[Future[R], Began | Said | Ended]] = SimpleQueue()
        #: Futures that have not been released.
        self._running: set[Future[R]] = set()

    def __enter__(self) -> Executor[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def can_take(self, alone: bool = False) -> bool:
        """Whether a task can start now; alone: with a device of its own."""
        return len(self._running) < (1 if alone else self.slots)

    def submit(self, task: T, alone: bool = False) -> Future[R]:
        """Start a task, for which there must be room (`can_take`).

        alone: nothing else runs on its device meanwhile, so that it has all of the memory.
        """
        assert self.can_take(alone)
        future = self._start(task, alone)
        self._running.add(future)
        future.add_done_callback(lambda ended: self._news.put((ended, Ended())))
        return future

    def news(self, seconds: float) -> list[tuple[Future[R], Began | Said | Ended]]:
        """What has happened since the last call, in its order; waits up to so many seconds for it.

        Of a task that has been released nothing is told.
        """
        found = []
        try:
            found.append(self._news.get(timeout=seconds))
            while True:
                found.append(self._news.get_nowait())
        except Empty:
            return [(future, what) for future, what in found if future in self._running]

    def release(self, future: Future[R]) -> None:
        """Free the slot of a future that is done."""
        self._running.remove(future)
        self._free(future)

    @abstractmethod
    def _start(self, task: T, alone: bool) -> Future[R]:
        """Start a task; what it says goes to `_news`."""

    @abstractmethod
    def _free(self, future: Future[R]) -> None:
        """Take back what a task had, now that it has ended."""

    @abstractmethod
    def stop(self, future: Future[R]) -> None:
        """Give a running task up; its future then fails with WorkerLost."""

    @abstractmethod
    def close(self) -> None:
        """End all workers at once; what one was doing is lost."""


class InlineExecutor(Executor[T, R]):
    """Calls `function` in this process, at once: for tests, and to measure what a driver costs.

    A function that gives a Future is answered when that one is: a task that takes its time, or one
    that never ends. What a function raises fails its task; KeyboardInterrupt goes to the caller.
    """

    def __init__(self, function: Callable[[T], R | Future[R]], slots: int = 1) -> None:
        super().__init__(slots)
        self._function = function
        #: All tasks that were submitted, in their order, those that had their device for
        #: themselves, and those that were stopped.
        self.tasks: list[T] = []
        self.alone: list[T] = []
        self.stopped: list[T] = []
        self._task_of: dict[Future[R], T] = {}

    def say(self, future: Future[R], what: Began | Said) -> None:
        """Let a task begin, or say something."""
        self._news.put((future, what))

    def _start(self, task: T, alone: bool) -> Future[R]:
        self.tasks.append(task)
        if alone:
            self.alone.append(task)
        future: Future[R] = Future()
        try:
            answer = self._function(task)
            if isinstance(answer, Future):
                future = answer
            else:
                future.set_result(answer)
        except Exception as error:
            future.set_exception(error)
        self._task_of[future] = task
        self.say(future, Began(f"here:{len(self.tasks)}"))
        return future

    def _free(self, future: Future[R]) -> None:
        del self._task_of[future]

    def stop(self, future: Future[R]) -> None:
        self.stopped.append(self._task_of[future])
        future.set_exception(WorkerLost("it was stopped"))

    def close(self) -> None:
        self._running.clear()
