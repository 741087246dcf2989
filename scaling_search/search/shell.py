"""The shell of equal cost: the realised networks whose cost is the one asked for.

Rounding leaves finitely many networks. For a baseline described as data all of them are listed and
priced in closed form; for a user's own function, which can only be asked, a network of the right
cost is looked for along the ray of constant shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines import (
    ArchitectureBaseline,
    Baseline,
    FamilyMember,
    scale,
    scale_by,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients, price
from scaling_search.scaling.rounding import Floats, Ints

#: The lowest multiplier that is listed: below 1, so that a point that rounds down can be seen to.
_LOWEST = 0.9


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
                f"constraint.tolerance is {self.tolerance!r}, but must lie between 0 and 1"
            )

    def allows(self, cost_ratio: float) -> bool:
        """Whether a realised cost ratio lies within the tolerance."""
        return abs(cost_ratio / self.cost_ratio - 1) <= self.tolerance


@dataclass(frozen=True)
class Snapped:
    """The network that an asked point came to, as the multipliers that give exactly it."""

    depth_mult: float
    width_mult: float
    resolution_mult: float
    cost_ratio: float

    @property
    def point(self) -> Floats:
        """The three multipliers, (3,)."""
        return np.array([self.depth_mult, self.width_mult, self.resolution_mult])

    @property
    def coefficients(self) -> Coefficients:
        """The snapped coefficients; raises InvalidInput where a multiplier is below 1."""
        return Coefficients(self.depth_mult, self.width_mult, self.resolution_mult)


class Shell(Protocol):
    """Where asked coefficients find their realised network."""

    def nearest(self, asked: Coefficients) -> Snapped:
        """The network of the right cost nearest to the asked point.

        Raises InvalidInput, with the nearest cost there is, where no network has the right cost.
        """
        ...

    def along(self, dimension: str) -> Snapped:
        """The network nearest in cost that scales `dimension` (depth, width, resolution) alone."""
        ...

    def closest(self, asked: Coefficients) -> Snapped:
        """The network of the nearest cost, be it outside the tolerance; the nearest of equals."""
        ...


def shell(baseline: Baseline, constraint: CostConstraint) -> Shell:
    """The shell of a baseline at the cost that the constraint asks for."""
    if isinstance(baseline, ArchitectureBaseline):
        return ListedShell(baseline, constraint)
    return RayShell(baseline, constraint)


class ListedShell:
    """Every network of an architecture baseline near the asked cost."""

    def __init__(self, baseline: ArchitectureBaseline, constraint: CostConstraint) -> None:
        self.constraint = constraint
        architecture, rounding = baseline.architecture, baseline.rounding
        # Stem and head do not deepen, so depth alone needs more than the whole cost ratio.
        reach = constraint.cost_ratio**1.5
        side = math.sqrt(reach)
        depths = _cells(
            rounding.depth_changes(architecture.repeats, _LOWEST, reach),
            lambda mult: rounding.repeats(architecture.repeats, mult),
            reach,
        )
        widths = _cells(
            rounding.width_changes(architecture.channels, _LOWEST, side),
            lambda mult: rounding.channels(architecture.channels, mult),
            side,
        )
        pixels = np.arange(
            math.ceil(baseline.resolution * _LOWEST), math.floor(baseline.resolution * side) + 1
        )
        sizes = np.unique(
            np.r_[rounding.resolution(baseline.resolution, pixels / baseline.resolution)]
        )
        sizes = np.union1d(sizes, [baseline.resolution]) / baseline.resolution
        base = price(architecture, baseline.resolution, rounding, [1.0], [1.0], [1.0]).macs[0]
        pairs = np.stack(np.meshgrid(depths, widths, indexing="ij"), -1).reshape(-1, 2)
        ones = np.ones(len(pairs))
        depth, width = pairs.T
        coarse = price(architecture, baseline.resolution, rounding, depth, width, ones).macs / base
        # Cost grows about with the square of the resolution, so only those near the goal matter.
        wanted = np.sqrt(constraint.cost_ratio / coarse)[:, None]
        margin = 1.25 + constraint.tolerance
        pair, size = np.nonzero((sizes > wanted / margin) & (sizes < wanted * margin))
        grid = np.column_stack([pairs[pair], sizes[size]])
        self._baseline = baseline
        if not len(grid):
            raise InvalidInput(self._no_network("that is scaled"))
        costs = price(architecture, baseline.resolution, rounding, *grid.T)
        self.multipliers: Floats = grid
        self.params: Ints = costs.params
        self.cost_ratios: Floats = costs.macs / base
        self.within: NDArray[np.bool_] = (
            np.abs(self.cost_ratios / constraint.cost_ratio - 1) <= constraint.tolerance
        )

    def nearest(self, asked: Coefficients) -> Snapped:
        if not self.within.any():
            closest = self.cost_ratios[np.argmin(np.abs(np.log(self.cost_ratios / self._goal)))]
            raise InvalidInput(nothing_within(self.constraint, float(closest)))
        return self._nearest(self.within, asked)

    def along(self, dimension: str) -> Snapped:
        others = [i for i, name in enumerate(DIMENSIONS) if name != dimension]
        pure = (self.multipliers[:, others] == 1).all(axis=1)
        if (pure & self.within).any():
            return self._nearest(pure & self.within, alone(dimension, self._goal))
        choices = np.flatnonzero(pure)
        if not len(choices):
            raise InvalidInput(self._no_network(f"that scales {dimension} alone"))
        off = np.abs(np.log(self.cost_ratios[choices] / self._goal)).round(9)
        return self._snapped(choices[np.lexsort((self.params[choices], off))[0]])

    def closest(self, asked: Coefficients) -> Snapped:
        off = np.abs(np.log(self.cost_ratios / self._goal)).round(9)
        return self._nearest(off == off.min(), asked)

    def _nearest(self, allowed: NDArray[np.bool_], asked: Coefficients) -> Snapped:
        point = _log_point(np.array([[asked.alpha, asked.beta, asked.gamma]]))
        choices = np.flatnonzero(allowed)
        distance = np.linalg.norm(_log_point(self.multipliers[choices]) - point, axis=1)
        # Rounded, so that equal distances tie and cost, then params, decide.
        keys = (self.params[choices], self.cost_ratios[choices], distance.round(9))
        return self._snapped(choices[np.lexsort(keys)[0]])

    @property
    def _goal(self) -> float:
        return self.constraint.cost_ratio

    def _no_network(self, which: str) -> str:
        return (
            f"{self._baseline.name} at {self._baseline.resolution} px has no network {which} and "
            f"costs about {self._goal:g} times as much, so coarsely is it rounded: take another "
            "baseline.resolution, or smaller divisors"
        )

    def _snapped(self, index: np.intp) -> Snapped:
        depth, width, resolution = (float(v) for v in self.multipliers[index])
        return Snapped(depth, width, resolution, float(self.cost_ratios[index]))


class RayShell:
    """The networks of a user's own function: asked for and counted one at a time."""

    def __init__(self, baseline: Baseline, constraint: CostConstraint) -> None:
        self.baseline = baseline
        self.constraint = constraint

    def nearest(self, asked: Coefficients) -> Snapped:
        if asked.nominal_cost_ratio == 1:
            raise InvalidInput(
                f"{asked} adds no compute, so it has no direction: raise one of them"
            )
        on_ray = self._on_ray(asked)
        if self.constraint.allows(on_ray.cost_ratio):
            return on_ray
        point = _log_point(np.array([asked.alpha, asked.beta, asked.gamma]))
        # The steps of a small network jump over the right cost: try each dimension by itself.
        around = [self._moved(on_ray, i, step) for i in range(3) for step in _STEPS]
        within = [s for s in around if self.constraint.allows(s.cost_ratio)]
        if not within:
            raise InvalidInput(nothing_within(self.constraint, on_ray.cost_ratio))
        return min(
            within, key=lambda s: round(float(np.linalg.norm(_log_point(s.point) - point)), 9)
        )

    def along(self, dimension: str) -> Snapped:
        return self._on_ray(alone(dimension, self.constraint.cost_ratio))

    def closest(self, asked: Coefficients) -> Snapped:
        return self._on_ray(asked)

    def _on_ray(self, asked: Coefficients) -> Snapped:
        """Bisect the distance along the ray; of all that was counted take the nearest in cost."""
        goal = self.constraint.cost_ratio
        distance = math.log(goal) / math.log(asked.nominal_cost_ratio)
        low, high = 0.0, 2.5 * distance
        seen: list[tuple[float, float, Snapped]] = []
        for _ in range(12):
            member = scale(self.baseline, asked, distance)
            off = abs(math.log(member.cost_ratio / goal))
            seen.append((round(off, 9), abs(math.log(distance)), _as_snapped(member)))
            if off < 0.2 * self.constraint.tolerance:
                break
            low, high = (distance, high) if member.cost_ratio < goal else (low, distance)
            distance = (low + high) / 2
        return min(seen, key=lambda entry: entry[:2])[2]

    def _moved(self, start: Snapped, dimension: int, step: float) -> Snapped:
        mult = start.point
        mult[dimension] *= step
        resolution = self.baseline.round_resolution(mult[2])
        member = scale_by(
            self.baseline, depth_mult=mult[0], width_mult=mult[1], resolution=resolution
        )
        return _as_snapped(member)


