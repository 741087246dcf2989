"""Do the best shares change with size? Networks of several costs, spread over the triangle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import Asked, CostConstraint, Snapper
from scaling_search.series.networks import LeftOut, Networks, Point
from scaling_search.series.settings import SeriesSettings, require_numbers

#: The dearest networks, over the baseline's cost.
DEAREST = 20
#: Costs of a law, at least: two tell no change of the change, but whether there is one.
COSTS_NEEDED = 2
#: The finest lattice.
_FINEST = 20


@dataclass(frozen=True)
class SharesSettings(SeriesSettings):
    """Do the best shares change with size? A law over depth, width, resolution and compute."""

    READS: ClassVar[frozenset[str]] = frozenset({"constraint.tolerance"})
    INSTEAD: ClassVar[Mapping[str, str]] = {"constraint.cost_ratio": "give sweep.costs="}

    kind: str = "shares"
    #: Costs over the baseline's at which networks are spread over the triangle of shares.
    costs: list[float] = field(default_factory=lambda: [2.0, 4.0, 8.0])
    #: Shares are multiples of 1 / lattice, each at least one: 6 gives 10 points at each cost.
    lattice: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        require_numbers("sweep.costs", self.costs, 1.0, DEAREST)
        if len(self.costs) < COSTS_NEEDED or self.costs[0] <= 1:
            raise InvalidInput(
                f"sweep.costs is {self.costs!r}, but must hold {COSTS_NEEDED} costs or more, each "
                f"above 1 and at most {DEAREST}: whether shares change shows at several costs"
            )
        if not 3 <= self.lattice <= _FINEST:
            raise InvalidInput(
                f"sweep.lattice is {self.lattice!r}, but must lie between 3 and {_FINEST}: shares "
                "are multiples of 1 / lattice"
            )

    @property
    def shares(self) -> Sequence[tuple[float, float, float]]:
        """The points of the lattice at which every dimension gets something."""
        n = self.lattice
        return [
            (depth / n, width / n, (n - depth - width) / n)
            for depth in range(1, n - 1)
            for width in range(1, n - depth)
        ]

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """At each cost the networks nearest to the lattice; what a pixel costs the law knows."""
        for cost in self.costs:
            at_cost = replace(constraint, cost_ratio=cost)
            snapper = Snapper(baseline, at_cost, native_resolution)
            for shares in self.shares:
                asked = Asked(Coefficients.from_shares(*shares, cost_ratio=cost))
                found = snapper.try_snap(asked)
                if found is None:
                    parts = ", ".join(f"{share:.2f}" for share in shares)
                    reason = snapper.candidates.dropped[-1].reason
                    yield LeftOut(f"shares {parts} {cost_name(cost)}", reason)
                else:
                    yield Point(
                        series=cost_name(cost),
                        member=replace(found.member, phi=None),
                        asked_cost=cost,
                        within=found.within,
                    )

    def check(self, networks: Networks) -> None:
        costs = {point.asked_cost for point in networks.points}
        if len(costs) < COSTS_NEEDED:
            reasons = "; ".join(f"{out.what}: {out.reason}" for out in networks.left_out[:3])
            raise InvalidInput(
                f"networks are left at {len(costs)} of {len(self.costs)} costs, but a law needs "
                f"{COSTS_NEEDED} ({reasons}): give other sweep.costs or a smaller "
                "baseline.resolution"
            )

    def plan_remarks(self, networks: Networks) -> Sequence[str]:
        few = [
            f"{cost_name(cost)} has {count} networks"
            for cost in self.costs
            if (count := len({p.member.id for p in networks.points if p.asked_cost == cost})) < 6
        ]
        return [f"{', '.join(few)}; the bowl of a cost needs 6"] if few else []


def cost_name(cost: float) -> str:
    """The series of the networks of a cost."""
    return f"×{cost:g}"


