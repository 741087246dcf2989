"""Where runs run, as a person says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from scaling_search.errors import InvalidInput
from scaling_search.execution.device import slot_count
from scaling_search.execution.executor import Executor
from scaling_search.execution.local import LocalExecutor

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

    def slots(self, device: str) -> int:
        """How many runs run at a time on a device, cpu or cuda."""
        return slot_count(self.workers, device)

    def start(self, function: Callable[[T], R], slots: int) -> Executor[T, R]:
        """The executor that these settings describe; workers start with their first task."""
        return LocalExecutor(function, slots)
