"""What a training gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    #: None where a training of one's own does not tell it.
    train_loss: float | None
    val_error: float


#: Hears of each epoch as it ends.
Tell = Callable[[Epoch], None]


def unheard(_: Epoch) -> None:
    """Where nobody listens."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run found. Errors are fractions, or those of another metric.

    A diverged run has none; one that stopped at a rung has no test error.
    """

    status: RunStatus
    val_error: float | None = None
    test_error: float | None = None
    curve: tuple[Epoch, ...]
    #: One bit for each val image, 1 where it was right, packed by numpy.packbits.
    val_correct: bytes = b""
    #: Further metrics by their names, which decide nothing.
    also: Mapping[str, float] = field(default_factory=dict)
