"""What every trainer does: it says what determines a run, and carries the run out in a worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from scaling_search.baselines import FamilyMember
from scaling_search.metric import Metric
from scaling_search.proxy import DataSettings, Outcome, Recipe
from scaling_search.proxy.exported import Exported
from scaling_search.proxy.result import Tell, unheard
from scaling_search.trainers.settings import TrainerSettings


class Spec(Protocol):
    """All that determines the result of a run."""

    @property
    def key(self) -> str:
        """Names the run: equal for runs that must give equal results."""
        ...

    @property
    def content(self) -> str:
        """The specification as one line of JSON."""
        ...

    @property
    def seed(self) -> int: ...
    @property
    def resolution(self) -> int: ...
    @property
    def task(self) -> str:
        """Identity of the data."""
        ...

    @property
    def epochs(self) -> int:
        """Epochs that are trained."""
        ...

    @property
    def rung(self) -> int | None:
        """The epoch at which the run stops; None where it goes to its end."""
        ...

    @property
    def whole(self) -> Spec:
        """The same run to its end."""
        ...


class Job(Protocol):
    """A run to be carried out on this machine."""

    @property
    def spec(self) -> Spec: ...
    @property
    def weights(self) -> Path | None:
        """Where the trained weights are kept; None throws them away."""
        ...

    @property
    def log(self) -> Path | None:
        """The file of how the run goes, and of what the training prints; None for no such file."""
        ...

    @property
    def kept(self) -> Sequence[Path]:
        """The files and folders from which it goes on after another attempt or a rung."""
        ...

    def moved(self, folder: Path, home: Path) -> Job:
        """The same job on another machine: all that it writes lies in the folder.

        home: the working directory of the driver. Raises InvalidInput where it cannot be carried
        out on this one.
        """
        ...

    def carry_out(self, tell: Tell = unheard) -> Outcome:
        """Train; called in a worker. `tell` hears of each epoch."""
        ...

    def forget(self) -> None:
        """Remove what only a run that goes on needs."""
        ...


def log_of(job: Job) -> str:
    """Where to look for what a training printed, for the end of a message; or nothing."""
    if job.log is None or not job.log.exists():
        return ""
    here = Path.cwd()
    path = job.log.relative_to(here) if job.log.is_relative_to(here) else job.log
    return f"; its log is {path}"


class TrainingFailed(Exception):
    """A training of the user's own gave no result; the message says why, in a line."""

    def __init__(self, why: str, of_machine: bool = False) -> None:
        super().__init__(why, of_machine)
        self.why = why
        #: Whether it says something of this machine, as where memory runs out, not of all runs.
        self.of_machine = of_machine

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, kw_only=True)
class Trainer(ABC):
    """How the runs of a study are trained."""

    settings: TrainerSettings
    data: DataSettings
    #: Identity of the data.
    task: str
    #: What a run computes with.
    device: str
    torch_version: str
    trainer_version: int
    #: What stands for the code that trains, by function or file.
    code: Mapping[str, str]
    #: Other data, by the identity of their task: of runs from whose weights others start.
    other_data: Mapping[str, DataSettings] = field(default_factory=dict)

    @classmethod
    def code_of(cls, settings: TrainerSettings) -> dict[str, str]:
        """What stands for the code that trains, by its name, as it is here and now."""
        return {}

    @property
    def metric(self) -> Metric:
        """What its results are."""
        return self.settings.scored_by

    def plan_lines(self) -> Sequence[str]:
        """What a plan says of it."""
        return ()

    def data_of(self, task: str) -> DataSettings:
        """The data of one of its runs, by their identity."""
        return self.other_data.get(task, self.data)

    @abstractmethod
    def spec(
        self,
        member: FamilyMember,
        phi: float,
        seed: int,
        recipe: Recipe,
        rung: int | None = None,
        start: Spec | Exported | None = None,
    ) -> Spec:
        """What determines the run of a member at phi that stops at a rung, or goes to its end.

        start: the run, or the exported weights, from which it starts, if any. Raises InvalidInput
        where it cannot.
        """

    @abstractmethod
    def job(
        self,
        spec: Any,
        experiments: Path,
        weights: Path | None = None,
        stops: bool = False,
        logs: Path | None = None,
    ) -> Job:
        """The job of one of its own runs.

        experiments: the folder of studies, where a run keeps what it needs to go on. stops: whether
        runs stop at rungs. logs: the folder of its log; where there is none, a training that prints
        has it in that of the studies.
        """

    @abstractmethod
    def forget(self, keys: Sequence[str], experiments: Path) -> None:
        """Remove what would let runs go on where they stopped. keys: of the whole runs."""
