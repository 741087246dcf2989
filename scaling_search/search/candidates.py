"""STEP 1's candidates: asked points, snapped to distinct networks of equal cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scaling_search.baselines import Baseline, FamilyMember, scale
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients
from scaling_search.search.shell import (
    DIMENSIONS,
    CostConstraint,
    Shell,
    Snapped,
    alone,
    nothing_within,
    shell,
)

#: Points that every study compares: name -> what it is.
MARKS = {
    "paper": "the paper's coefficients",
    "uniform": "equal shares",
    "depth": "depth alone",
    "width": "width alone",
    "resolution": "resolution alone",
}


@dataclass(frozen=True)
class Asked:
    """A proposed point; marked ones are named in MARKS."""

    coefficients: Coefficients
    mark: str = ""


@dataclass(frozen=True)
class Candidate:
    """One distinct network, the snapped coefficients that give it, and who asked for it."""

    member: FamilyMember
    coefficients: Coefficients
    asked: tuple[Asked, ...]
    #: Whether its cost lies within the tolerance; a marked point may have none that does.
    within: bool = True

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def macs(self) -> int:
        return self.member.cost.macs

    @property
    def resolution(self) -> int:
        return self.member.resolution

    @property
    def cost_ratio(self) -> float:
        return self.member.cost_ratio

    @property
    def pixel_price(self) -> float:
        return self.member.pixel_price

    @property
    def shares(self) -> tuple[float, float, float]:
        depth, width, resolution = self.coefficients.shares()
        return depth, width, resolution

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a.mark for a in self.asked if a.mark))


@dataclass(frozen=True)
class Dropped:
    """An asked point without a candidate, and why."""

    asked: Asked
    reason: str


@dataclass(frozen=True)
class Candidates:
    """What STEP 1 compares, in the order of first asking."""

    kept: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]


class Snapper:
    """Snaps asked points to networks; points with equal networks become one candidate.

    With constraint.on = nominal a point is not snapped but kept as it rounds, where its nominal
    cost is near enough.
    """

    def __init__(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> None:
        self._baseline = baseline
        self._constraint = constraint
        self._native_resolution = native_resolution
        self._shell = shell(baseline, constraint)
        self._found: dict[str, Candidate] = {}
        self._dropped: list[Dropped] = []

    @property
    def cost_ratio(self) -> float:
        """What candidates should cost, over the baseline."""
        return self._constraint.cost_ratio

    def try_snap(self, point: Asked) -> Candidate | None:
        """The candidate of a point; None where there is none, which is then listed as dropped."""
        try:
            snapped = _snap(point, self._baseline, self._constraint, self._shell)
            candidate = _candidate(
                point, snapped, self._baseline, self._constraint, self._native_resolution
            )
        except InvalidInput as error:
            self._dropped.append(Dropped(point, str(error)))
            return None
        known = self._found.get(candidate.id)
        if known is not None:
            candidate = replace(known, asked=(*known.asked, point))
        self._found[candidate.id] = candidate
        return candidate

    @property
    def candidates(self) -> Candidates:
        """All that was snapped so far."""
        return Candidates(tuple(self._found.values()), tuple(self._dropped))


def snap_all(
    asked: Sequence[Asked], baseline: Baseline, constraint: CostConstraint, native_resolution: int
) -> Candidates:
    """Snap the asked points. Raises InvalidInput where none has a network of the right cost."""
    snapper = Snapper(baseline, constraint, native_resolution)
    for point in asked:
        snapper.try_snap(point)
    found = snapper.candidates
    if not any(c.within for c in found.kept):
        if not found.kept:
            raise InvalidInput(found.dropped[0].reason)
        ratios = [c.cost_ratio for c in found.kept]
        closest = min(ratios, key=lambda ratio: abs(math.log(ratio / constraint.cost_ratio)))
        raise InvalidInput(nothing_within(constraint, closest))
    return found


def marked_points(cost_ratio: float) -> tuple[Asked, ...]:
    """The points of MARKS."""
    shares = PAPER.shares()
    third = 1 / 3
    return (
        Asked(Coefficients.from_shares(*shares, cost_ratio=cost_ratio), "paper"),
        Asked(Coefficients.from_shares(third, third, third, cost_ratio=cost_ratio), "uniform"),
        *(Asked(alone(name, cost_ratio), name) for name in DIMENSIONS),
    )


def _snap(point: Asked, baseline: Baseline, constraint: CostConstraint, realised: Shell) -> Snapped:
    if constraint.on == "realised":
        if point.mark in DIMENSIONS:
            return realised.along(point.mark)
        try:
            return realised.nearest(point.coefficients)
        except InvalidInput:
            if point.mark:
                # A marked point is always compared, at the nearest cost that it has.
                return realised.closest(point.coefficients)
            raise
    nominal = point.coefficients.nominal_cost_ratio
    if abs(nominal - constraint.cost_ratio) > constraint.tolerance:
        raise InvalidInput(
            f"its nominal cost {nominal:.4g} is further than {constraint.tolerance:g} from "
            f"{constraint.cost_ratio:g}"
        )
    member = scale(baseline, point.coefficients)
    return Snapped(*point.coefficients.multipliers(), member.cost_ratio)


def _candidate(
    point: Asked,
    snapped: Snapped,
    baseline: Baseline,
    constraint: CostConstraint,
    native_resolution: int,
) -> Candidate:
    below = [
        f"{name} multiplier {value:.3f}"
        for name, value in zip(
            DIMENSIONS, (snapped.depth_mult, snapped.width_mult, snapped.resolution_mult)
        )
        if value < 1
    ]
    if below:
        raise InvalidInput(f"the nearest network has the {' and '.join(below)}, below 1")
    coefficients = snapped.coefficients
    member = scale(baseline, coefficients)
    if member.resolution > native_resolution:
        raise InvalidInput(
            f"it needs {member.resolution} px, above the data's native {native_resolution} px"
        )
    within = constraint.on == "nominal" or constraint.allows(snapped.cost_ratio)
    return Candidate(member, coefficients, (point,), within)


def derive_gamma(alpha: float, beta: float, cost_ratio: float) -> float | None:
    """The gamma with alpha * beta^2 * gamma^2 = cost_ratio; None where it would be below 1."""
    gamma = math.sqrt(cost_ratio / (alpha * beta**2))
    # Grids are typed with two decimals, so a point on the edge may miss it by as much.
    if gamma < 0.99:
        return None
    return max(1.0, gamma)
