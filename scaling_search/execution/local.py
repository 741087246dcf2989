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
from typing import Any, TypeVar

from scaling_search.execution.device import visible_gpus
from scaling_search.execution.executor import Executor, WorkerLost
from scaling_search.wording import replace_what_cannot_be_shown

T = TypeVar("T")
R = TypeVar("R")

#: Seconds that an idle worker gets to end by itself.
_PATIENCE = 10.0


class LocalExecutor(Executor[T, R]):
    """Runs `function` on tasks, one at a time in each of `slots` processes.

    Each worker sees one GPU of those that this process sees; more workers than GPUs share them in
    turn. A worker that dies, or is stopped, costs its own task; the slot gets a new worker with its
    next one.
    """

    def __init__(self, function: Callable[[T], R], slots: int) -> None:
        super().__init__(slots)
        self._function = function
        self._gpus = visible_gpus()
        self._workers: dict[int, _Worker] = {}
        # A thread waits for the answer of each worker.
        self._threads = ThreadPoolExecutor(slots, "slot")

    def submit(self, task: T) -> Future[R]:
        slot = next(i for i in range(self.slots) if i not in self._running.values())
        worker = self._workers.get(slot)
        if worker is None or not worker.process.is_alive():
            gpu = self._gpus[slot % len(self._gpus)] if self._gpus else None
            worker = self._workers[slot] = _Worker(self._function, gpu)
        future: Future[R] = self._threads.submit(worker.ask, task)
        self._running[future] = slot
        return future

    def release(self, future: Future[R]) -> None:
        slot = self._running.pop(future)
        if future.exception() is not None:
            # After an error a new process is the safe choice.
            worker = self._workers.pop(slot)
            worker.process.kill()
            worker.wait()

    def stop(self, future: Future[R]) -> None:
        self._workers[self._running[future]].process.kill()

    def close(self) -> None:
        with _interrupts_ignored():
            for slot, worker in self._workers.items():
                if slot in self._running.values():
                    worker.process.kill()
                else:
                    # It ends by itself, so that libraries that it loaded give back what they hold.
                    worker.connection.close()
            for worker in self._workers.values():
                worker.wait()
            self._threads.shutdown()
        self._workers.clear()
        self._running.clear()


class _Worker:
    """A process that answers one task after another, until the connection ends."""

    def __init__(self, function: Callable[[Any], Any], gpu: str | None) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function, os.getpid()))
        with _interrupts_ignored(), _visible(gpu):
            self.process.start()
        # With this end closed here, a worker that dies ends the connection.
        theirs.close()

    def ask(self, task: Any) -> Any:
        """What the function gives; raises what it raises, or WorkerLost. Called in a thread."""
        try:
            self.connection.send(task)
            answer, error = self.connection.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as lost:
            self.process.join()
            raise WorkerLost(f"its worker died ({_how_it_ended(self.process.exitcode)})") from lost
        if error is not None:
            raise error
        return answer

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
    replace_what_cannot_be_shown()

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    with suppress(EOFError, ConnectionResetError):
        while True:
            connection.send_bytes(_pickled_answer(function, connection.recv()))


def _pickled_answer(function: Callable[[Any], Any], task: Any) -> bytes:
    """(answer, error): one is None. What does not come through as it is comes as its text."""
    try:
        answer = function(task)
    except Exception as error:
        try:
            content = pickle.dumps((None, error))
            pickle.loads(content)
        except Exception:
            content = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
        return content
    try:
        return pickle.dumps((answer, None))
    except Exception as error:
        return pickle.dumps((None, RuntimeError(f"the answer cannot be sent: {error!r}")))
