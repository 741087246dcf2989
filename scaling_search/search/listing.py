"""Every realised network of an architecture baseline whose cost is near the one asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines import MACS, ArchitectureBaseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Grid
from scaling_search.scaling.rounding import Floats, Ints
from scaling_search.search.constraint import CostConstraint, in_what
from scaling_search.search.distinct import distinct_depths, distinct_widths

#: The lowest multiplier that is listed: below 1, so that a point that rounds down can be seen to.
_LOWEST = 0.9
#: Pairs of a depth and a width that are listed at most: a few GiB.
_MOST = 2 * 10**7
#: How far one dimension alone is followed, in nominal growth of multiply-adds, where the quantity
#: hardly grows with it: parameters do not with the resolution.
_FURTHEST = 16.0
#: Resolutions at which a quantity that does not grow with the pixels is looked at.
_ANCHORS = 8


@dataclass(frozen=True, eq=False)
class Listing:
    """n networks, those within the tolerance and some around them."""

    #: (n, 3): of depth, width and resolution; scaling the baseline by them gives the network.
    multipliers: Floats
    #: (n,): sizes over the baseline's.
    cost_ratios: Floats
    params: Ints
    #: (n,): whether they lie within the tolerance.
    within: NDArray[np.bool_]
    #: (n,): log of the multiply-adds per pixel over those at the baseline's resolution.
    log_pixel_price: Floats


def list_near(baseline: ArchitectureBaseline, constraint: CostConstraint) -> Listing:
    """The networks around constraint.cost_ratio. Raises InvalidInput where there are none."""
    depths, widths, sizes = _distinct(baseline, constraint)
    if len(depths) * len(widths) > _MOST:
        raise InvalidInput(
            f"{baseline.name} has {len(depths):,} depths and {len(widths):,} widths near "
            f"{constraint.cost_ratio:g} times its cost, too many to list: set "
            "baseline.channel_divisor=8 or more"
        )
    pairs = np.stack(np.meshgrid(depths, widths, indexing="ij"), -1).reshape(-1, 2)
    # Maps that strides round up add at most a pixel of the smallest: only networks so near the
    # goal can have the right cost.
    rounding_up = 1.2 * baseline.architecture.total_stride / baseline.resolution
    margin = 1 + min(0.25, rounding_up) + constraint.tolerance
    ratios = _ratios_at(baseline, pairs, sizes)
    pair, size = np.nonzero(
        (ratios > constraint.cost_ratio / margin**2) & (ratios < constraint.cost_ratio * margin**2)
    )
    if not pair.size:
        raise InvalidInput(
            f"no network of {baseline.name} at {baseline.resolution} px costs about "
            f"{constraint.cost_ratio:g} times as much{in_what(constraint)}: its rounding steps "
            "over that. Set a larger baseline.resolution, or smaller divisors"
        )
    multipliers = np.column_stack([pairs[pair], sizes[size]])
    grid = _grid(baseline, multipliers)
    macs = grid.counts("macs")
    coarse = _grid(baseline, _at_base(pairs)).counts("macs")
    base = _grid(baseline, np.ones((1, 3)))
    quantity = baseline.quantity
    cost_ratios = (macs if quantity == MACS else quantity.of_grid(grid)) / quantity.of_grid(base)
    off = np.abs(cost_ratios / constraint.cost_ratio - 1)
    within = off <= constraint.room(*quantity.log_se_of_grid(grid))
    price = macs / coarse[pair] / sizes[size] ** 2
    return Listing(multipliers, cost_ratios, grid.counts("params"), within, np.log(price))


def _distinct(
    baseline: ArchitectureBaseline, constraint: CostConstraint
) -> tuple[Floats, Floats, Floats]:
    """Multipliers of all depths, widths and resolutions that a network of the cost may have."""
    # Stem and head do not deepen, so depth alone needs more than the whole cost ratio.
    reach = constraint.cost_ratio**1.5
    ends = [reach, math.sqrt(reach), math.sqrt(reach)]
    if baseline.quantity != MACS:
        ends = [_reach(baseline, i, constraint.cost_ratio) for i in range(3)]
    depths = distinct_depths(baseline, _LOWEST, ends[0])
    widths = distinct_widths(baseline, _LOWEST, ends[1])
    size, rounding = baseline.resolution, baseline.rounding
    pixels = np.arange(math.ceil(size * _LOWEST), math.floor(size * ends[2]) + 1)
    sizes = np.unique(np.r_[rounding.resolution(size, pixels / size)])
    return depths, widths, sizes / size


def _reach(baseline: ArchitectureBaseline, dimension: int, cost_ratio: float) -> float:
    """The multiplier of one dimension alone that costs more than asked for, and a little more."""
    furthest = _FURTHEST if dimension == 0 else math.sqrt(_FURTHEST)
    multipliers = np.ones((60, 3))
    multipliers[:, dimension] = np.geomspace(1, furthest, 60)
    sizes = baseline.quantity.of_grid(_grid(baseline, multipliers))
    beyond = np.flatnonzero(sizes / sizes[0] > cost_ratio)
    first = multipliers[beyond[0], dimension] if beyond.size else furthest
    return float(min(1.25 * first, furthest))


def _ratios_at(baseline: ArchitectureBaseline, pairs: Floats, sizes: Floats) -> Floats:
    """(pairs, sizes): about the cost of each pair of depth and width at each resolution."""
    quantity = baseline.quantity
    base = quantity.of_grid(_grid(baseline, np.ones((1, 3))))[0]
    if quantity.by_pixels:
        coarse = quantity.of_grid(_grid(baseline, _at_base(pairs))) / base
        ratios: Floats = coarse[:, None] * sizes**2
        return ratios
    at = np.unique(np.linspace(0, len(sizes) - 1, _ANCHORS).round().astype(int))
    points = np.column_stack([np.repeat(pairs, len(at), axis=0), np.tile(sizes[at], len(pairs))])
    known = np.log(quantity.of_grid(_grid(baseline, points)) / base).reshape(len(pairs), len(at))
    # Linear in the log of the resolution between the two anchors around it.
    weights = np.array(
        [np.interp(np.log(sizes), np.log(sizes[at]), row) for row in np.eye(len(at))]
    )
    between: Floats = np.exp(known @ weights)
    return between


def _at_base(pairs: Floats) -> Floats:
    return np.column_stack([pairs, np.ones(len(pairs))])


def _grid(baseline: ArchitectureBaseline, multipliers: Floats) -> Grid:
    return Grid.of(baseline.architecture, baseline.resolution, baseline.rounding, *multipliers.T)
