"""The largest network that a budget of multiply-adds allows."""

from __future__ import annotations

import math
from collections.abc import Callable

from scaling_search.baselines.baseline import Baseline, FamilyMember, scale
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.errors import InvalidInput, positive_number
from scaling_search.scaling import Coefficients

#: No network is looked for beyond this many doublings of either sign.
_FURTHEST_PHI = 64.0


def solve_phi(baseline: Baseline, coefficients: Coefficients, macs: float) -> FamilyMember:
    """The largest family member with at most `macs` multiply-adds, at the smallest phi giving it.

    Realised cost climbs in steps as phi grows, so many phi share one member; the smallest network
    of all is given at the largest phi that gives it. Raises InvalidInput where the coefficients add
    no compute or even the smallest network costs more.
    """
    positive_number("macs", macs)
    if coefficients.nominal_cost_ratio == 1:
        raise InvalidInput(f"{coefficients} adds no compute, so phi has no meaning: raise one")
    doublings = math.log2(coefficients.nominal_cost_ratio)
    low, high = -_FURTHEST_PHI / doublings, 1.0

    def at(phi: float) -> FamilyMember:
        return scale(baseline, coefficients, phi)

    low = _lowest(at, low)
    smallest = at(low)
    if smallest.cost.macs > macs:
        raise InvalidInput(
            f"macs is {macs:g}, but the smallest network of {baseline.name} costs "
            f"{smallest.cost.macs:,}: give at least that"
        )
    while at(high).cost.macs <= macs:
        high *= 2
        if high * doublings > _FURTHEST_PHI:
            raise InvalidInput(f"macs is {macs:g}, more than any network that can be described")
    within, _ = _boundary(low, high, lambda phi: at(phi).cost.macs <= macs)
    member = at(within)
    if smallest.id == member.id:
        return member
    _, first = _boundary(low, within, lambda phi: at(phi).id != member.id)
    return at(first)


def _lowest(at: Callable[[float], FamilyMember], low: float) -> float:
    """`low`, or about the smallest phi up to 0 at which there is a network.

    Functions need not have one at next to no depth, width and resolution.
    """

    def is_there(phi: float) -> bool:
        try:
            return at(phi).cost.macs >= 0
        except MissingPrice:
            raise
        except InvalidInput:
            return False

    none = low
    while low < -0.1 and not is_there(low):
        none, low = low, low / 2
    if low >= -0.1:
        return 0.0
    for _ in range(4):
        middle = (none + low) / 2
        none, low = (none, middle) if is_there(middle) else (middle, low)
    return low


def _boundary(low: float, high: float, holds: Callable[[float], bool]) -> tuple[float, float]:
    """Neighbouring floats between which `holds` turns from true (at low) to false (at high)."""
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return low, high
        if holds(middle):
            low = middle
        else:
            high = middle
