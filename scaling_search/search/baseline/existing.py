"""An existing baseline brought to a cost, with which STEP 0's networks are compared."""

from __future__ import annotations

import math

from scaling_search.baselines import Baseline, FamilyMember, scale
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search.baseline.candidate import BaselineCandidate

#: All three dimensions grow or shrink alike: which should grow more is not known yet.
_EQUAL = Coefficients.from_shares(1 / 3, 1 / 3, 1 / 3, cost_ratio=2.0)
#: Halvings of the interval of phi, of 64 doublings at first.
_STEPS = 20


def bring_to_cost(baseline: Baseline, amount: float, native_resolution: int) -> BaselineCandidate:
    """The member of its evenly scaled family nearest to the cost, itself where that is near.

    Raises InvalidInput where it needs more pixels than the images have.
    """
    seen: dict[str, tuple[float, float, FamilyMember]] = {}

    def look(phi: float) -> float:
        member = scale(baseline, _EQUAL, phi)
        if not member.amount:
            return -math.inf
        off = math.log(member.amount / amount)
        seen.setdefault(member.id, (round(abs(off), 9), abs(phi), member))
        return off

    low, high = (0.0, 32.0) if look(0.0) < 0 else (-32.0, 0.0)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if look(middle) < 0 else (low, middle)
    able = [entry for entry in seen.values() if entry[2].resolution <= native_resolution]
    if not able:
        raise InvalidInput(
            f"{baseline.name} needs more than the {native_resolution} px of the images at "
            f"{baseline.quantity.told(amount)}: take it out of sweep.compare, or give a smaller "
            "baseline.resolution"
        )
    return BaselineCandidate(min(able, key=lambda entry: entry[:2])[2], baseline.name)
