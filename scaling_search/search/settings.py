"""Settings that the sweeps share: what a kind of study is, and what all searches have."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scaling_search.errors import InvalidInput, require_seeds
from scaling_search.scaling import Coefficients
from scaling_search.search.marks import MARKS, Asked, marked_points

if TYPE_CHECKING:
    from scaling_search.search.candidates import Candidate, Candidates, SearchSpace
    from scaling_search.search.strategy import Search

S = TypeVar("S", bound="SweepSettings")
W = TypeVar("W", bound="SearchSweep")


@dataclass(frozen=True)
class SweepSettings:
    """A kind of study: each has a class of its own, which also makes what it describes."""

    #: The parts of the configuration, or single settings of them, that this kind reads; others
    #: would have no effect, so giving them is a mistake.
    READS: ClassVar[frozenset[str]] = frozenset()
    #: Of parts or settings that it does not read, what does instead.
    INSTEAD: ClassVar[Mapping[str, str]] = {}

    #: What recipe.start may say.
    STARTS: ClassVar[frozenset[str]] = frozenset()

    #: What kind of study this is.
    kind: str = ""
    #: Seeds, in the order in which they are used; every network starts with the first.
    seeds: list[int] = field(default_factory=lambda: [0, 1])

    def __post_init__(self) -> None:
        kind = next(f.default for f in fields(self) if f.name == "kind")
        if self.kind != kind:
            raise InvalidInput(f"sweep.kind is {self.kind!r}, but must be {kind!r}: leave it out")
        require_seeds("sweep.seeds", self.seeds)
        if not self.seeds:
            raise InvalidInput("sweep.seeds is [], but one is needed: sweep.seeds=[0,1]")

    def resolved(self: S, winner_of: Callable[[str], Coefficients]) -> S:
        """The same sweep with what it takes from another study's folder as numbers."""
        return self

    def joined(self: S, networks_of: Callable[[str], list[list[float]]]) -> S:
        """The same sweep with the networks of other studies' folders as numbers: depth and width
        multipliers, and pixels."""
        return self

    @property
    def rests_on(self) -> Sequence[str]:
        """Names of studies beside this one whose runs are runs of this one too."""
        return ()

    def baseline_names(self) -> Sequence[str]:
        """Names or import paths of baselines that stand in for the configured one."""
        return ()

    def subjects(self) -> Sequence[str]:
        """What a study is named after instead of the configured baseline."""
        return self.baseline_names()

    def rehearse(self) -> None:
        """Raise InvalidInput where something that the sweep uses could only fail later."""

    def require_epochs(self, epochs: int) -> None:
        """Raise InvalidInput where runs of so many epochs are too short for the sweep."""


@dataclass(frozen=True)
class SearchSettings(SweepSettings):
    """What a search does with the candidates that it asks for."""

    READS: ClassVar[frozenset[str]] = frozenset({"constraint", "family", "fidelity"})

    #: Epochs after which the candidates of a bracket are compared, on the first seed, and only the
    #: best part goes on (successive halving); empty trains all of them to the recipe's end.
    rungs: list[int] = field(default_factory=list)
    #: One in so many goes on from a rung.
    reduction: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        rungs = list(self.rungs)
        if any(rung < 1 for rung in rungs) or rungs != sorted(set(rungs)):
            raise InvalidInput(
                f"sweep.rungs is {rungs}, but must hold growing numbers of epochs, each at least 1"
            )
        if self.reduction < 2:
            raise InvalidInput(f"sweep.reduction is {self.reduction}, but must be at least 2")

    def require_epochs(self, epochs: int) -> None:
        late = [rung for rung in self.rungs if rung >= epochs]
        if late:
            raise InvalidInput(
                f"sweep.rungs has {late}, but each must be below recipe.epochs = {epochs}, where "
                "every run ends"
            )

    def _require_counts(self, **least: int) -> None:
        for name, low in least.items():
            value = getattr(self, name)
            if not low <= value <= 100_000:
                raise InvalidInput(
                    f"sweep.{name} is {value!r}, but must lie between {low} and 100000"
                )


@dataclass(frozen=True)
class SearchSweep(SearchSettings, ABC):
    """A kind of study that searches."""

    STARTS: ClassVar[frozenset[str]] = frozenset({"baseline", "before"})

    #: Further points that are compared: a name, and alpha, beta and gamma or the folder of a
    #: finished study, whose winner it then is: {by_macs: experiments/NAME}. Its shares count.
    rivals: dict[str, Any] = field(default_factory=dict)

    #: Whether its candidates are asked for while it runs, so that asks.csv must name them.
    samples: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.rivals.items():
            if not re.fullmatch(r"[A-Za-z][\w-]*", name) or name in MARKS:
                raise InvalidInput(
                    f"sweep.rivals has the name {name!r}, but each must be of letters, digits, _ "
                    f"and -, and none of {', '.join(MARKS)}"
                )
            if not (isinstance(value, str) and value):
                self._rival(name, value)

    def _rival(self, name: str, value: Any) -> Coefficients:
        """The coefficients of a rival. Raises InvalidInput where they are none."""
        if isinstance(value, str) and value:
            raise InvalidInput(f"sweep.rivals.{name} is {value!r}, which was not looked up")
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise InvalidInput(
                f"sweep.rivals.{name} is {value!r}, but must be [alpha, beta, gamma] or the folder "
                "of a finished study"
            )
        try:
            found = Coefficients(*value)
            found.shares()
        except InvalidInput as error:
            raise InvalidInput(f"sweep.rivals.{name} is {list(value)}: {error}") from error
        return found

    def resolved(self: W, winner_of: Callable[[str], Coefficients]) -> W:
        """With the winners of other studies as numbers: study.yaml then stands alone."""
        rivals = {
            name: list(vars(winner_of(value)).values()) if isinstance(value, str) else value
            for name, value in self.rivals.items()
        }
        return replace(self, rivals=rivals)

    def marked(self, cost_ratio: float) -> tuple[Asked, ...]:
        """The points that are always compared: those of MARKS, then the rivals."""
        rivals = (
            Asked(Coefficients.from_shares(*self._rival(n, v).shares(), cost_ratio=cost_ratio), n)
            for n, v in self.rivals.items()
        )
        return (*marked_points(cost_ratio), *rivals)

    @abstractmethod
    def known_candidates(self, space: SearchSpace) -> Candidates:
        """The distinct networks that are known before anything is trained. Raises InvalidInput."""

    @abstractmethod
    def search(
        self, space: SearchSpace, candidates: Candidates, budget: Budget
    ) -> Search[Candidate]:
        """STEP 1 from its beginning, with what `known_candidates` gives. Raises InvalidInput."""

    def asks_text(self, candidates: Candidates) -> str:
        """What is asked for, for the plan."""
        asked = sum(len(c.asked) for c in candidates.kept) + len(candidates.dropped)
        return f"{asked} points,"


@dataclass(frozen=True)
class Budget:
    """What a search that chooses its own runs may spend on STEP 1; the first limit reached ends it.

    A grid trains what it lists and takes no budget.
    """

    #: Runs; null allows twice as many as the search starts with.
    runs: int | None = None
    #: Floating-point operations of training.
    train_flops: float | None = None
    #: Minutes of training, summed over workers.
    minutes: float | None = None

    def __post_init__(self) -> None:
        for name in ("runs", "train_flops", "minutes"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidInput(f"budget.{name} is {value!r}, but must be above 0, or null")
