"""A function in a process of its own, which may hang, grow or die and hurts nobody else."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

#: Seconds of one processor that reading and reporting a study may take.
SECONDS = 10.0
#: Seconds after which a process that waits for something is killed.
PATIENCE = 30.0
#: Bytes that a process may map.
MEMORY = 4 * 2**30


class Child:
    """A process of its own for a function that sends what it finds; limited, and killed in time."""

    def __init__(self, function: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("fork")
        self.receive, send = context.Pipe(duplex=False)
        self.process = context.Process(target=_limited, args=(function, send, *arguments))
        self.process.start()
        send.close()
        self.ends = time.monotonic() + PATIENCE + SECONDS + 20

    def finish(self) -> tuple[list[Any], str]:
        """What it sent, and how it died if it did."""
        sent = []
        died = ""
        with suppress(EOFError):
            while self.receive.poll(max(0.0, self.ends - time.monotonic())):
                sent.append(self.receive.recv())
            died = f"no end after {PATIENCE:.0f} s"
            self.process.kill()
        self.process.join()
        if code := self.process.exitcode:
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            died = died or f"the process died: {name}"
        return sent, died


def _limited(function: Callable[..., None], send: Connection, *arguments: Any) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(2 * SECONDS), int(2 * SECONDS)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        function(send, *arguments)
    except BaseException:
        # A fault of the attack itself.
        send.send(traceback.format_exc())
    send.close()
    # Without the end of an interpreter, which a study of a stranger must not be able to hang.
    os._exit(0)
