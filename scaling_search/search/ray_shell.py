"""Networks of equal cost of a user's own function, which can only be asked and counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from scaling_search.baselines import MACS, Baseline, FamilyMember, scale
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.scaling.rounding import Floats
from scaling_search.search.constraint import CostConstraint, in_what, nothing_within
from scaling_search.search.fair_pixels import fair_resolution
from scaling_search.search.points import alone, log_point, scaled

#: Factors by which one multiplier is changed in search of the right cost, the smallest first.
_STEPS = tuple(1 + sign * 0.02 * k for k in range(1, 8) for sign in (1, -1))


@dataclass(frozen=True)
class RayShell:
    """The networks of a user's own function: asked for and counted one at a time."""

    _baseline: Baseline
    _constraint: CostConstraint
    _fair: bool = False

    def at_cost(self, asked: Coefficients) -> FamilyMember:
        if asked.nominal_cost_ratio == 1:
            raise InvalidInput(
                f"{asked} adds no compute, so it has no direction: raise one of them"
            )
        if self._fair and (fair := self._at_fair_resolution(asked)) is not None:
            return fair
        on_ray = self.nearest_cost(asked)
        if self._constraint.allows(on_ray):
            return on_ray
        point = log_point(np.array([asked.alpha, asked.beta, asked.gamma]))
        if not self._plain:
            # What lies at the right cost on the ray, instead of what was asked for nominally.
            point = log_point(_multipliers(on_ray))
        # The steps of a small network jump over the right cost: try each dimension by itself.
        around = [self._moved(on_ray, i, step) for i in range(3) for step in _STEPS]

        def distance(member: FamilyMember) -> float:
            return round(float(np.linalg.norm(log_point(_multipliers(member)) - point)), 9)

        # How far they lie is known, what they cost is counted: the nearest first.
        for member in sorted(around, key=distance):
            if self._constraint.allows(member):
                return member
        raise InvalidInput(nothing_within(self._constraint, on_ray.cost_ratio))

    def nearest_cost(self, asked: Coefficients) -> FamilyMember:
        """The member along the ray of constant shares that is nearest in cost."""
        return self._followed(asked.nominal_cost_ratio, partial(scale, self._baseline, asked))

    def _at_fair_resolution(self, asked: Coefficients) -> FamilyMember | None:
        """At the nearest resolution that is cheap, depth and width along their own ray."""
        plain = replace(asked, gamma=1.0)
        resolution = fair_resolution(self._baseline, asked.gamma)
        left = self._constraint.cost_ratio / resolution**2
        if plain.nominal_cost_ratio == 1 or left <= 1:
            return None

        def member(distance: float) -> FamilyMember:
            depth, width, _ = plain.multipliers(distance)
            return scaled(self._baseline, depth, width, resolution)

        found = self._followed(plain.nominal_cost_ratio, member, left)
        return found if self._constraint.allows(found) else None

    def _followed(
        self, ratio: float, member_at: Callable[[float], FamilyMember], left: float | None = None
    ) -> FamilyMember:
        """Look along a ray for the goal; of all that was counted take the nearest in cost.

        ratio: nominal cost of a step of 1; left: that of the whole way, by default the goal. Each
        network costs a count, so what its cost is off the goal is gone by the nominal cost; the
        distance is halved only where that leads out of what is left.
        """
        goal, slope = self._constraint.cost_ratio, math.log(ratio)
        enough = 0.2 * self._constraint.tolerance
        distance = math.log(left or goal) / slope
        low, high = 0.0, (2.5 if self._plain else 8.0) * distance
        seen: list[tuple[float, float, FamilyMember]] = []
        known: list[tuple[float, float]] = []
        for _ in range(12):
            member = member_at(distance)
            off = math.log(member.cost_ratio / goal)
            seen.append((round(abs(off), 9), abs(math.log(distance)), replace(member, phi=1.0)))
            known.append((distance, off))
            low, high = (distance, high) if off < 0 else (low, distance)
            if min(abs(off), (high - low) * slope) < enough:
                break
            if not self._plain:
                slope = _slope(known, slope)
            nominal = distance - off / slope
            distance = nominal if low < nominal < high else (low + high) / 2
        return min(seen, key=lambda entry: entry[:2])[2]

    def along(self, dimension: str) -> FamilyMember:
        found = self.nearest_cost(alone(dimension, self._constraint.cost_ratio))
        if found.cost_ratio <= 1:
            # Parameters do not grow with the resolution.
            raise InvalidInput(
                f"{dimension} alone has no network near {self._constraint.cost_ratio:g} times the "
                f"cost of {self._baseline.name}{in_what(self._constraint)}"
            )
        while self._fair and dimension == "resolution":
            finer = self._baseline.round_resolution(found.resolution_mult) + 1
            mult = finer / self._baseline.round_resolution(1.0)
            other = replace(scaled(self._baseline, resolution=mult), phi=1.0)
            # More pixels for the same compute are free.
            if other.id == found.id or other.cost.macs > found.cost.macs:
                break
            found = other
        return found

    @property
    def _plain(self) -> bool:
        """Whether cost is counted in multiply-adds, which grow as the nominal cost does."""
        return self._baseline.quantity == MACS

    def _moved(self, start: FamilyMember, dimension: int, step: float) -> FamilyMember:
        mult = _multipliers(start)
        mult[dimension] *= step
        return replace(scaled(self._baseline, *mult.tolist()), phi=1.0)


def _slope(known: Sequence[tuple[float, float]], slope: float) -> float:
    """By how much the log cost grows with the distance, between the last two that were seen."""
    if len(known) < 2:
        return slope
    (before, was), (after, now) = known[-2:]
    seen = (now - was) / (after - before) if after != before else 0.0
    return seen if seen > 0 else slope


def _multipliers(member: FamilyMember) -> Floats:
    return np.array([member.depth_mult, member.width_mult, member.resolution_mult])
