"""Do the best shares change with size? Networks of several costs, spread over the triangle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from scaling_search.baselines import (
    Baseline,
    Bounds,
    FamilyMember,
    base_member,
    largest_within,
    scale_by,
)
from scaling_search.errors import InvalidInput
from scaling_search.findings.shares_law import FEWEST, LEAST
from scaling_search.scaling import Architecture, Coefficients
from scaling_search.search import Asked, CostConstraint, Snapper
from scaling_search.search.constraint import DEAREST
from scaling_search.series.networks import LeftOut, Networks, Point
from scaling_search.series.settings import SeriesSettings, require_numbers
from scaling_search.text_file import expanded

#: Costs of a law, at least: two tell no change of the change, but whether there is one.
COSTS_NEEDED = 2
#: The finest lattice.
_FINEST = 20
#: The series of networks of other studies that cost something else.
OTHERS = "other costs"
#: Log cost within which they belong to a cost.
_NEAR = 0.1
#: Why a network has no place in the triangle.
_NO_SHARES = "one dimension grows while another shrinks"
#: Log of a multiplier that counts as 1.
_LEAST = 1e-6


@dataclass(frozen=True)
class SharesSettings(SeriesSettings):
    """Do the best shares change with size? A law over depth, width, resolution and compute."""

    READS: ClassVar[frozenset[str]] = frozenset({"constraint.tolerance"})
    INSTEAD: ClassVar[Mapping[str, str]] = {"constraint.cost_ratio": "give sweep.costs="}

    kind: str = "shares"
    #: Costs over the baseline's at which networks are spread over the triangle of shares.
    costs: list[float] = field(default_factory=lambda: [2.0, 4.0, 8.0])
    #: Costs below the baseline's, as 0.25 and 0.5: which shares should smaller networks give up?
    smaller: list[float] = field(default_factory=list)
    #: Shares are multiples of 1 / lattice, each at least one: 6 gives 10 points at each cost; 0
    #: gives none, where the networks of sweep.studies are enough.
    lattice: int = 6
    #: Folders of studies of the same baseline, data and recipe: the law rests on their networks
    #: too, whose runs are not trained again.
    studies: list[str] = field(default_factory=list)
    #: Further networks, each as depth multiplier, width multiplier and pixels; sweep.studies adds
    #: its own.
    networks: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_numbers("sweep.costs", self.costs, 1.0, DEAREST)
        if len(self.costs) < COSTS_NEEDED or self.costs[0] <= 1:
            raise InvalidInput(
                f"sweep.costs is {self.costs!r}, but must hold {COSTS_NEEDED} costs or more, each "
                f"above 1 and at most {DEAREST}: whether shares change shows at several costs"
            )
        require_numbers("sweep.smaller", self.smaller, 1 / DEAREST, 1.0)
        if self.smaller and (len(self.smaller) < COSTS_NEEDED or self.smaller[-1] >= 1):
            raise InvalidInput(
                f"sweep.smaller is {self.smaller!r}, but must be empty or hold {COSTS_NEEDED} "
                f"costs or more, each below 1 and at least 1/{DEAREST}"
            )
        if self.lattice != 0 and not 3 <= self.lattice <= _FINEST:
            raise InvalidInput(
                f"sweep.lattice is {self.lattice!r}, but must lie between 3 and {_FINEST}: shares "
                "are multiples of 1 / lattice; or be 0 where sweep.studies has networks enough"
            )
        for network in self.networks:
            numbers = isinstance(network, list | tuple) and len(network) == 3
            if not (numbers and all(_is_size(value) for value in network) and network[2] % 1 == 0):
                raise InvalidInput(
                    f"sweep.networks has {network!r}, but each must hold a depth multiplier, a "
                    "width multiplier and whole pixels, such as [1.5,1.2,32]"
                )

    @property
    def lattice_shares(self) -> Sequence[tuple[float, float, float]]:
        """The points of the lattice at which every dimension gets something."""
        n = self.lattice  # 0 has none
        return [
            (depth / n, width / n, (n - depth - width) / n)
            for depth in range(1, n - 1)
            for width in range(1, n - depth)
        ]

    @property
    def rests_on(self) -> Sequence[str]:
        return self.studies

    def joined(self, networks_of: Callable[[str], list[list[float]]]) -> SharesSettings:
        """With the networks of sweep.studies as numbers: study.yaml then stands alone."""
        if not self.studies:
            return self
        others = (network for folder in self.studies for network in networks_of(folder))
        found = {tuple(network): network for network in (*self.networks, *others)}
        # The folder's name: the same study by another path is the same study.
        names = [expanded(folder).resolve().name for folder in self.studies]
        return replace(self, networks=list(found.values()), studies=names)

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """At each cost the networks nearest to the lattice, then those of other studies; what a
        pixel costs the law knows."""
        known = {base_member(baseline).id}
        for cost in self.costs:
            at_cost = replace(constraint, cost_ratio=cost)
            snapper = Snapper(baseline, at_cost, native_resolution)
            for shares in self.lattice_shares:
                asked = Asked(Coefficients.from_shares(*shares, cost_ratio=cost))
                found = snapper.try_snap(asked)
                if found is None:
                    reason = snapper.candidates.dropped[-1].reason
                    yield LeftOut(f"shares {_shown(shares)} {cost_name(cost)}", reason)
                else:
                    known.add(found.member.id)
                    yield Point(
                        series=cost_name(cost),
                        member=replace(found.member, phi=None),
                        asked_cost=cost,
                        within=found.within,
                    )

        for cost in self.smaller:
            for shares in self.lattice_shares:
                try:
                    member = _shrunk(baseline, shares, cost)
                except InvalidInput as error:
                    yield LeftOut(f"shares {_shown(shares)} {cost_name(cost)}", str(error))
                    continue
                if member.id in known:
                    continue
                if shares_of(member) is None:
                    yield LeftOut(f"shares {_shown(shares)} {cost_name(cost)}", _NO_SHARES)
                else:
                    known.add(member.id)
                    yield Point(series=cost_name(cost), member=member, asked_cost=cost)
        for depth, width, pixels in self.networks:
            member = scale_by(
                baseline, depth_mult=depth, width_mult=width, resolution=round(pixels)
            )
            name = f"depth ×{depth:.3g}, width ×{width:.3g}, {pixels:.0f} px"
            if member.id in known:
                continue
            if shares_of(member) is None:
                yield LeftOut(name, _NO_SHARES)
            elif member.cost_ratio <= 1 and not self.smaller:
                yield LeftOut(name, "not above the baseline's cost, and no sweep.smaller= is asked")
            else:
                yield Point(series=_nearest([*self.costs, *self.smaller], member), member=member)

    def check(self, networks: Networks) -> None:
        costs = {point.series for point in networks.points}
        costs = costs.intersection(map(cost_name, self.costs))
        if len(costs) < COSTS_NEEDED:
            reasons = "; ".join(f"{out.what}: {out.reason}" for out in networks.left_out[:3])
            raise InvalidInput(
                f"networks are left at {len(costs)} of {len(self.costs)} costs, but a law needs "
                f"{COSTS_NEEDED}{f' ({reasons})' if reasons else ''}: give "
                + (
                    "other sweep.costs or a smaller baseline.resolution"
                    if self.lattice
                    else "the costs that the networks of sweep.studies= have, or a sweep.lattice="
                )
            )
        ratios = [member.cost_ratio for member in networks.members]
        _require_enough("sweep.costs", "larger", [ratio for ratio in ratios if ratio > 1])
        if self.smaller:
            smaller = [1 / ratio for ratio in ratios if ratio < 1]
            _require_enough("sweep.smaller", "smaller", smaller)

    def plan_remarks(self, networks: Networks) -> Sequence[str]:
        few = [
            f"{cost_name(cost)} has {count} networks"
            for cost in [*self.costs, *self.smaller]
            if (count := len({p.member.id for p in networks.points if p.series == cost_name(cost)}))
            < 6
        ]
        return [f"{', '.join(few)}; the bowl of a cost needs 6"] if few else []


def shares_of(member: FamilyMember) -> tuple[float, float, float] | None:
    """What each dimension got of the growth of a network as it is realised, or gave of what it
    shrank by: of all blocks, of all channels, of the pixels; of a user's own function its
    multipliers.

    None where one dimension grew and another shrank, or nothing changed.
    """
    depth, width = member.depth_mult, member.width_mult
    network, base = member.network, member.baseline.network(1, 1)
    if isinstance(network, Architecture) and isinstance(base, Architecture):
        depth = sum(network.repeats) / sum(base.repeats)
        width = sum(network.channels) / sum(base.channels)
    parts = np.log([depth, width, member.resolution_mult]) * [1, 2, 2]
    if abs(parts.sum()) < _LEAST or (parts.min() < -_LEAST and parts.max() > _LEAST):
        return None
    first, second, third = np.maximum(parts / parts.sum(), 0).tolist()
    return first, second, third


def _require_enough(setting: str, side: str, factors: Sequence[float]) -> None:
    """Raise InvalidInput where networks on one side of the baseline are too few for a law, or too
    near each other. factors: how many times larger or smaller they are."""
    least = math.exp(LEAST)
    able = [factor for factor in factors if factor >= least]
    if len(able) < FEWEST or max(able) / min(able) < least:
        told = f", by {min(able):.3g} to {max(able):.3g} times" if able else ""
        raise InvalidInput(
            f"{len(able)} networks are {side} than the baseline by {least:g} times or more{told}, "
            f"but a law needs {FEWEST}, and {least:g} times between the ends: give {setting}= "
            "farther from 1 and from each other, or a finer sweep.lattice="
        )


def _shrunk(baseline: Baseline, shares: tuple[float, float, float], cost: float) -> FamilyMember:
    """The largest network up to this cost below 1 that gives up these shares.

    Raises InvalidInput where there is none.
    """
    goal = base_member(baseline).amount * cost
    direction = Coefficients.from_shares(*shares)
    return replace(
        largest_within(baseline, direction, Bounds(((baseline.quantity, goal),))), phi=None
    )


def _shown(shares: Sequence[float]) -> str:
    return ", ".join(f"{share:.2f}" for share in shares)


def _is_size(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value <= 10_000


def _nearest(costs: Sequence[float], member: FamilyMember) -> str:
    """The series of a network of another study."""
    near = [cost for cost in costs if abs(math.log(member.cost_ratio / cost)) < _NEAR]
    return cost_name(near[0]) if near else OTHERS


def cost_name(cost: float) -> str:
    """The series of the networks of a cost."""
    return f"×{cost:g}"