#: Factors by which one multiplier is changed in search of the right cost, the smallest first.
_STEPS = tuple(1 + sign * 0.02 * k for k in range(1, 8) for sign in (1, -1))


def _as_snapped(member: FamilyMember) -> Snapped:
    return Snapped(member.depth_mult, member.width_mult, member.resolution_mult, member.cost_ratio)


DIMENSIONS = ("depth", "width", "resolution")


def alone(dimension: str, cost_ratio: float) -> Coefficients:
    """The coefficients that spend the whole budget on one dimension."""
    depth, width, resolution = (float(name == dimension) for name in DIMENSIONS)
    return Coefficients.from_shares(depth, width, resolution, cost_ratio)


def _cells(changes: Floats, realise: Callable[[Floats], Ints], high: float) -> Floats:
    """One multiplier for each distinct outcome of a rounding between _LOWEST and `high`.

    It is the realised ratio of the sums where scaling by that gives the outcome back, so that
    multipliers read as what they do, and else the geometric middle of the outcome's interval.
    """
    edges = np.r_[_LOWEST, changes, high]
    middles = np.sqrt(edges[:-1] * edges[1:])
    base = realise(np.array([1.0]))[0]
    chosen: dict[tuple[int, ...], float] = {}
    for middle, row in zip(middles, realise(middles)):
        outcome = tuple(int(v) for v in row)
        ratio = sum(outcome) / int(base.sum())
        exact = tuple(int(v) for v in realise(np.array([ratio]))[0]) == outcome
        chosen.setdefault(outcome, ratio if exact else float(middle))
    chosen[tuple(int(v) for v in base)] = 1.0
    return np.array(sorted(chosen.values()))


def _log_point(multipliers: Floats) -> Floats:
    """(..., 3) multipliers in the metric of the search: log alpha, 2 log beta, 2 log gamma."""
    point: Floats = np.log(multipliers) * np.array([1.0, 2.0, 2.0])
    return point


def nothing_within(constraint: CostConstraint, closest: float) -> str:
    """What to say where no network has the right cost; `closest` is the nearest cost ratio."""
    off = abs(closest / constraint.cost_ratio - 1)
    return (
        f"no network costs {constraint.cost_ratio:g} times the baseline within "
        f"{constraint.tolerance:.1%}; the nearest costs {closest:.4g} times: "
        f"set constraint.tolerance={math.ceil(1000 * off + 0.5) / 1000:g} "
        f"or constraint.cost_ratio={closest:.4g}"
    )
