"""Where runs run, as a person says it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from scaling_search.errors import InvalidInput
from scaling_search.execution.device import resolve_device, slot_count, visible_gpus
from scaling_search.execution.executor import Executor, Say
from scaling_search.execution.gpu_sharing import MOST, Sharing
from scaling_search.execution.local import LocalExecutor
from scaling_search.execution.travel import Away

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ExecutorSettings:
    """Where runs run."""

    #: local: processes of this machine; ray: the machines of a Ray cluster.
    kind: str = "local"
    #: Runs at a time; null takes one for each core, or as many for each GPU as `runs_per_gpu` says.
    #: ray: those that find no room wait, and a cluster that grows by itself grows for them.
    workers: int | None = None
    #: auto, cpu or cuda.
    device: str = "auto"
    #: Runs that share a GPU, each with its part of the memory; null finds the best number by the
    #: first runs of a search without rungs, on this machine, and is 1 elsewhere.
    runs_per_gpu: int | None = None
    #: Threads of a run on a CPU, where the training is your own; the built-in one has one.
    threads: int = 1
    #: Seconds after which a run is given up.
    timeout: float = 86_400.0
    #: How often a run is tried whose worker is lost, whose memory runs out or whose time is up.
    attempts: int = 2
    #: ray: the cluster, as auto (of this machine), HOST:PORT or ray://HOST:PORT; empty starts one
    #: on this machine.
    address: str = ""
    #: ray: CPUs that a run takes of its node.
    cpus: float = 1.0
    #: ray: what else its workers need, as Ray's runtime environments say it.
    runtime_env: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise InvalidInput(
                f"executor.kind is {self.kind!r}, but must be one of {', '.join(_KINDS)}"
            )
        if not (math.isfinite(self.cpus) and 0 < self.cpus <= 1024):
            raise InvalidInput(
                f"executor.cpus is {self.cpus!r}, but must be above 0 and at most 1024"
            )
        for name, default in {"address": "", "cpus": 1.0, "runtime_env": {}}.items():
            value = getattr(self, name)
            if value != default and self.kind != "ray":
                raise InvalidInput(
                    f"executor.{name} is {value!r}, but executor={self.kind} has no use for it: "
                    "leave it out, or take executor=ray"
                )
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

    def resolved_device(self) -> str:
        """cpu or cuda. Raises InvalidInput where the GPU asked for is missing.

        Whether the nodes of a cluster have GPUs is seen when it is reached: what is asked for is
        believed, and auto means what this machine has.
        """
        if self.address and self.device == "cuda":
            return "cuda"
        return resolve_device(self.device)

    def slots(self, device: str) -> int:
        """How many runs go at a time on the cores, or the GPUs, of this machine.

        Of a cluster elsewhere it is a guess, until it is reached.
        """
        return max(1, slot_count(self.workers, device, self.runs_per_gpu or 1))

    def most_slots(self, device: str) -> int:
        """The same, where as many share a GPU as may be found best."""
        return self.slots(device) * (MOST if self.finds_sharing(device) else 1)

    def finds_sharing(self, device: str) -> bool:
        """Whether runs are to find out how many of them should share a GPU."""
        is_set = self.runs_per_gpu or self.workers or device == "cpu" or self.kind != "local"
        return not is_set

    def start(
        self,
        function: Callable[[T, Say], R],
        device: str,
        away: Away[T] | None = None,
        most: int | None = None,
        alike: bool = False,
    ) -> Executor[T, R]:
        """The executor that these settings describe; workers start with their first task.

        most: no more tasks than these come at a time. alike: whether the first tasks take equally
        long, so that they can tell how many should share a GPU. Raises InvalidInput.
        """
        return _KINDS[self.kind](self, function, device, away, most, alike)


def _start_local(
    settings: ExecutorSettings,
    function: Callable[[T, Say], R],
    device: str,
    _away: Away[T] | None,
    most: int | None,
    alike: bool,
) -> Executor[T, R]:
    threads = {"OMP_NUM_THREADS": str(settings.threads)} if settings.threads > 1 else {}
    slots = settings.slots(device)
    finds_sharing = alike and settings.finds_sharing(device) and not most
    sharing = Sharing(len(visible_gpus())) if finds_sharing else None
    return LocalExecutor(function, min(slots, most or slots), threads, sharing)


def _start_ray(
    settings: ExecutorSettings,
    function: Callable[[T, Say], R],
    device: str,
    away: Away[T] | None,
    most: int | None,
    _alike: bool,
) -> Executor[T, R]:
    # Takes a second to import, and is an extra.
    from scaling_search.execution.ray_cluster import RayExecutor

    return RayExecutor(
        function,
        address=settings.address,
        workers=min(settings.workers, most or settings.workers) if settings.workers else most,
        cpus=settings.cpus,
        runs_per_gpu=(settings.runs_per_gpu or 1) if device == "cuda" else 0,
        threads=settings.threads,
        given_env=settings.runtime_env,
        away=away,
    )


#: The engines, by the name that stands behind `executor=`.
_KINDS: Mapping[str, Callable[..., Executor[Any, Any]]] = {
    "local": _start_local,
    "ray": _start_ray,
}
