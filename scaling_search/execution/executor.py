"""What every place where runs run offers to the driver."""

from __future__ import annotations

from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, TypeVar

T = TypeVar("T", contravariant=True)
R = TypeVar("R")


class WorkerLost(Exception):
    """The worker of a task has gone before its answer came; the message says how."""


class Executor(Protocol[T, R]):
    """Calls one function on tasks, each in a slot of its own.

    `submit` and `release` frame a task: its slot is taken from the one to the other. A task whose
    worker dies, or is stopped, fails with WorkerLost through its future, and so does nothing else.
    """

    @property
    def slots(self) -> int:
        """How many tasks run at a time."""
        ...

    @property
    def free(self) -> int:
        """How many slots wait for a task."""
        ...

    def submit(self, task: T) -> Future[R]:
        """Start a task in a free slot; there must be one."""
        ...

    def release(self, future: Future[R]) -> None:
        """Free the slot of a future that is done."""
        ...

    def stop(self, future: Future[R]) -> None:
        """Give a running task up; its future then fails with WorkerLost."""
        ...

    def close(self) -> None:
        """End all workers at once; what one was doing is lost."""
        ...

    def __enter__(self) -> Executor[T, R]: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
