"""The shell of equal cost: the realised networks whose cost is the one asked for.

Rounding leaves finitely many networks. For a baseline described as data all of them are listed and
priced in closed form; for a user's own function, which can only be asked, a network of the right
cost is looked for along the ray of constant shares.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines import ArchitectureBaseline, Baseline, FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS, Coefficients, price
from scaling_search.scaling.rounding import Floats, Ints
from scaling_search.search.constraint import CostConstraint, nothing_within
from scaling_search.search.distinct import distinct_depths, distinct_widths
from scaling_search.search.fair_pixels import FAIR, is_fair
from scaling_search.search.points import alone, log_point, scaled
from scaling_search.search.ray_shell import RayShell

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

#: The lowest multiplier that is listed: below 1, so that a point that rounds down can be seen to.
_LOWEST = 0.9
#: Pairs of a depth and a width that are listed at most: a few GiB.
_MOST = 2 * 10**7
#: Distances that differ by less are ties, which cost and then parameters decide.
_TIE = 1e-9


def shell(baseline: Baseline, constraint: CostConstraint, fair: bool = False) -> Shell:
    """The shell of a baseline at the cost that the constraint asks for.

    fair: only networks that pay as little for rounding maps up as any of the right cost; a search,
    whose surface knows the price of a pixel, wants all.
    A member that it gives is that of phi = 1: scaling the baseline by its multipliers gives it.
    """
    if isinstance(baseline, ArchitectureBaseline):
        return ListedShell(baseline, constraint, fair)
    return RayShell(baseline, constraint, fair)


class ListedShell:
    """Every network of an architecture baseline near the asked cost."""

    def __init__(
        self, baseline: ArchitectureBaseline, constraint: CostConstraint, fair: bool = False
    ) -> None:
        self._baseline = baseline
        self._constraint = constraint
        architecture, rounding = baseline.architecture, baseline.rounding
        # Stem and head do not deepen, so depth alone needs more than the whole cost ratio.
        reach = constraint.cost_ratio**1.5
        side = math.sqrt(reach)
        depths = distinct_depths(baseline, _LOWEST, reach)
        widths = distinct_widths(baseline, _LOWEST, side)
        pixels = np.arange(
            math.ceil(baseline.resolution * _LOWEST), math.floor(baseline.resolution * side) + 1
        )
        sizes = np.unique(
            np.r_[rounding.resolution(baseline.resolution, pixels / baseline.resolution)]
        )
        sizes = sizes / baseline.resolution
        base = price(architecture, baseline.resolution, rounding, [1.0], [1.0], [1.0]).macs[0]
        if len(depths) * len(widths) > _MOST:
            raise InvalidInput(
                f"{baseline.name} has {len(depths):,} depths and {len(widths):,} widths near "
                f"{constraint.cost_ratio:g} times its cost, too many to list: set "
                "baseline.channel_divisor=8 or more"
            )
        pairs = np.stack(np.meshgrid(depths, widths, indexing="ij"), -1).reshape(-1, 2)
        ones = np.ones(len(pairs))
        depth, width = pairs.T
        coarse = price(architecture, baseline.resolution, rounding, depth, width, ones).macs / base
        # Cost grows with the square of the resolution, but for maps that strides round up, by at
        # most a pixel of the smallest: only sizes so near the goal can have the right cost.
        wanted = np.sqrt(constraint.cost_ratio / coarse)[:, None]
        rounding_up = 1.2 * architecture.total_stride / baseline.resolution
        margin = 1 + min(0.25, rounding_up) + constraint.tolerance
        pair, size = np.nonzero((sizes > wanted / margin) & (sizes < wanted * margin))
        if not pair.size:
            raise InvalidInput(
                f"no network of {baseline.name} at {baseline.resolution} px costs about "
                f"{constraint.cost_ratio:g} times as much: its rounding steps over that. Set a "
                "larger baseline.resolution, or smaller divisors"
            )
        grid = np.column_stack([pairs[pair], sizes[size]])
        costs = price(architecture, baseline.resolution, rounding, *grid.T)
        self.multipliers: Floats = grid
        self.params: Ints = costs.params
        self.cost_ratios: Floats = costs.macs / base
        self._log_price: Floats = np.log(self.cost_ratios / coarse[pair] / sizes[size] ** 2)
        self._fair: NDArray[np.bool_] | None = None
        if fair:
            self._fair = np.array([is_fair(baseline, float(mult)) for mult in sizes])[size]
        self.within: NDArray[np.bool_] = (
            np.abs(self.cost_ratios / constraint.cost_ratio - 1) <= constraint.tolerance
        )

    def at_cost(self, asked: Coefficients) -> FamilyMember:
        """The network of the right cost nearest to the asked point.

        Raises InvalidInput, with the nearest cost there is, where no network has the right cost.
        """
        if not self.within.any():
            closest = self.cost_ratios[np.argmin(self._off)]
            raise InvalidInput(nothing_within(self._constraint, float(closest)))
        if self._fair is not None:
            return self._nearest(self._cheap(self._scaling(asked)), asked)
        choices, tree = self._tree
        point = log_point(np.array([asked.alpha, asked.beta, asked.gamma]))
        distance, _ = tree.query(point)
        near = tree.query_ball_point(point, distance + 2 * _TIE)
        return self._nearest(choices[near], asked)

    def nearest_cost(self, asked: Coefficients) -> FamilyMember:
        """The network of the nearest cost, be it outside the tolerance; the nearest of equals."""
        return self._nearest(np.flatnonzero(self._off == self._off.min()), asked)

    def along(self, dimension: str) -> FamilyMember:
        """The network nearest in cost that scales one of DIMENSIONS alone."""
        others = [i for i, name in enumerate(DIMENSIONS) if name != dimension]
        pure = (self.multipliers[:, others] == 1).all(axis=1)
        if (pure & self.within).any():
            goal = alone(dimension, self._constraint.cost_ratio)
            return self._nearest(self._cheap(np.flatnonzero(pure & self.within)), goal)
        choices = np.flatnonzero(pure)
        if not choices.size:
            raise InvalidInput(
                f"{dimension} alone has no network near {self._constraint.cost_ratio:g} times the "
                f"cost of {self._baseline.name}"
            )
        nearest = choices[self._off[choices] == self._off[choices].min()]
        nearest = self._cheap(nearest)
        return self._member(nearest[np.argmin(self.params[nearest])])

    def _scaling(self, asked: Coefficients) -> NDArray[np.intp]:
        """The networks within the tolerance; where there are any, those that scale all that is
        asked for: a network that leaves the resolution as it is pays nothing for it."""
        choices = np.flatnonzero(self.within)
        wanted = np.array([asked.alpha, asked.beta, asked.gamma]) > 1
        scaling = choices[(self.multipliers[choices][:, wanted] > 1).all(axis=1)]
        return scaling if scaling.size else choices

    def _cheap(self, choices: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where the shell is fair, those of them that pay nothing for rounding, else the least."""
        if self._fair is None:
            return choices
        price = self._log_price[choices]
        cheap = self._fair[choices]
        return choices[cheap if cheap.any() else price <= price.min() + FAIR]

    @cached_property
    def _off(self) -> Floats:
        """(networks,): distance in log cost from the goal; equal ones tie."""
        return np.abs(np.log(self.cost_ratios / self._constraint.cost_ratio)).round(9)

    @cached_property
    def _tree(self) -> tuple[NDArray[np.intp], cKDTree]:
        """The networks within the tolerance, and where they lie in the metric of the search.

        Of a large baseline there are a hundred thousand, too many to look through for each of
        thousands of asked points.
        """
        from scipy.spatial import cKDTree

        choices = np.flatnonzero(self.within)
        return choices, cKDTree(log_point(self.multipliers[choices]))

    def _nearest(self, choices: NDArray[np.intp], asked: Coefficients) -> FamilyMember:
        point = log_point(np.array([[asked.alpha, asked.beta, asked.gamma]]))
        distance = np.linalg.norm(log_point(self.multipliers[choices]) - point, axis=1)
        # Rounded, so that equal distances tie and cost, then params, decide.
        keys = (self.params[choices], self.cost_ratios[choices], distance.round(9))
        return self._member(choices[np.lexsort(keys)[0]])

    def _member(self, index: np.intp) -> FamilyMember:
        return replace(scaled(self._baseline, *self.multipliers[index].tolist()), phi=1.0)


Shell = ListedShell | RayShell
