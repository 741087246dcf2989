"""The largest network that budgets allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from scaling_search.baselines.baseline import Baseline, FamilyMember, OwnBaseline, scale
from scaling_search.baselines.measurements import Measurements
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.baselines.pricing import Pricing
from scaling_search.baselines.quantity import Bounds
from scaling_search.errors import InvalidInput
from scaling_search.scaling import MemorySetup, ScalingRule

#: No network is looked for beyond this many doublings of either sign.
_FURTHEST_PHI = 64.0


def largest_within(baseline: Baseline, coefficients: ScalingRule, bounds: Bounds) -> FamilyMember:
    """The largest family member that keeps all bounds, at the smallest phi giving it.

    Realised cost climbs in steps as phi grows, so many phi share one member; the smallest network
    of all is given at the largest phi that gives it. A predicted latency need not climb all the
    way: then it is a member behind which one is beyond. Raises InvalidInput where the coefficients
    add no compute or even the smallest network is beyond a bound.
    """
    if coefficients.nominal_cost_ratio == 1:
        raise InvalidInput(f"{coefficients} adds no compute, so phi has no meaning: raise one")
    doublings = math.log2(coefficients.nominal_cost_ratio)
    low, high = -_FURTHEST_PHI / doublings, 1.0

    def at(phi: float) -> FamilyMember:
        return scale(baseline, coefficients, phi)

    low = _lowest(at, low)
    smallest = at(low)
    if broken := bounds.broken_by(smallest):
        raise InvalidInput(
            f"even the smallest network of {baseline.name} has {broken}: give at least that"
        )
    while not bounds.broken_by(at(high)):
        high *= 2
        if high * doublings > _FURTHEST_PHI:
            limits = " and ".join(q.text(limit) for q, limit in bounds.limits)
            raise InvalidInput(f"{limits}: more than any network that can be described has")
    within, _ = _boundary(low, high, lambda phi: not bounds.broken_by(at(phi)))
    member = at(within)
    if smallest.id == member.id:
        return member
    _, first = _boundary(low, within, lambda phi: at(phi).id != member.id)
    return at(first)


def solve_phi(
    baseline: Baseline,
    coefficients: ScalingRule,
    macs: float | str | None = None,
    *,
    params: float | str | None = None,
    activations: float | str | None = None,
    memory: float | str | None = None,
    latency: float | str | None = None,
    throughput: float | str | None = None,
    setup: MemorySetup | None = None,
    batch_size: int | None = None,
    measurements: Sequence[str | Path] = (),
) -> FamilyMember:
    """The largest family member within all given budgets, at the smallest phi that gives it.

    Budgets are numbers or text such as "600M", "8GiB" and "12ms"; throughput, in images a second,
    is the least. setup: what memory is asked for; by default that of a training step of 64 images.
    measurements: files of `python -m scaling_search.measure`, for latency (batch_size 1 unless
    given) and throughput (the largest measured one). Raises InvalidInput where no budget is given,
    where one is no number above 0, where measurements are missing or of another baseline, or where
    even the smallest network is beyond a budget.
    """
    given = {
        "macs": macs,
        "params": params,
        "activations": activations,
        "memory": memory,
        "latency": latency,
        "throughput": throughput,
    }
    at_most = {name: value for name, value in given.items() if value is not None}
    if not at_most:
        raise InvalidInput(f"solve_phi has no budget: give one of {', '.join(given)}")
    drawn = tuple(Measurements.read(path) for path in measurements)
    for one in drawn:
        one.model(baseline)
    if isinstance(baseline, OwnBaseline):
        # What was counted of its memory may be that of another setup.
        others = {key: priced._replace(memory=0) for key, priced in baseline.counted.items()}
        baseline = replace(baseline, counted=others)
    pricing = Pricing(setup or MemorySetup(), batch_size, drawn)
    return largest_within(baseline, coefficients, pricing.bounds(at_most, ""))


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
