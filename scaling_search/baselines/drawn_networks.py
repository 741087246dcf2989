"""Networks around a baseline that fill the space of its multipliers: what a model is fitted to."""

from __future__ import annotations

import math

import numpy as np

from scaling_search.baselines.baseline import Baseline, FamilyMember, scale_by
from scaling_search.errors import InvalidInput, finite_number, whole_number

#: The lowest multiplier.
_LOWEST = 0.9
#: The largest reach: 16 times a quantity that grows with the root of the multiply-adds.
_FURTHEST = 256
#: Points that are looked at for each network that is wanted: of some baselines many round alike.
_TRIES = 50
#: Steps of the sequence that fills a cube most evenly (Roberts 2018): powers of 1 / g with
#: g^4 = g + 1.
_STEPS = 1.2207440846057596 ** -np.arange(1.0, 4.0)


def draw_networks(baseline: Baseline, count: int, reach: float) -> list[FamilyMember]:
    """The baseline and others up to `reach` times its nominal cost, `count` distinct networks.

    They lie evenly in log depth, 2 log width and 2 log resolution from just below the baseline.
    Fewer where there are no more. Raises InvalidInput.
    """
    whole_number("count", count)
    if finite_number("reach", reach) <= 1:
        raise InvalidInput(f"reach is {reach!r}, but must be above 1: networks cost up to that")
    if reach > _FURTHEST:
        raise InvalidInput(
            f"reach is {reach:g}, but must be at most {_FURTHEST}: no candidate costs more"
        )
    top = math.log(reach)
    low = math.log(_LOWEST) * np.array([1, 2, 2])
    found = [scale_by(baseline, depth_mult=1, width_mult=1, resolution=baseline.resolution)]
    known = {found[0].id}
    for number in range(1, _TRIES * count + 1):
        if len(found) == count:
            break
        growth = low + (top - low) * ((0.5 + number * _STEPS) % 1)
        if growth.sum() > top:
            continue
        depth, width, resolution = np.exp(growth / [1, 2, 2]).tolist()
        try:
            member = scale_by(
                baseline,
                depth_mult=depth,
                width_mult=width,
                resolution=baseline.round_resolution(resolution),
            )
            name = member.id
        except InvalidInput:
            continue  # Some functions build no network at some multipliers.
        if name not in known:
            known.add(name)
            found.append(member)
    return found
