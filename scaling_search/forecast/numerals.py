"""How figures are written in sentences."""

from __future__ import annotations

import math


def hundredths(fraction: float, digits: int) -> str:
    """A percentage without its sign. Halves go up, as by hand: .3205 is 32.1, not 32.0."""
    return f"{100 * fraction * (1 + 1e-12):.{digits}f}"


def decimals(fraction: float) -> int:
    """How many decimal places of a percentage show two digits of it, at least one."""
    return max(1, 1 - math.floor(math.log10(100 * max(fraction, 1e-12))))


def percent(fraction: float) -> str:
    """One decimal place, as reports write it; below 1 % two digits."""
    return f"{hundredths(fraction, decimals(fraction))} %"


def level_text(level: float) -> str:
    """A probability: .9 is "90 %", .999 "99.9 %"."""
    return f"{100 * level:.6g} %"


def size(macs: float) -> str:
    """In full where it is a count, to four digits in another unit."""
    return f"{macs:,.0f}" if 1e3 <= macs < 1e15 else f"{macs:.4g}"
