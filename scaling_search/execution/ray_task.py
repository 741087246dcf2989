"""What a Ray worker does with a task, and how it speaks to the driver meanwhile."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from scaling_search.execution.executor import Began, Ended, Said, Say
from scaling_search.execution.travel import Travel
from scaling_search.execution.worker import LEAK, bytes_held, keep_to, pickled_answer
from scaling_search.whole_files import is_alive


class Mailbox:
    """An actor that holds what tasks say until the driver takes it."""

    def __init__(self) -> None:
        self._letters: asyncio.Queue[Letter] = asyncio.Queue()

    async def put(self, letter: Letter) -> None:
        """Leave a letter."""
        self._letters.put_nowait(letter)

    async def take(self, seconds: float) -> list[Letter]:
        """All letters; waits up to so many seconds for the first."""
        try:
            found = [await asyncio.wait_for(self._letters.get(), seconds)]
        except asyncio.TimeoutError:
            return []
        while not self._letters.empty():
            found.append(self._letters.get_nowait())
        return found


@dataclass(frozen=True)
class Moved:
    """This process is none for the task: it ends, and the task is to be sent again."""


#: Number of the task as the driver counts, place among what the task says, what it says.
Letter = tuple[int, int, "Began | Said | Ended | Moved"]


@dataclass
class _Process:
    """What this worker was before."""

    #: The GPUs that its first task was given; torch sees no others any more.
    gpus: str | None = None
    #: Bytes that it held after its first task; 0 before.
    first_size: int = 0
    #: After an error or a leak a new process is the safe choice.
    spent: bool = False


_process = _Process()


def carry_out(
    work: bytes, parcel: bytes, mailbox: Any, number: int, gpu_share: float | None
) -> tuple[bytes, Any]:
    """(answer as `pickled_answer` gives it, what the task left).

    work: the function and how its tasks travel, pickled; parcel: a packed task, pickled. They are
    unpickled here, so that what then goes wrong is told as an error of the task. gpu_share: the
    part of the memory of its GPU that torch may use; None leaves that as it is.
    """
    places = count()

    def write(what: Began | Said | Ended | Moved) -> Any:
        return mailbox.put.remote((number, next(places), what))

    gpus = os.environ.get("CUDA_VISIBLE_DEVICES")
    if _process.spent or (_process.first_size and gpus != _process.gpus and "torch" in sys.modules):
        import ray

        ray.get(write(Moved()))
        # Ray gives the next task on another GPU to a process that may hold the first for good.
        os._exit(0)
    _process.gpus = gpus
    write(Began(f"{socket.gethostname()}:{os.getpid()}"))
    if gpu_share is not None:
        keep_to(gpu_share)
    begun: list[tuple[Travel[Any], Any]] = []

    def unpack_and_call(_: None, say: Say) -> Any:
        function, travel = pickle.loads(work)
        begun.append((travel, travel.unpack(pickle.loads(parcel), folder)))
        return function(begun[0][1], say)

    with _Folder() as folder:
        answer = pickled_answer(unpack_and_call, None, lambda message: write(Said(message)))
        left = begun[0][0].collect(begun[0][1]) if begun else None
    size = bytes_held()
    _process.first_size = _process.first_size or size or 1
    failed = pickle.loads(answer)[2] is not None
    _process.spent = failed or size > _process.first_size + LEAK
    write(Ended())
    return answer, left


class _Folder:
    """A temporary folder; what killed workers of this machine have left of theirs is removed."""

    def __enter__(self) -> Path:
        first = f"scaling-search-{socket.gethostname()}-"
        for path in Path(tempfile.gettempdir()).glob(f"{first}*"):
            with suppress(ValueError):
                if not is_alive(int(path.name[len(first) :].partition("-")[0])):
                    shutil.rmtree(path, ignore_errors=True)
        self._path = Path(tempfile.mkdtemp(prefix=f"{first}{os.getpid()}-"))
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
