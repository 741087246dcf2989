"""STEP 1's grid (Tan & Le 2019, section 3.3): values of alpha and beta, gamma from the cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search.candidates import (
    Asked,
    Candidate,
    Candidates,
    Dropped,
    derive_gamma,
    marked_points,
    snap_all,
)
from scaling_search.search.settings import SearchSettings
from scaling_search.search.shell import CostConstraint
from scaling_search.search.strategy import Answer


@dataclass(frozen=True)
class GridSettings(SearchSettings):
    """`+sweep=grid`: every combination of the values is asked for and trained with every seed."""

    kind: str = "grid"
    #: Depth coefficients, each at least 1.
    alpha: list[float] = field(default_factory=list)
    #: Width coefficients, each at least 1.
    beta: list[float] = field(default_factory=list)
    #: Resolution coefficients; empty derives one for each (alpha, beta) from the cost constraint.
    gamma: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_kind("grid")
        for name in ("alpha", "beta", "gamma"):
            values = getattr(self, name)
            if not values and name != "gamma":
                raise InvalidInput(
                    f"sweep.{name} is empty, but the grid needs at least one value: "
                    f"sweep.{name}=[1.0,1.2]"
                )
            for value in values:
                if not math.isfinite(value) or value < 1:
                    raise InvalidInput(
                        f"sweep.{name} holds {value!r}, but each value must be finite and at "
                        "least 1: a coefficient below 1 would shrink the network"
                    )

    def _require_kind(self, kind: str) -> None:
        if self.kind != kind:
            raise InvalidInput(f"sweep.kind is {self.kind!r}, but must be {kind}: leave it out")


def grid_candidates(
    settings: GridSettings, baseline: Baseline, constraint: CostConstraint, native_resolution: int
) -> Candidates:
    """The grid's points and the marked ones, snapped to distinct networks."""
    asked: list[Asked] = []
    dropped: list[Dropped] = []
    for alpha in settings.alpha:
        for beta in settings.beta:
            gammas = settings.gamma
            if not gammas:
                gamma = derive_gamma(alpha, beta, constraint.cost_ratio)
                if gamma is None:
                    reason = "alpha * beta^2 alone exceeds the budget: gamma would be below 1"
                    dropped.append(Dropped(Asked(Coefficients(alpha, beta, 1.0)), reason))
                    continue
                gammas = [gamma]
            asked += [Asked(Coefficients(alpha, beta, gamma)) for gamma in gammas]
    asked += marked_points(constraint.cost_ratio)
    candidates = snap_all(asked, baseline, constraint, native_resolution)
    return Candidates(candidates.kept, (*dropped, *candidates.dropped))


class ListedProposals:
    """Asks for given candidates in their order, whatever the results."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._left = iter(candidates)

    def ask(self) -> Candidate | None:
        return next(self._left)

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """A list does not learn."""
