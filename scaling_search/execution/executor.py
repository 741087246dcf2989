"""What every place where runs run offers to the driver, and a stand-in without processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class WorkerLost(Exception):
    """The worker of a task has gone before its answer came; the message says how."""


class Executor(ABC, Generic[T, R]):
    """Calls one function on tasks, each in a slot of its own.

    `submit` and `release` frame a task: its slot is taken from the one to the other. A task whose
    worker dies, or is stopped, fails with WorkerLost through its future, and so does nothing else.
    """

    def __init__(self, slots: int) -> None:
        #: How many tasks run at a time.
        self.slots = slots
        #: Futures that have not been released, with what their executor knows of them.
        self._running: dict[Future[R], Any] = {}

    def __enter__(self) -> Executor[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def free(self) -> int:
        """How many slots wait for a task."""
        return self.slots - len(self._running)

    @abstractmethod
    def submit(self, task: T) -> Future[R]:
        """Start a task in a free slot; there must be one."""

    @abstractmethod
    def release(self, future: Future[R]) -> None:
        """Free the slot of a future that is done."""

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
        #: All tasks that were submitted, in their order, and those that were stopped.
        self.tasks: list[T] = []
        self.stopped: list[T] = []

    def submit(self, task: T) -> Future[R]:
        assert self.free > 0
        self.tasks.append(task)
        future: Future[R] = Future()
        try:
            answer = self._function(task)
            if isinstance(answer, Future):
                future = answer
            else:
                future.set_result(answer)
        except Exception as error:
            future.set_exception(error)
        self._running[future] = task
        return future

    def release(self, future: Future[R]) -> None:
        del self._running[future]

    def stop(self, future: Future[R]) -> None:
        self.stopped.append(self._running[future])
        future.set_exception(WorkerLost("it was stopped"))

    def close(self) -> None:
        self._running.clear()
