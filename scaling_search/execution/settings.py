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
        if self.device not in ("auto", "cpu", "cuda"):
            raise InvalidInput(f"executor.device is {self.device!r}, but must be auto, cpu or cuda")
        if not self.timeout > 0:
            raise InvalidInput(f"executor.timeout is {self.timeout!r}, but must be above 0 seconds")
        for name, most in (("workers", 1024), ("attempts", 10)):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise InvalidInput(
                    f"executor.{name} is {value!r}, but must lie between 1 and {most}"
                )

    def slots(self, device: str) -> int:
        """How many runs go at a time on the cores, or the GPUs, of this machine."""
        return slot_count(self.workers, device)

    def start(self, function: Callable[[T], R], slots: int) -> Executor[T, R]:
        """The executor that these settings describe; workers start with their first task."""
        return LocalExecutor(function, slots)
