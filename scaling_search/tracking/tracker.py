"""What a tracker is: a place outside where people look at runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: A number or a word that describes a run.
Parameter = str | int | float


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """A run, as a tracker is told of it."""

    #: Names the run: that of runs.csv.
    key: str
    #: What people read, different for each run of a study and fit for the name of a folder.
    name: str
    parameters: Mapping[str, Parameter]


class Tracker(ABC):
    """Takes runs, epoch by epoch. It is called by one thread; what it raises ends it."""

    #: Whether people watch runs that go on; else a run comes when it has ended, at once.
    live = True

    @abstractmethod
    def begin(self, run: TrackedRun, there: str) -> str:
        """Open a run and give the name that it has there.

        there: that name, where an earlier time has begun the run; it goes on.
        """

    @abstractmethod
    def point(self, there: str, epoch: int, values: Mapping[str, float]) -> None:
        """Take an epoch of an open run; epochs come in their order, each once."""

    @abstractmethod
    def end(self, there: str, epoch: int, status: str, results: Mapping[str, float]) -> None:
        """Close an open run, of which the last epoch was `epoch`.

        status: finished, diverged, failed, or stopped: it may go on.
        """

    @abstractmethod
    def report(self, study: str, files: Sequence[Path]) -> None:
        """Take the study's report and what belongs to it."""
