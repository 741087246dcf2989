"""Which networks a study of series trains, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaling_search.baselines import Baseline, FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.search import CostConstraint

if TYPE_CHECKING:
    from scaling_search.series.settings import SeriesSettings


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network as part of a series; several series may share one."""

    series: str
    member: FamilyMember
    #: The cost over the baseline's that was asked for; None where multipliers were.
    asked_cost: float | None = None
    #: Whether the realised cost lies within the tolerance of the one asked for.
    within: bool = True

    @property
    def baseline(self) -> str:
        """Name of the baseline."""
        return self.member.baseline.name

    @property
    def phi(self) -> float:
        """Doublings of cost, by which a recipe's regularisation grows."""
        if self.member.phi is not None:
            return self.member.phi
        if self.asked_cost is not None:
            return math.log2(self.asked_cost)
        return self.member.effective_phi


@dataclass(frozen=True)
class LeftOut:
    """A network that is not trained, and why."""

    #: Its series and its cost over the baseline's.
    what: str
    reason: str


@dataclass(frozen=True)
class Networks:
    """All points of a study of series, in the order of its settings."""

    points: tuple[Point, ...]
    left_out: tuple[LeftOut, ...]
    #: Of each network by its id, multiply-adds per pixel over those at the baseline's resolution.
    pixel_price: Mapping[str, float]

    @property
    def members(self) -> tuple[FamilyMember, ...]:
        """The distinct networks."""
        return tuple({point.member.id: point.member for point in self.points}.values())


def list_networks(
    sweep: SeriesSettings,
    baselines: Sequence[Baseline],
    constraint: CostConstraint,
    native_resolution: int,
) -> Networks:
    """The networks of every series; those that the data or the settings do not allow are left out.

    Arguments as of SeriesSettings.points. Raises InvalidInput where fewer than two are left.
    """
    points: list[Point] = []
    left_out: list[LeftOut] = []
    for baseline in baselines:
        prefix = f"{baseline.name}, " if len(baselines) > 1 else ""
        for found in sweep.points(baseline, constraint, native_resolution):
            if isinstance(found, LeftOut):
                left_out.append(LeftOut(prefix + found.what, found.reason))
                continue
            member = found.member
            name = f"{prefix}{found.series} ×{member.cost_ratio:.3g}"
            if member.resolution > native_resolution:
                reason = f"above the {native_resolution} px of the images"
                left_out.append(LeftOut(name, reason))
            elif sweep.largest_cost is not None and member.cost_ratio > sweep.largest_cost:
                reason = f"above sweep.largest_cost={sweep.largest_cost:g} times the baseline"
                left_out.append(LeftOut(name, reason))
            else:
                points.append(found)
    # Rounding may bring two multipliers of a series to one network.
    distinct = {(p.baseline, p.series, p.asked_cost, p.member.id): p for p in points}
    # Asked now, so that networks.csv holds all that a report will want of an own network.
    price = {point.member.id: point.member.pixel_price for point in distinct.values()}
    networks = Networks(tuple(distinct.values()), tuple(left_out), price)
    sweep.check(networks)
    if len(networks.members) < 2:
        raise InvalidInput(
            f"the networks left to compare are {len(networks.members)}, but must be two or more: "
            "give more multipliers, a larger sweep.largest_cost or a smaller baseline.resolution"
        )
    return networks
