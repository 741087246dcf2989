"""What an attempt at a run failed of, and whether another one may help."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.errors import ProcessLost
from scaling_search.execution import WorkerLost, is_out_of_memory, traceback_of
from scaling_search.study.records import Reason
from scaling_search.trainers import TrainingFailed


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, in a line, and where."""

    reason: Reason
    text: str
    #: Of the worker; empty where there is none, or it says nothing.
    traceback: str = ""

    @property
    def is_of_machine(self) -> bool:
        """Whether it says something of the machine, not of the run: another attempt may help."""
        return self.reason is not Reason.ERROR


def failure_of(error: BaseException, timeout: float | None) -> Failure:
    """What the end of a run by this error means; timeout: in seconds, where its time was up."""
    text = " ".join(str(error).split())
    if timeout is not None:
        return Failure(Reason.LATE, f"above executor.timeout={timeout:g}")
    if isinstance(error, WorkerLost | ProcessLost):
        return Failure(Reason.LOST, text)
    if isinstance(error, TrainingFailed):
        return Failure(Reason.MEMORY if error.of_machine else Reason.ERROR, text)
    name = type(error).__name__
    if is_out_of_memory(error):
        return Failure(Reason.MEMORY, f"memory ran out ({name})", traceback_of(error))
    return Failure(Reason.ERROR, f"{name}: {text}", traceback_of(error))
