"""Where runs run, as a person says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from scaling_search.errors import InvalidInput
from scaling_search.execution.device import slot_count, visible_gpus
from scaling_search.execution.executor import Executor, Say
from scaling_search.execution.gpu_sharing import Sharing
from scaling_search.execution.local import LocalExecutor

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ExecutorSettings:
    """Where runs run."""

    #: local: processes of this machine.
    kind: str = "local"
    #: Runs at a time; null takes one for each core, or as many for each GPU as `runs_per_gpu` says.
    workers: int | None = None
    #: auto, cpu or cuda.
    device: str = "auto"
    #: Runs that share a GPU, each with its part of the memory; null finds the best number by the
    #: first runs of the study.
    runs_per_gpu: int | None = None
    #: Threads of a run on a CPU, where the training is your own; the built-in one has one.
    threads: int = 1
    #: Seconds after which a run is given up.
    timeout: float = 86_400.0
    #: How often a run is tried whose worker is lost, whose memory runs out or whose time is up.
    attempts: int = 2

    def __post_init__(self) -> None:
        if self.kind != "local":
            raise InvalidInput(f"executor.kind is {self.kind!r}, but must be local")
        if self.device not in ("auto", "cpu", "cuda"):
            raise InvalidInput(f"executor.device is {self.device!r}, but must be auto, cpu or cuda")
        if not self.timeout > 0:
            raise InvalidInput(f"executor.timeout is {self.timeout!r}, but must be above 0 seconds")
        most_of = {"workers": 1024, "attempts": 10, "runs_per_gpu": 64, "threads": 1024}
        for name, most in most_of.items():
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise InvalidInput(
                    f"executor.{name} is {value!r}, but must lie between 1 and {most}"
                )

    def slots(self, device: str) -> int:
        """How many runs go at a time on the cores, or the GPUs, of this machine."""
        return slot_count(self.workers, device, self.runs_per_gpu or 1)

    def start(self, function: Callable[[T, Say], R], slots: int) -> Executor[T, R]:
        """The executor that these settings describe; workers start with their first task."""
        threads = {"OMP_NUM_THREADS": str(self.threads)} if self.threads > 1 else {}
        gpus = len(visible_gpus())
        is_set = self.runs_per_gpu or self.workers or self.device == "cpu" or not gpus
        sharing = None if is_set or slots != gpus else Sharing(gpus)
        return LocalExecutor(function, slots, threads, sharing)
