"""This machine's slots: one long-lived worker process for each, so that a crash costs one run."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from scaling_search.execution.device import visible_gpus
from scaling_search.execution.executor import WorkerLost

T = TypeVar("T")
R = TypeVar("R")

#: Seconds that an idle worker gets to end by itself.
_PATIENCE = 10.0


class LocalExecutor(Generic[T, R]):
    """Runs `function` on tasks, one at a time in each of `slots` processes.

    Each worker sees one GPU of those that this process sees; more workers than GPUs share them in
    turn. A worker that dies, or is stopped, costs its own task; the slot gets a new worker with its
    next one.
    """

    def __init__(self, function: Callable[[T], R], slots: int) -> None:
        self._function = function
        self._gpus = visible_gpus()
        self._workers: list[_Worker | None] = [None] * slots
        self._slot_of: dict[Future[R], int] = {}
        # A thread waits for the answer of each worker.
        self._threads = ThreadPoolExecutor(slots, "slot")

    def __enter__(self) -> LocalExecutor[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def slots(self) -> int:
        """How many tasks run at a time."""
        return len(self._workers)

    @property
    def free(self) -> int:
        """How many slots wait for a task."""
        return len(self._workers) - len(self._slot_of)

    def submit(self, task: T) -> Future[R]:
        """Start a task in a free slot; there must be one."""
        slot = next(i for i in range(len(self._workers)) if i not in self._slot_of.values())
        worker = self._workers[slot]
        if worker is None or not worker.process.is_alive():
            gpu = self._gpus[slot % len(self._gpus)] if self._gpus else None
            worker = self._workers[slot] = _Worker(self._function, gpu)
        future: Future[R] = self._threads.submit(worker.ask, task)
        self._slot_of[future] = slot
        return future

    def release(self, future: Future[R]) -> None:
        """Free the slot of a future that is done."""
        slot = self._slot_of.pop(future)
        worker = self._workers[slot]
        if worker is not None and future.exception() is not None:
            # After an error a new process is the safe choice.
            self._workers[slot] = None
            worker.process.kill()
            worker.wait()

    def stop(self, future: Future[R]) -> None:
        """Kill the worker of a running task, whose future then fails with WorkerLost."""
        worker = self._workers[self._slot_of[future]]
        if worker is not None:
            worker.process.kill()

    def close(self) -> None:
        """End all workers at once; what one was doing is lost."""
        busy = set(self._slot_of.values())
        workers = [(slot, worker) for slot, worker in enumerate(self._workers) if worker]
        with _interrupts_ignored():
            for slot, worker in workers:
                if slot in busy:
                    worker.process.kill()
                else:
                    # It ends by itself, so that libraries that it loaded give back what they hold.
                    worker.dismiss()
            for _, worker in workers:
                worker.wait()
            self._threads.shutdown()
        self._workers = [None] * len(self._workers)
        self._slot_of.clear()


class _Worker:
    """A process that answers one task after another."""

    def __init__(self, function: Callable[[Any], Any], gpu: str | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function, os.getpid()))
        with _interrupts_ignored(), _visible(gpu):
            self.process.start()
        # With this end closed here, a worker that dies ends the connection.
        theirs.close()

    def ask(self, task: Any) -> Any:
        """What the function gives; raises what it raises, or WorkerLost. Called in a thread."""
        try:
            self._connection.send(task)
            answer, error = self._connection.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as lost:
            self.process.join()
            raise WorkerLost(f"its worker died ({_how_it_ended(self.process.exitcode)})") from lost
        if error is not None:
            raise error
        return answer

    def dismiss(self) -> None:
        """Say that no more tasks come."""
        self._connection.close()

    def wait(self) -> None:
        """Until the process has ended, by force where it does not end by itself."""
        self.process.join(_PATIENCE)
        self.process.kill()
        self.process.join()


def _how_it_ended(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "signal 9, as when memory runs out"
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C does nothing meanwhile, nor ever to a process that is started meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextmanager
def _visible(gpu: str | None) -> Iterator[None]:
    """A process that is started meanwhile sees this GPU alone, from before its first import on."""
    if gpu is None:
        yield
        return
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        yield
    finally:
        del os.environ["CUDA_VISIBLE_DEVICES"]
        if before is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = before


def _serve(connection: Connection, function: Callable[[Any], Any], driver: int) -> None:
    """The life of a worker: it outlives no driver, not even one that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    with suppress(EOFError, ConnectionResetError):
        while True:
            task = connection.recv()
            try:
                answer: tuple[Any, Exception | None] = (function(task), None)
            except Exception as error:
                answer = (None, _whole(error))
            _send(connection, answer)


def _whole(error: Exception) -> Exception:
    """The error, or its text where it would not come through as it is."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _send(connection: Connection, answer: tuple[Any, Exception | None]) -> None:
    try:
        connection.send(answer)
    except OSError:
        raise
    except Exception as error:
        # Nothing is sent of what cannot be pickled.
        connection.send((None, RuntimeError(f"the answer cannot be sent: {error!r}")))
