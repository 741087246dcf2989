"""An executor without processes: for tests, and to measure what a driver costs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from scaling_search.execution.executor import WorkerLost

T = TypeVar("T")
R = TypeVar("R")


class InlineExecutor(Generic[T, R]):
    """Calls `function` in this process, at once, when a task is submitted.

    A function that gives a Future is answered when that one is: a task that takes its time, or one
    that never ends. What a function raises fails its task; KeyboardInterrupt goes to the caller.
    """

    def __init__(self, function: Callable[[T], R | Future[R]], slots: int = 1) -> None:
        self._function = function
        self._running: dict[Future[R], T] = {}
        self.slots = slots
        #: All tasks that were submitted, in their order.
        self.tasks: list[T] = []
        #: Those that were stopped.
        self.stopped: list[T] = []

    def __enter__(self) -> InlineExecutor[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def free(self) -> int:
        """How many slots wait for a task."""
        return self.slots - len(self._running)

    def submit(self, task: T) -> Future[R]:
        """Call the function; there must be a free slot."""
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
        """Free the slot of a future that is done."""
        del self._running[future]

    def stop(self, future: Future[R]) -> None:
        """Fail a task that has not ended."""
        self.stopped.append(self._running[future])
        future.set_exception(WorkerLost("it was stopped"))

    def close(self) -> None:
        """Forget what runs."""
        self._running.clear()
