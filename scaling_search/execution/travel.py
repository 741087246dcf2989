"""How tasks reach workers with another disk, and what comes back: all of it as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Travel(Protocol[T]):
    """What a task needs besides itself, and leaves besides its answer. It is pickled."""

    def pack(self, task: T) -> Any:
        """What travels for a task; called by the driver."""
        ...

    def unpack(self, packed: Any, folder: Path) -> T:
        """The task as it is carried out by a worker that may use this empty folder."""
        ...

    def collect(self, task: T) -> Any:
        """What an unpacked task has left, be it that it failed; called by the worker."""
        ...

    def put(self, task: T, left: Any) -> None:
        """Put what came back where the task itself would have left it; called by the driver."""
        ...


class AsItIs(Generic[T]):
    """Of tasks without files."""

    def pack(self, task: T) -> Any:
        """The task."""
        return task

    def unpack(self, packed: Any, folder: Path) -> T:
        """The task."""
        task: T = packed
        return task

    def collect(self, task: T) -> Any:
        """Nothing."""

    def put(self, task: T, left: Any) -> None:
        """Nothing came back."""


@dataclass(frozen=True)
class Away(Generic[T]):
    """What an engine has to know that carries tasks out on other machines."""

    travel: Travel[T]
    #: The folder of the user's own modules that tasks import; None where they need none.
    code: Path | None = None
    #: What of that folder stays here.
    left_out: Sequence[Path] = ()
