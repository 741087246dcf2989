"""STEP 1's candidates: asked points, snapped to distinct networks of equal cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from scaling_search.baselines import UNBOUNDED, Baseline, Bounds, FamilyMember, scale
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.errors import InvalidInput
from scaling_search.metric import ERROR, Metric
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.scaling.coefficients import Shares
from scaling_search.search.constraint import NOMINAL, CostConstraint, nothing_within
from scaling_search.search.marks import Asked
from scaling_search.search.shell import shell


@dataclass(frozen=True)
class Candidate:
    """One distinct network, with the multipliers that give exactly it, and who asked for it."""

    member: FamilyMember
    asked: tuple[Asked, ...]
    #: Whether its cost lies within the tolerance; a marked point may have none that does.
    within: bool = True

    @property
    def coefficients(self) -> Coefficients:
        """The snapped coefficients: scaling the baseline by them gives the network."""
        member = self.member
        return Coefficients(member.depth_mult, member.width_mult, member.resolution_mult)

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
    def shares(self) -> Shares:
        return self.coefficients.shares()

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a.mark for a in self.asked if a.mark))


@dataclass(frozen=True)
class Dropped:
    """An asked point without a candidate, and why."""

    asked: Asked
    reason: str
    #: Whether its network exceeds a bound, so that the bound could be raised.
    beyond: bool = False


@dataclass(frozen=True)
class Candidates:
    """What STEP 1 compares, in the order of first asking."""

    kept: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class SearchSpace:
    """What can be asked for, and what a run costs."""

    baseline: Baseline
    constraint: CostConstraint
    #: Side of the images in pixels, above which no network is trained.
    native_resolution: int
    #: Epochs of a whole run.
    epochs: int
    train_images: int
    #: What is to be as low as it can be.
    metric: Metric = ERROR
    #: Whether seeds are compared in pairs.
    seeded: bool = True
    #: What no candidate may exceed.
    bounds: Bounds = UNBOUNDED

    @property
    def flops_per_mac(self) -> int:
        """Floating-point operations of an epoch for each multiply-add of a network."""
        return 6 * self.train_images

    def snapper(self) -> Snapper:
        """Snaps the points of a search."""
        return Snapper(self.baseline, self.constraint, self.native_resolution, bounds=self.bounds)

    def snap_all(self, asked: Sequence[Asked], dropped: Sequence[Dropped] = ()) -> Candidates:
        """Snap the asked points. Raises InvalidInput where none has a network of the right cost.

        dropped: points that were left out before, which come first among those that are.
        """
        snapper, constraint = self.snapper(), self.constraint
        for point in asked:
            snapper.try_snap(point)
        found = snapper.candidates
        if not any(c.within for c in found.kept):
            if not found.kept:
                raise InvalidInput(_why_none(found.dropped))
            ratios = [c.cost_ratio for c in found.kept]
            closest = min(ratios, key=lambda ratio: abs(math.log(ratio / constraint.cost_ratio)))
            raise InvalidInput(nothing_within(constraint, closest))
        return Candidates(found.kept, (*dropped, *found.dropped))


def _why_none(dropped: Sequence[Dropped]) -> str:
    """What is in the way of all of them."""
    beyond = [d.reason for d in dropped if d.beyond]
    if beyond:
        return f"no candidate keeps constraint.at_most: of the first one, {beyond[0]}: raise it"
    return dropped[0].reason


@dataclass
class Snapper:
    """Snaps asked points to networks; points with equal networks become one candidate.

    With constraint.on = nominal a point is not snapped but kept as it rounds, where its nominal
    cost is near enough.
    """

    baseline: Baseline
    constraint: CostConstraint
    native_resolution: int
    #: Of networks of the right cost take only those that pay the least for rounding maps up.
    fair: bool = False
    bounds: Bounds = UNBOUNDED
    _found: dict[str, Candidate] = field(default_factory=dict, init=False)
    _dropped: list[Dropped] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._shell = shell(self.baseline, self.constraint, self.fair)

    @property
    def cost_ratio(self) -> float:
        """What candidates should cost, over the baseline."""
        return self.constraint.cost_ratio

    def try_snap(self, point: Asked) -> Candidate | None:
        """The candidate of a point; None where there is none, which is then listed as dropped."""
        try:
            member = self._member(point)
            self._require_allowed(member)
        except MissingPrice:
            raise
        except InvalidInput as error:
            self._dropped.append(Dropped(point, str(error)))
            return None
        if broken := self.bounds.broken_by(member):
            self._dropped.append(Dropped(point, f"it has {broken}", beyond=True))
            return None
        nominal = self.constraint.on == NOMINAL
        within = nominal or self.constraint.allows(member)
        known = self._found.get(member.id, Candidate(member, (), within))
        candidate = replace(known, asked=(*known.asked, point))
        self._found[candidate.id] = candidate
        return candidate

    @property
    def candidates(self) -> Candidates:
        """All that was snapped so far."""
        return Candidates(tuple(self._found.values()), tuple(self._dropped))

    def _member(self, point: Asked) -> FamilyMember:
        if self.constraint.on == NOMINAL:
            return self._as_it_rounds(point.coefficients)
        if point.mark in DIMENSIONS:
            return self._shell.along(point.mark)
        try:
            return self._shell.at_cost(point.coefficients)
        except InvalidInput as error:
            if not point.mark or isinstance(error, MissingPrice):
                raise
            return self._shell.nearest_cost(point.coefficients)

    def _as_it_rounds(self, asked: Coefficients) -> FamilyMember:
        nominal, constraint = asked.nominal_cost_ratio, self.constraint
        if abs(nominal - constraint.cost_ratio) > constraint.tolerance:
            raise InvalidInput(
                f"its nominal cost {nominal:.4g} is further than {constraint.tolerance:g} from "
                f"{constraint.cost_ratio:g}"
            )
        return scale(self.baseline, asked)

    def _require_allowed(self, member: FamilyMember) -> None:
        multipliers = (member.depth_mult, member.width_mult, member.resolution_mult)
        below = [
            f"{name} multiplier {value:.3f}"
            for name, value in zip(DIMENSIONS, multipliers)
            if value < 1
        ]
        if below:
            raise InvalidInput(f"the nearest network has the {' and '.join(below)}, below 1")
        if member.resolution > self.native_resolution:
            raise InvalidInput(
                f"it needs {member.resolution} px, above the data's native "
                f"{self.native_resolution} px"
            )
