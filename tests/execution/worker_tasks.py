"""Tasks for workers, and what a test asks of their processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scaling_search.execution import Executor, Say


class Awkward(Exception):
    """Cannot be unpickled: its arguments are two, what is kept of them is one."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(left + right)


def act(task: tuple[str, float], say: Say) -> int:
    """What the workers of these tests do; gives the process id."""
    what, value = task
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "fail":
        raise ValueError("as asked")
    elif what == "exit":
        sys.exit(int(value))
    elif what == "awkward":
        raise Awkward("left", "right")
    elif what == "lambda":
        return lambda: 0  # type: ignore[return-value]
    elif what == "echo":
        return int(value)
    elif what == "sleep":
        time.sleep(value)
    elif what == "start":
        # What it starts outlives its task, and would outlive it.
        return subprocess.Popen(["sleep", str(value)]).pid
    elif what == "leave":
        # A process that holds all that it has when it is gone.
        if (left := os.fork()) == 0:
            time.sleep(600)
        (Path(tempfile.gettempdir()) / f"left-by-{os.getpid()}").write_text(str(left))
        if value:
            os._exit(int(value))
        return left
    elif what == "say":
        for number in range(int(value)):
            say(number)
    elif what == "lock":
        # As tqdm does for the data sets library.
        HELD.append(multiprocessing.Lock())
    return os.getpid()


HELD: list[object] = []


@dataclass(frozen=True)
class Visit:
    """When a task was where; times of the machine's own clock."""

    gpu: str
    worker: int
    began: float
    ended: float

    def overlaps(self, other: "Visit") -> bool:
        return self.began < other.ended and other.began < self.ended


def visit(seconds: float, _say: Say) -> Visit:
    """Stay for a while."""
    began = time.monotonic()
    time.sleep(seconds)
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return Visit(gpu, os.getpid(), began, time.monotonic())


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def run(executor: Executor[tuple[str, float], int], what: str = "answer", value: float = 0) -> int:
    future = executor.submit((what, value))
    try:
        return future.result(timeout=60)
    finally:
        executor.release(future)


def draw(folder: str, _say: Say) -> tuple[float, int]:
    """The sum of 40 images from a pixel cache, and who took it; notes each image that is drawn.

    Two begin together.
    """
    from scaling_search.proxy.pixel_cache import open_pixels

    (Path(folder) / f"here-{os.getpid()}").touch()
    assert eventually(lambda: len(list(Path(folder).glob("here-*"))) == 2)

    def image(number: int) -> np.ndarray:
        with (Path(folder) / "drawn").open("a") as file:
            file.write(f"{number}\n")
        time.sleep(0.01)
        return np.full((8, 8, 1), number, dtype=np.uint8)

    pixels = open_pixels(Path(folder), "numbers", (40, 8, 8, 1), image)
    assert pixels is not None
    return float(pixels.sum()), os.getpid()
