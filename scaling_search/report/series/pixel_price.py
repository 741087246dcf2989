"""What rounding takes of the compute of networks that are compared, in words.

Layers of stride 2 round maps up, so a pixel may cost more than at the baseline's resolution
(FamilyMember.pixel_price). What is paid for that buys neither depth, width nor detail.
"""

from __future__ import annotations

from scaling_search.report.series.measured import Measured
from scaling_search.series import Point

#: Part of a pixel's price at the baseline above which a comparison should be read with it. A little
#: below it is no rounding: a classifier costs the same at all resolutions.
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
    """Which networks pay more for a pixel than those that they are compared with."""
    named: dict[str, float] = {}
    for point in measured.points:
        paid = point.member.pixel_price - 1
        if paid > NAMED:
            prefix = f"{point.baseline}, " if len(measured.baselines) > 1 else ""
            where = f"{prefix}{point.series} at {point.member.resolution} px"
            named[where] = max(named.get(where, paid), paid)
    if not named:
        return []
    listed = "; ".join(f"{where} {100 * paid:+.0f} %" for where, paid in named.items())
    return [
        "Layers of stride 2 round maps up, so some networks pay more for a pixel than the baseline "
        f"does ({listed}). That bought neither depth, width nor detail, so beside the others they "
        "look worse than their multipliers are."
    ]
