"""A worker: a process of this machine that answers one task after another."""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from scaling_search.execution.executor import Say, WorkerLost, WorkerTraceback
from scaling_search.wording import replace_what_cannot_be_shown

#: Seconds that an idle worker gets to end by itself.
_PATIENCE = 10.0
#: Seconds between two looks whether a worker that says nothing is still there.
_LOOK = 1.0
#: A worker that holds so many bytes more than after its first task has a leak, and is replaced.
LEAK = 2 << 30


class Worker:
    """A process that calls `function(task, say)`, until the connection ends.

    environment: what it has in its environment besides that of this process, from before its first
    import on. gpu_share: the part of the memory of its GPU that torch may use.
    """

    def __init__(
        self,
        function: Callable[[Any, Say], Any],
        environment: Mapping[str, str],
        gpu_share: float = 1.0,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        given = (theirs, function, os.getpid(), gpu_share)
        self.process = context.Process(target=_serve, args=given)
        # A function of the script itself is found there alone.
        hidden = nullcontext() if function.__module__ == "__main__" else _main_hidden()
        with interrupts_ignored(), _environment(environment), hidden:
            self.process.start()
        # With this end closed here, a worker that dies ends the connection.
        theirs.close()
        self._ending, self._has_ended = threading.Lock(), False
        self._first_size = 0
        #: Whether another should take its place.
        self.leaks = False

    @property
    def name(self) -> str:
        """It, as host:pid."""
        return f"{socket.gethostname()}:{self.process.pid}"

    def ask(self, task: Any, hear: Say) -> Any:
        """What the function gives; raises what it raises, or WorkerLost. Called in a thread."""
        try:
            self.connection.send(task)
            while True:
                # A process that it has forked may hold the connection open when it is gone.
                while not self.connection.poll(_LOOK):
                    if self.has_exited() and not self.connection.poll():
                        raise EOFError
                said, answer, error, where, size = self.connection.recv()
                if not said:
                    break
                hear(answer)
        except (EOFError, BrokenPipeError, ConnectionResetError) as lost:
            self._await_end(math.inf)
            raise WorkerLost(f"its worker died ({_how_it_ended(self.process.exitcode)})") from lost
        self._first_size = self._first_size or size
        self.leaks = size > self._first_size + LEAK
        if error is not None:
            raise error from WorkerTraceback(where)
        return answer

    def end(self) -> None:
        """Let it end by itself, so that libraries that it loaded give back what they hold."""
        self.connection.close()

    def kill(self) -> None:
        """End it, and the processes that it has started."""
        with self._ending:
            if self._has_ended or self.process.pid is None:
                return
            self.process.kill()
            with suppress(OSError, AttributeError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Until the process has ended, by force where it does not end by itself."""
        self._await_end(_PATIENCE)

    def has_exited(self) -> bool:
        """Whether the process has ended. It keeps its number, which is then its group's alone."""
        if self._has_ended or not hasattr(os, "waitid"):
            return self._has_ended or not self.process.is_alive()
        assert self.process.pid is not None
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG
        try:
            return os.waitid(os.P_PID, self.process.pid, how) is not None
        except ChildProcessError:
            return True

    def _await_end(self, patience: float) -> None:
        give_up_at = time.monotonic() + patience
        while not self.has_exited() and time.monotonic() < give_up_at:
            time.sleep(0.01)
        # What it has left is ended before it is asked how it ended.
        self.kill()
        with self._ending:
            self.process.join()
            self._has_ended = True


def _how_it_ended(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "signal 9, as when memory runs out"
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


@contextmanager
def interrupts_ignored() -> Iterator[None]:
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
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """A process that is started meanwhile has these values in its environment."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _main_hidden() -> Iterator[None]:
    """A process that is started meanwhile does not run the script of this one anew.

    It would, to find there what is sent to it, and a worker is sent nothing of a script's.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(
    connection: Connection, function: Callable[[Any, Say], Any], driver: int, gpu_share: float
) -> None:
    """The life of a worker: it outlives no driver, not even one that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A group of its own, so that what a training starts can be ended with it.
    with suppress(AttributeError):
        os.setpgid(0, 0)
    replace_what_cannot_be_shown()
    if gpu_share < 1:
        keep_to(gpu_share)

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        with suppress(AttributeError):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    def say(message: Any) -> None:
        connection.send((True, message, None, "", 0))

    threading.Thread(target=watch, daemon=True).start()
    with suppress(EOFError, ConnectionResetError, BrokenPipeError):
        while True:
            connection.send_bytes(pickled_answer(function, connection.recv(), say))


def pickled_answer(function: Callable[[Any, Say], Any], task: Any, say: Say) -> bytes:
    """(False, answer, error, where it was raised, bytes held): answer or error is None.

    What does not come through as it is comes as its text.
    """
    try:
        answer = function(task, say)
    except Exception as error:
        where = traceback.format_exc()
        try:
            content = pickle.dumps((False, None, error, where, 0))
            pickle.loads(content)
        except Exception:
            plain = RuntimeError(f"{type(error).__name__}: {error}")
            content = pickle.dumps((False, None, plain, where, 0))
        return content
    try:
        return pickle.dumps((False, answer, None, "", bytes_held()))
    except Exception as error:
        unsent = RuntimeError(f"the answer cannot be sent: {error!r}")
        return pickle.dumps((False, None, unsent, "", 0))


def keep_to(gpu_share: float) -> None:
    """Let torch use this part of the memory of its GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(gpu_share)


def bytes_held() -> int:
    """Memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
