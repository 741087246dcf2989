"""Which networks a study of series trains, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaling_search.baselines import Baseline, FamilyMember, scale_by
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import CostConstraint, shell
from scaling_search.search.shell import DIMENSIONS
from scaling_search.series.settings import (
    Observation1Settings,
    Observation2Settings,
    SeriesSettings,
    SingleVsCompoundSettings,
)

#: The series that all scalings of a baseline start from.
UNSCALED = "baseline"
COMPOUND = "compound"


@dataclass(frozen=True)
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

    constraint: how near the cost must come that is asked for; its cost_ratio is not used.
    native_resolution: side of the images in pixels.
    Raises InvalidInput where fewer than two networks are left.
    """
    points: list[Point] = []
    left_out: list[LeftOut] = []
    for baseline in baselines:
        for point in _points(sweep, baseline, constraint):
            member = point.member
            name = f"{point.series} ×{member.cost_ratio:.3g}"
            if len(baselines) > 1:
                name = f"{point.baseline}, {name}"
            largest = getattr(sweep, "largest_cost", None)
            if member.resolution > native_resolution:
                reason = f"above the {native_resolution} px of the images"
                left_out.append(LeftOut(name, reason))
            elif largest is not None and member.cost_ratio > largest:
                left_out.append(
                    LeftOut(name, f"above sweep.largest_cost={largest:g} times the baseline")
                )
            else:
                points.append(point)
    # Rounding may bring two multipliers of a series to one network.
    distinct = {(p.baseline, p.series, p.asked_cost, p.member.id): p for p in points}
    networks = Networks(tuple(distinct.values()), tuple(left_out))
    if isinstance(sweep, Observation2Settings):
        _refuse_equal_series(networks)
    if len(networks.members) < 2:
        remedy = "more multipliers, a larger sweep.largest_cost or a smaller baseline.resolution"
        if isinstance(sweep, SingleVsCompoundSettings):
            remedy = "larger sweep.costs or a smaller baseline.resolution"
        raise InvalidInput(
            f"the networks left to compare are {len(networks.members)}, but must be two or more: "
            f"give {remedy}"
        )
    return networks


def _refuse_equal_series(networks: Networks) -> None:
    """Bases that rounding brings together would be compared with themselves."""
    series: dict[str, list[str]] = {}
    for point in networks.points:
        series.setdefault(point.series, []).append(point.member.id)
    named: dict[tuple[str, ...], str] = {}
    for name, ids in series.items():
        if (other := named.setdefault(tuple(ids), name)) != name:
            raise InvalidInput(
                f"sweep.bases has ({other}) and ({name}), which round to the same networks: leave "
                "one out or move them further apart"
            )


def _points(
    sweep: SeriesSettings, baseline: Baseline, constraint: CostConstraint
) -> Iterator[Point]:
    if isinstance(sweep, Observation1Settings):
        for name in DIMENSIONS:
            for mult in sorted({1.0, *getattr(sweep, name)}) if getattr(sweep, name) else ():
                yield Point(name, _scaled(baseline, **{name: mult}))
    elif isinstance(sweep, Observation2Settings):
        for depth, resolution in sweep.bases:
            for width in sweep.width:
                member = _scaled(baseline, depth=depth, width=width, resolution=resolution)
                yield Point(base_name(depth, resolution), member)
    elif isinstance(sweep, SingleVsCompoundSettings):
        yield Point(UNSCALED, _scaled(baseline), 1.0)
        for cost in sweep.costs:
            at = replace(constraint, cost_ratio=cost)
            yield from _at_equal_cost(baseline, at, sweep.compound)


def base_name(depth: float, resolution: float) -> str:
    """The name of a width series from a base of these multipliers."""
    return f"d={depth:g}, r={resolution:g}"


def _scaled(
    baseline: Baseline, depth: float = 1.0, width: float = 1.0, resolution: float = 1.0
) -> FamilyMember:
    pixels = baseline.round_resolution(resolution)
    return scale_by(baseline, depth_mult=depth, width_mult=width, resolution=pixels)


def _at_equal_cost(
    baseline: Baseline, constraint: CostConstraint, compound: Coefficients
) -> Iterator[Point]:
    """Each dimension alone and all of them together, as near to the cost as rounding allows."""
    place = shell(baseline, constraint)
    found = {name: place.along(name) for name in DIMENSIONS}
    shares = compound.shares()
    asked = Coefficients.from_shares(
        shares.depth, shares.width, shares.resolution, constraint.cost_ratio
    )
    try:
        found[COMPOUND] = place.nearest(asked)
    except InvalidInput:
        # Compared none the less, marked as outside the tolerance.
        found[COMPOUND] = place.closest(asked)
    for name, snapped in found.items():
        mults = (snapped.depth_mult, snapped.width_mult, snapped.resolution_mult)
        member = _scaled(baseline, *mults)
        yield Point(name, member, constraint.cost_ratio, constraint.allows(member.cost_ratio))
