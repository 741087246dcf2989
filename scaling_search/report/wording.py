"""How a report words its numbers: one way everywhere. Fractions are shown in hundredths."""

from __future__ import annotations

import math


def percent(fraction: float, digits: int = 1) -> str:
    """`7.8 %`"""
    return f"{points(fraction, digits)} %"


def points(fraction: float, digits: int = 1) -> str:
    """`7.8`: hundredths without their unit, as in `± 0.4` and `6.9 to 8.8`."""
    return f"{shown(100 * fraction, digits):.{digits}f}"


def between(low: float, high: float, digits: int = 1) -> str:
    """`6.9 to 8.8`"""
    return f"{points(low, digits)} to {points(high, digits)}"


def give_or_take(fraction: float, se: float) -> str:
    """`7.8 % ± 0.4`; a standard error that is not known is left out."""
    return percent(fraction) + ("" if math.isnan(se) else f" ± {points(se)}")


def signed(value: float, low: float, high: float) -> str:
    """`+1.1 (-0.2 to +2.4)`, of points; the interval is left out where it is not known."""
    text = f"{shown(value):+.1f}"
    if math.isnan(low) or math.isnan(high):
        return text
    return f"{text} ({shown(low):+.1f} to {shown(high):+.1f})"


def shown(value: float, digits: int = 1) -> float:
    """To the digit that is shown, without a negative zero."""
    return round(value, digits) + 0.0
