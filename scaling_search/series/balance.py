"""Is the baseline balanced? Networks of its own cost in which compute moves between dimensions.

At a balanced baseline no dimension buys more per doubling than the others, so no exchange of equal
cost lowers the error. Where one does, STEP 1 would measure the imbalance and not how to scale.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from scaling_search.baselines import ArchitectureBaseline, Baseline, FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS
from scaling_search.search import CostConstraint
from scaling_search.search.distinct import distinct_depths, distinct_widths
from scaling_search.search.fair_pixels import sizes_between
from scaling_search.search.points import scaled
from scaling_search.series.networks import LeftOut, Networks, Point
from scaling_search.series.settings import SeriesSettings

#: The series of the baseline itself.
UNCHANGED = "baseline"
#: By how much more than sweep.exchange a dimension may gain or lose where rounding asks for it.
_REACH = 1.6
#: Log cost by which the third dimension may make up for rounding.
_MENDING = 0.1
#: Multipliers at which a user's own function is asked for its networks, on each side of 1.
_ASKED = 24
#: Networks that are priced for an exchange before it is given up.
_PRICED = 200


@dataclass(frozen=True)
class BalanceSettings(SeriesSettings):
    """Is the baseline balanced? Compute moves from one dimension to another at equal cost."""

    READS: ClassVar[frozenset[str]] = frozenset({"constraint.tolerance"})
    INSTEAD: ClassVar[Mapping[str, str]] = {
        "constraint.cost_ratio": "all networks cost what the baseline does; set sweep.exchange="
    }

    kind: str = "balance"
    seeds: list[int] = field(default_factory=lambda: [0, 1, 2])
    #: The factor of cost that one dimension gains and another loses.
    exchange: float = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.exchange) and 1 < self.exchange <= 4):
            raise InvalidInput(
                f"sweep.exchange is {self.exchange!r}, but must be above 1 and at most 4: it is "
                "the factor of cost that one dimension gains and another loses"
            )

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """The baseline and its six directed exchanges."""
        yield Point(series=UNCHANGED, member=scaled(baseline), asked_cost=1.0)
        alone = {
            name: _alone(baseline, name, _REACH * self.exchange, native_resolution)
            for name in DIMENSIONS
        }
        for gains, loses in itertools.permutations(DIMENSIONS, 2):
            name = exchange_name(gains, loses)
            member, nearest = _exchanged(
                baseline, alone, gains, loses, self.exchange, constraint.tolerance
            )
            if member is not None:
                yield Point(series=name, member=member, asked_cost=1.0)
            else:
                yield LeftOut(name, _reason(nearest, constraint.tolerance, native_resolution))

    def check(self, networks: Networks) -> None:
        if len(networks.members) < 2:
            reasons = "; ".join(f"{out.what}: {out.reason}" for out in networks.left_out)
            raise InvalidInput(f"nothing can be exchanged at equal cost: {reasons}")


def exchange_name(gains: str, loses: str) -> str:
    """The name of a network in which `gains` has the compute that `loses` had."""
    return f"more {gains}, less {loses}"


@dataclass(frozen=True)
class _Alone:
    """One dimension scaled alone."""

    mult: float
    #: Log of its cost over the baseline's.
    log_cost: float
    #: Log of what it pays for a pixel.
    log_price: float


def _alone(baseline: Baseline, dimension: str, reach: float, native: int) -> list[_Alone]:
    """The distinct networks of a dimension alone, of 1 / reach to `reach` times the cost.

    What changes without a change of cost moves no compute, and is left out.
    """
    found: dict[str, _Alone] = {}
    for mult in _multipliers(baseline, dimension, reach, native):
        member = scaled(baseline, **{dimension: mult})
        log_cost = math.log(member.cost_ratio)
        if 1e-6 < abs(log_cost) <= math.log(reach):
            one = _Alone(mult, log_cost, math.log(member.pixel_price))
            found.setdefault(member.id, one)
    return list(found.values())


def _multipliers(baseline: Baseline, dimension: str, reach: float, native: int) -> list[float]:
    """Multipliers that may give networks of 1 / reach to `reach` times the cost, the lowest first.

    Of an architecture they are known; a function is asked at even steps.
    """
    if dimension == "resolution":
        size, most = baseline.round_resolution(1.0), math.sqrt(reach)
        sizes = sizes_between(baseline, 1 / most, most)
        return [pixels / size for pixels in sizes if pixels <= native]
    # Stem and head do not deepen, so depth alone needs more than the whole factor.
    most = reach**1.5 if dimension == "depth" else math.sqrt(reach)
    if isinstance(baseline, ArchitectureBaseline):
        distinct = distinct_depths if dimension == "depth" else distinct_widths
        return [float(mult) for mult in distinct(baseline, 1 / most, most)]
    return [float(mult) for mult in np.geomspace(1 / most, most, 2 * _ASKED + 1)]


def _exchanged(
    baseline: Baseline,
    alone: Mapping[str, list[_Alone]],
    gains: str,
    loses: str,
    exchange: float,
    tolerance: float,
) -> tuple[FamilyMember | None, float | None]:
    """The network of the baseline's cost nearest to the exchange; else None and, where there is
    any, the nearest cost.

    Near in log cost: what the two gain and lose alone against the factor, what the third changes to
    make up for rounding, and what goes into rounding maps up, which none of them gets.
    """
    (third,) = set(DIMENSIONS) - {gains, loses}
    goal = math.log(exchange)
    kept = _Alone(1.0, 0.0, 0.0)
    choices: list[tuple[float, dict[str, float]]] = []
    for gain, loss, other in itertools.product(
        (one for one in alone[gains] if one.log_cost > 0),
        (one for one in alone[loses] if one.log_cost < 0),
        (kept, *(one for one in alone[third] if abs(one.log_cost) <= _MENDING)),
    ):
        price = gain.log_price + loss.log_price + other.log_price
        parts = (gain.log_cost - goal, loss.log_cost + goal, other.log_cost, price)
        expected = gain.log_cost + loss.log_cost + other.log_cost
        mults = {gains: gain.mult, loses: loss.mult, third: other.mult}
        # Dimensions multiply nearly exactly: only stem and head do not take part.
        if abs(expected) <= 2 * tolerance + 0.05:
            choices.append((round(math.hypot(*parts), 9), mults))
    choices.sort(key=lambda choice: choice[0])
    nearest: float | None = None
    for _, mults in choices[:_PRICED]:
        member = scaled(baseline, **mults)
        if abs(member.cost_ratio - 1) <= tolerance:
            return member, member.cost_ratio
        if nearest is None or abs(math.log(member.cost_ratio)) < abs(math.log(nearest)):
            nearest = member.cost_ratio
    return None, nearest


def _reason(nearest: float | None, tolerance: float, native: int) -> str:
    """Why there is no network of an exchange."""
    if nearest is None:
        return f"rounding and the {native} px of the images leave no network near that cost"
    off = math.ceil(1000 * abs(nearest - 1) + 0.5) / 1000
    return (
        f"no network costs what the baseline does within {100 * tolerance:.3g} %; the nearest "
        f"costs {nearest:.4g} times as much: set constraint.tolerance={off:g}, or another "
        "sweep.exchange"
    )
