"""This machine's slots: one long-lived worker process for each, so that a crash costs one run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from scaling_search.errors import InvalidInput

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ExecutorSettings:
    """Where runs run."""

    #: local: processes of this machine.
    kind: str = "local"
    #: Runs at a time; null takes one for each core, or one for each GPU.
    workers: int | None = None
    #: auto, cpu or cuda.
    device: str = "auto"
    #: Seconds after which a run is given up.
    timeout: float = 86_400.0
    #: How often a run is tried when its worker crashes or its time is up.
    attempts: int = 2

    def __post_init__(self) -> None:
        if self.kind != "local":
            raise InvalidInput(f"executor.kind is {self.kind!r}, but must be local")
        if self.workers is not None and not 1 <= self.workers <= 1024:
            raise InvalidInput(
                f"executor.workers is {self.workers!r}, but must lie between 1 and 1024"
            )
        if self.device not in ("auto", "cpu", "cuda"):
            raise InvalidInput(f"executor.device is {self.device!r}, but must be auto, cpu or cuda")
        if not self.timeout > 0:
            raise InvalidInput(f"executor.timeout is {self.timeout!r}, but must be above 0 seconds")
        if not 1 <= self.attempts <= 10:
            raise InvalidInput(
                f"executor.attempts is {self.attempts!r}, but must lie between 1 and 10"
            )


class LocalExecutor(Generic[T, R]):
    """Runs `function` on tasks, one at a time in each of `slots` processes.

    A worker that dies, or is stopped, fails its own future with BrokenProcessPool; the slot gets a
    new worker with its next task.
    """

    def __init__(self, function: Callable[[T], R], slots: int) -> None:
        self._function = function
        self._pools: list[ProcessPoolExecutor | None] = [None] * slots
        self._slot_of: dict[Future[R], int] = {}

    def __enter__(self) -> LocalExecutor[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def slots(self) -> int:
        """How many tasks run at a time."""
        return len(self._pools)

    @property
    def free(self) -> int:
        """How many slots wait for a task."""
        return len(self._pools) - len(self._slot_of)

    def submit(self, task: T) -> Future[R]:
        """Start a task in a free slot; there must be one."""
        slot = next(i for i in range(len(self._pools)) if i not in self._slot_of.values())
        try:
            future = self._started(slot).submit(self._function, task)
        except BrokenProcessPool:
            # Its worker died while it waited for a task.
            self._stop(slot)
            future = self._started(slot).submit(self._function, task)
        self._slot_of[future] = slot
        return future

    def _started(self, slot: int) -> ProcessPoolExecutor:
        """The pool of a slot, with its worker."""
        pool = self._pools[slot]
        if pool is None:
            pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), _start_worker, (os.getpid(),)
            )
            self._pools[slot] = pool
            with _interrupts_ignored():
                # The worker starts with the first task.
                pool.submit(os.getpid)
        return pool

    def release(self, future: Future[R]) -> None:
        """Free the slot of a future that is done."""
        slot = self._slot_of.pop(future)
        if future.cancelled() or future.exception() is not None:
            # A broken pool takes no more tasks; after an error a new process is the safe choice.
            self._stop(slot)

    def stop(self, future: Future[R]) -> None:
        """Kill the worker of a running future, which then fails."""
        pool = self._pools[self._slot_of[future]]
        if pool is not None:
            _kill(pool)

    def close(self) -> None:
        """End all workers at once; what one was doing is lost."""
        busy = set(self._slot_of.values())
        for slot in range(len(self._pools)):
            # An idle worker ends by itself: libraries that it loaded give back what they hold.
            self._stop(slot, kill=slot in busy)
        self._slot_of.clear()

    def _stop(self, slot: int, kill: bool = True) -> None:
        pool, self._pools[slot] = self._pools[slot], None
        if pool is not None:
            if kill:
                _kill(pool)
            # Waiting lets the pool give its semaphores back; dead workers end it at once.
            pool.shutdown(wait=True, cancel_futures=True)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.kill()


class _interrupts_ignored:
    """Workers inherit that Ctrl-C means nothing to them; the driver decides what it means."""

    def __enter__(self) -> None:
        self._is_main = threading.current_thread() is threading.main_thread()
        if self._is_main:
            self._handler = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        if self._is_main:
            signal.signal(signal.SIGINT, self._handler)


def _start_worker(driver: int) -> None:
    """Set up a worker: it outlives no driver, not even one that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
