"""Resolutions at which no compute goes into rounding maps up.

Layers of stride 2 round maps up, so 17 px may be paid for like 20. Of networks that are compared
without the pixel price as a covariate, none should pay for that.
"""

from __future__ import annotations

import math

from scaling_search.baselines import Baseline, FamilyMember

#: Log price within which a pixel is as cheap as it gets. Only near resolutions are held against
#: each other: a classifier costs the same at all of them, so that far ones differ for that alone.
FAIR = 0.03
#: How far, as a part of the asked resolution, a fair one may lie from it.
_WINDOW = 0.15


def sizes_between(baseline: Baseline, low: float, high: float) -> list[int]:
    """Realised resolutions in pixels, growing, from multiplier low to high.

    Of large images not every size, but those that halve as often as the baseline's may.
    """
    size = baseline.round_resolution(1.0)
    step = math.gcd(size, 2 ** int(math.log2(max(1.0, size / 32))))
    first, last = math.ceil(size * low / step), math.floor(size * high / step)
    asked = (step * k for k in range(max(1, first), last + 1))
    return sorted({baseline.round_resolution(pixels / size) for pixels in asked})


def is_fair(baseline: Baseline, resolution_mult: float) -> bool:
    """Whether no resolution near it is cheaper; the baseline's own is what others pay for."""
    size = baseline.round_resolution(1.0)
    return round(size * fair_resolution(baseline, resolution_mult)) == round(size * resolution_mult)


def fair_resolution(baseline: Baseline, resolution_mult: float) -> float:
    """The multiplier of the nearest resolution at which a pixel is cheap, on the side asked for.

    Equally near ones go to the finer. Where no size is near enough, it is the asked one.
    """
    size = baseline.round_resolution(1.0)
    if baseline.round_resolution(resolution_mult) == size:
        return resolution_mult
    network = baseline.network(1.0, 1.0)
    low, high = resolution_mult * (1 - _WINDOW), resolution_mult * (1 + _WINDOW)
    prices = {
        pixels: math.log(FamilyMember(baseline, network, pixels, 1.0, 1.0).pixel_price)
        for pixels in sizes_between(baseline, low, high)
        if (pixels > size) == (resolution_mult > 1) and pixels != size
    }
    if not prices:
        return resolution_mult
    lowest, wanted = min(prices.values()), size * resolution_mult
    fair = [pixels for pixels, price in prices.items() if price <= lowest + FAIR]
    return min(fair, key=lambda pixels: (round(abs(pixels - wanted), 6), -pixels)) / size
