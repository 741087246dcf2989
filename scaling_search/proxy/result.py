"""What a training gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RunStatus(str, Enum):
    """How a training ended; its value is what runs.csv and the database hold."""

    FINISHED = "finished"
    #: The loss or a weight was no longer finite.
    DIVERGED = "diverged"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Epoch:
    """A point of the learning curve."""

    epoch: int
    train_loss: float
    val_error: float


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run found. Errors are fractions.

    A diverged run has none; one that stopped at a rung has no test error.
    """

    status: RunStatus
    val_error: float | None = None
    test_error: float | None = None
    curve: tuple[Epoch, ...]
    #: One bit for each val image, 1 where it was right, packed by numpy.packbits.
    val_correct: bytes = b""
