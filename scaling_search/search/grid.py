"""STEP 1's grid (Tan & Le 2019, section 3.3): values of alpha and beta, gamma from the cost."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search.candidates import Candidate, Candidates, Dropped, SearchSpace
from scaling_search.search.constraint import NOMINAL
from scaling_search.search.marks import Asked
from scaling_search.search.settings import Budget, SearchSweep
from scaling_search.search.strategy import Answer, Search


@dataclass(frozen=True)
class GridSettings(SearchSweep):
    """`+sweep=grid`: every combination of the values is asked for and trained with every seed."""

    INSTEAD: ClassVar[Mapping[str, str]] = {
        "budget": "a grid trains all that it lists; take +sweep=race or +sweep=optuna"
    }

    kind: str = "grid"
    #: Depth coefficients, each at least 1.
    alpha: list[float] = field(default_factory=list)
    #: Width coefficients, each at least 1.
    beta: list[float] = field(default_factory=list)
    #: Resolution coefficients; empty derives one for each (alpha, beta) from the cost constraint.
    gamma: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
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

    def known_candidates(self, space: SearchSpace) -> Candidates:
        """The grid's points and the marked ones, snapped to distinct networks."""
        cost_ratio = space.constraint.cost_ratio
        asked: list[Asked] = []
        dropped: list[Dropped] = []
        for alpha, beta in itertools.product(self.alpha, self.beta):
            gammas: Sequence[float | None] = self.gamma or [derive_gamma(alpha, beta, cost_ratio)]
            asked += [Asked(Coefficients(alpha, beta, g)) for g in gammas if g is not None]
            if None in gammas and space.constraint.on not in ("macs", NOMINAL):
                # Of another quantity that is a direction like any other.
                asked.append(Asked(Coefficients(alpha, beta, 1.0)))
            elif None in gammas:
                reason = "alpha * beta^2 alone exceeds the budget: gamma would be below 1"
                dropped.append(Dropped(Asked(Coefficients(alpha, beta, 1.0)), reason))
        return space.snap_all([*asked, *self.marked(cost_ratio)], dropped)

    def search(
        self, space: SearchSpace, candidates: Candidates, budget: Budget
    ) -> Search[Candidate]:
        """Every candidate with every seed."""
        return Search(
            ListedProposals(candidates.kept),
            asks=len(candidates.kept),
            lag=None,
            bracket=len(candidates.kept),
            settings=self,
            epochs=space.epochs,
        )


def derive_gamma(alpha: float, beta: float, cost_ratio: float) -> float | None:
    """The gamma with alpha * beta^2 * gamma^2 = cost_ratio; None where it would be below 1."""
    gamma = math.sqrt(cost_ratio / (alpha * beta**2))
    # Grids are typed with two decimals, so a point on the edge may miss it by as much.
    if gamma < 0.99:
        return None
    return max(1.0, gamma)


class ListedProposals:
    """Asks for given candidates in their order, whatever the results."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._left = iter(candidates)

    def ask(self) -> Candidate | None:
        return next(self._left)

    def tell(self, number: int, answers: Sequence[tuple[int, Answer]]) -> None:
        """A list does not learn."""
