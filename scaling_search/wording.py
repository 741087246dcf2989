"""How numbers are worded, in one way everywhere. Fractions are shown in hundredths."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import NamedTuple

#: Decimal places that are still read at a glance.
_MOST_PLACES = 7


def replace_what_cannot_be_shown() -> None:
    """A terminal whose encoding lacks a character gets another one: no reason to end a study."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def percent(fraction: float, digits: int | None = None) -> str:
    """`7.8 %`; by default with one decimal place, and with two digits below 1 %."""
    return f"{points(fraction, decimals(fraction) if digits is None else digits)} %"


def points(fraction: float, digits: int = 1) -> str:
    """`7.8`: hundredths without their unit, as in `± 0.4` and `6.9 to 8.8`.

    Halves go up, as by hand: .3205 is 32.1, not 32.0.
    """
    return _rounded(100 * fraction * (1 + 1e-12), f".{digits}f")


def decimals(fraction: float) -> int:
    """How many decimal places of a percentage show two digits of it, at least one."""
    size = abs(100 * fraction)
    return max(1, 1 - math.floor(math.log10(size))) if 1e-4 < size < 1 else 1


def plain(value: float, digits: int, sign: str = "") -> str:
    """`0.412`: a number that is no fraction, with so many decimal places; `4.12e-09` if many.

    sign: + to have that of what is above 0 too.
    """
    if digits <= _MOST_PLACES or abs(value) < 10.0**-digits / 2:
        return _rounded(value, f"{sign}.{min(digits, _MOST_PLACES)}f")
    return f"{value:{sign}.{max(0, digits + math.floor(math.log10(abs(value))))}e}"


def places(size: float, shown: int) -> int:
    """How many decimal places show so many digits of a number of this size."""
    size = abs(size)
    if not 0 < size < math.inf:
        return shown - 1
    return max(0, shown - 1 - math.floor(math.log10(size)))


def between(low: float, high: float, digits: int = 1) -> str:
    """`6.9 to 8.8`"""
    return f"{points(low, digits)} to {points(high, digits)}"


def give_or_take(fraction: float, se: float) -> str:
    """`7.8 % ± 0.4`; a standard error that is not known is left out."""
    return percent(fraction) + ("" if math.isnan(se) else f" ± {points(se)}")


def signed(value: float, low: float, high: float, digits: int = 1) -> str:
    """`+1.1 (-0.2 to +2.4)`, of points; the interval is left out where it is not known."""
    text = plain(value, digits, "+")
    if math.isnan(low) or math.isnan(high):
        return text
    return f"{text} ({plain(low, digits, '+')} to {plain(high, digits, '+')})"


def capital(text: str) -> str:
    """As the beginning of a sentence; the rest as it is."""
    return text[:1].upper() + text[1:]


def level_text(level: float) -> str:
    """A probability: .9 is `90 %`, .999 `99.9 %`."""
    return f"{100 * level:.6g} %"


def three_digits(value: float) -> str:
    """`3.41`, `12`, `1,020`: never with a power of ten where a unit follows."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


class Amounts(NamedTuple):
    """How sizes are told: `254,936 multiply-adds`, `3.41 ms of latency`."""

    text: Callable[[float], str]
    #: What stands behind the text.
    unit: str

    def told(self, size: float) -> str:
        """In a sentence."""
        return f"{self.text(size)} {self.unit}"


def macs_text(macs: float) -> str:
    """In full where it is a count, to four digits in another unit."""
    return f"{macs:,.0f}" if 1e3 <= macs < 1e15 else f"{macs:.4g}"


def _rounded(value: float, form: str) -> str:
    text = format(value, form)
    # Nothing is less than zero once it is rounded to it.
    return format(0.0, form) if float(text) == 0 else text
