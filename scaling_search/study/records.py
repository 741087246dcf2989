"""What is kept of a run, and the part of it that a search may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from scaling_search.proxy.result import RunStatus


class Reason(str, Enum):
    """Why an attempt at a run gave no result; its value is what the database holds."""

    #: Its worker, or the machine of that, has gone.
    LOST = "lost"
    #: It took longer than executor.timeout.
    LATE = "late"
    #: Memory ran out.
    MEMORY = "memory"
    #: The training raised an error, or ended without a result: it would again.
    ERROR = "error"

    def __str__(self) -> str:
        return self.value


class Step(str, Enum):
    """Why a run is wanted; the values are what runs.csv holds."""

    #: STEP 0.
    BASELINE = "baseline"
    #: STEP 1.
    SEARCH = "search"
    #: STEP 2.
    FAMILY = "family"
    #: Trained again at another fidelity.
    FIDELITY = "fidelity"
    #: Of a study of series.
    SERIES = "series"
    #: Trained so that others start from its weights.
    SOURCE = "source"
    #: On the target of a transfer, from the weights of a source.
    TUNED = "tuned"

    def __str__(self) -> str:
        return self.value


def step_text(step: Step, check: str) -> str:
    """What the column `step` of runs.csv holds; a check of fidelity has a name."""
    return f"{step}: {check}" if check else str(step)


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search gets to know of a run."""

    key: str
    status: RunStatus
    val_error: float | None
    #: Training time, which only a budget in minutes looks at.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A finished or diverged run with its result and how it came about."""

    key: str
    status: RunStatus
    val_error: float | None
    test_error: float | None
    #: (epoch, train_loss, val_error) of each epoch; the loss may not be known.
    curve: tuple[tuple[int, float | None, float], ...]
    #: base64 of one bit for each val image, 1 where it was right.
    val_correct: str
    seconds: float
    attempts: int
    worker: str
    #: ISO 8601, UTC.
    finished_at: str
    #: Further metrics by their names, as the training gave them.
    also: Mapping[str, float] = field(default_factory=dict)

    @property
    def seen_by_a_search(self) -> SearchResult:
        """All of it that a search may see."""
        return SearchResult(
            key=self.key, status=self.status, val_error=self.val_error, seconds=self.seconds
        )


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt at a run that gave no result."""

    #: Of the run.
    key: str
    #: 1 for the first.
    attempt: int
    reason: Reason
    #: In a line.
    text: str
    #: Where in the worker an error was raised.
    traceback: str
    #: host:pid; empty where it had not begun.
    worker: str
    seconds: float
    #: ISO 8601, UTC.
    ended_at: str


class Claim(Enum):
    """What came of a driver's wish to train a run."""

    MINE = "mine"
    #: The run has been finished meanwhile.
    KNOWN = "known"
    #: Another driver trains it.
    TAKEN = "taken"
