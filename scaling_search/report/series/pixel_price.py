"""What rounding takes of the compute of networks that are compared, in words.

Layers of stride 2 round maps up, so a pixel may cost more than at the baseline's resolution
(FamilyMember.pixel_price). What is paid for that buys neither depth, width nor detail.
"""

from __future__ import annotations

import math

from scaling_search.report.series.measured import Measured
from scaling_search.series import Point

#: Difference of log prices from which on a comparison should be read with it: about 3 %.
NAMED = 0.03

PRICE_NOTE = (
    "Price of a pixel: multiply-adds per pixel over those of the same network at the baseline's "
    "resolution; what lies above 1 went into rounding maps up in layers of stride 2."
)


def px_and_price(point: Point) -> str:
    """Resolution in pixels with the price of one: `18 (1.12)`."""
    return f"{point.member.resolution} ({point.member.pixel_price:.2f})"


def prices_of(measured: Measured, series: str) -> str:
    """The prices that the networks of a series pay: `1.00`, or `0.99 to 1.20`."""
    prices = [measured.points[i].member.pixel_price for i in measured.of(series=series)]
    ends = (f"{min(prices):.2f}", f"{max(prices):.2f}")
    return " to ".join(dict.fromkeys(ends))


def price_remarks(measured: Measured) -> list[str]:
    """Which networks pay more or less for a pixel than those that they are compared with."""
    named: dict[str, float] = {}
    for baseline in measured.baselines:
        own = [measured.points[i] for i in measured.of(baseline)]
        logs = [math.log(point.member.pixel_price) for point in own]
        if max(logs) - min(logs) <= NAMED:
            continue
        prefix = f"{baseline}, " if len(measured.baselines) > 1 else ""
        for point, log in zip(own, logs):
            if abs(log) > NAMED:
                where = f"{prefix}{point.series} at {point.member.resolution} px"
                named[where] = max(named.get(where, log), log, key=abs)
    if not named:
        return []
    listed = "; ".join(f"{where} {100 * math.expm1(log):+.0f} %" for where, log in named.items())
    return [
        "Layers of stride 2 round maps up, so a pixel does not cost what it does at the baseline's "
        f"resolution ({listed}). What is paid above it bought neither depth, width nor detail, so "
        "beside the others dearer networks look worse than their multipliers are, cheaper ones "
        "better."
    ]
