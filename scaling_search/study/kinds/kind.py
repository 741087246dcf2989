"""What a kind of study is asked, from the plan to the report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import FamilyMember
from scaling_search.search import SweepSettings
from scaling_search.study.definition import PlannedRun, StudyDefinition

if TYPE_CHECKING:
    from scaling_search.study.files.runs_csv import RunRow
    from scaling_search.study.plan import Plan
    from scaling_search.study.read import Study
    from scaling_search.study.running import Training


@dataclass(frozen=True)
class Kind(ABC):
    """One study, as a study of its kind."""

    #: The settings of the sweeps of this kind.
    SETTINGS: ClassVar[type[SweepSettings]]
    #: What a study of this kind is called, and the files that only its report makes.
    NAME: ClassVar[str]
    FILES: ClassVar[tuple[str, ...]]

    definition: StudyDefinition

    @abstractmethod
    def first_runs(self) -> tuple[PlannedRun, ...]:
        """The runs that are wanted before any result is known."""

    def most_runs(self) -> int:
        """Runs in all, at most, of the step that chooses its own; 0 where none does."""
        return 0

    def later_flops(self) -> float:
        """Floating-point operations of the steps that follow, as far as they can be known."""
        return 0.0

    @property
    @abstractmethod
    def smaller(self) -> str:
        """How smaller networks are asked for: the remedy where one is beyond any machine."""

    def require(self) -> None:
        """Raise InvalidInput where something could only fail after the training."""
        return

    @abstractmethod
    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        """What is trained, as lines of text."""

    @abstractmethod
    def train(self, training: Training) -> None:
        """All steps of the study."""

    @abstractmethod
    def timed_members(self, study: Study) -> Sequence[FamilyMember]:
        """The networks whose latency is worth knowing, once the study has ended."""

    @abstractmethod
    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        """The known runs (by key) on which the answer rests, or all that are no later step's."""
