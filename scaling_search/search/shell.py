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

from scaling_search.baselines import MACS, ArchitectureBaseline, Baseline, FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.scaling.rounding import Floats, Ints
from scaling_search.search.constraint import CostConstraint, in_what, nothing_within
from scaling_search.search.fair_pixels import FAIR, is_fair
from scaling_search.search.listing import list_near
from scaling_search.search.points import alone, log_point, scaled
from scaling_search.search.ray_shell import RayShell

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

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
        listing = list_near(baseline, constraint)
        self._baseline = baseline
        self._constraint = constraint
        self.multipliers: Floats = listing.multipliers
        self.params: Ints = listing.params
        self.cost_ratios: Floats = listing.cost_ratios
        self._log_price: Floats = listing.log_pixel_price
        self._fair: NDArray[np.bool_] | None = None
        if fair:
            sizes, size = np.unique(self.multipliers[:, 2], return_inverse=True)
            self._fair = np.array([is_fair(baseline, float(mult)) for mult in sizes])[size]
        self.within: NDArray[np.bool_] = listing.within

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
        point = self._points(np.array([[asked.alpha, asked.beta, asked.gamma]]))[0]
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
                f"cost of {self._baseline.name}{in_what(self._constraint)}"
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
        return choices, cKDTree(self._points(self.multipliers[choices]))

    def _points(self, multipliers: Floats) -> Floats:
        """(n, 3): where networks lie in the metric of the search.

        Networks of equal multiply-adds lie on a plane, those of another equal quantity do not: of
        them the shares count, which are the direction in which they lie from the baseline.
        """
        points = log_point(multipliers)
        if self._baseline.quantity == MACS:
            return points
        total = points.sum(axis=1, keepdims=True)
        growing = np.where(total > 0, total, np.inf)
        scaled_points: Floats = points / growing * math.log(self._constraint.cost_ratio)
        return scaled_points

    def _nearest(self, choices: NDArray[np.intp], asked: Coefficients) -> FamilyMember:
        point = self._points(np.array([[asked.alpha, asked.beta, asked.gamma]]))
        distance = np.linalg.norm(self._points(self.multipliers[choices]) - point, axis=1)
        # Rounded, so that equal distances tie and cost, then params, decide.
        keys = (self.params[choices], self.cost_ratios[choices], distance.round(9))
        return self._member(choices[np.lexsort(keys)[0]])

    def _member(self, index: np.intp) -> FamilyMember:
        return replace(scaled(self._baseline, *self.multipliers[index].tolist()), phi=1.0)


Shell = ListedShell | RayShell
