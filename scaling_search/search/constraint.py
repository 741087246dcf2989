"""What all candidates of STEP 1 cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scaling_search.errors import InvalidInput


@dataclass(frozen=True)
class CostConstraint:
    """What all candidates of STEP 1 cost."""

    #: realised: the multiply-adds of the rounded network; nominal: alpha * beta^2 * gamma^2.
    on: str = "realised"
    #: Cost over the baseline's.
    cost_ratio: float = 2.0
    #: Greatest relative distance from cost_ratio (realised), or greatest absolute one (nominal).
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        if self.on not in ("realised", "nominal"):
            raise InvalidInput(f"constraint.on is {self.on!r}, but must be realised or nominal")
        if not (math.isfinite(self.cost_ratio) and 1 < self.cost_ratio <= 8):
            raise InvalidInput(
                f"constraint.cost_ratio is {self.cost_ratio!r}, but must be above 1 and at most 8"
            )
        if not (math.isfinite(self.tolerance) and 0 < self.tolerance < 1):
            raise InvalidInput(
                f"constraint.tolerance is {self.tolerance!r}, but must lie above 0 and below 1"
            )

    def allows(self, cost_ratio: float) -> bool:
        """Whether a realised cost ratio lies within the tolerance."""
        return abs(cost_ratio / self.cost_ratio - 1) <= self.tolerance


def nothing_within(constraint: CostConstraint, closest: float) -> str:
    """What to say where no network has the right cost; `closest` is the nearest cost ratio."""
    off = abs(closest / constraint.cost_ratio - 1)
    return (
        f"no network costs {constraint.cost_ratio:g} times the baseline within "
        f"{100 * constraint.tolerance:.3g} %; the nearest costs {closest:.4g} times: "
        f"set constraint.tolerance={math.ceil(1000 * off + 0.5) / 1000:g} "
        f"or constraint.cost_ratio={closest:.4g}"
    )
