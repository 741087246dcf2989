"""Quantities as people write them: `8GiB`, `12 ms`, `600M`, `5e6`, or plain numbers."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any, Literal

from scaling_search.errors import InvalidInput, positive_number

#: What a quantity is counted in; a number without a unit is in this.
Unit = Literal["bytes", "seconds", "count", "images/s"]

_BYTES = {f"{prefix}B": Fraction(1000**power) for power, prefix in enumerate(("", *"kMGT"))}
_BYTES |= {f"{prefix}iB": Fraction(1024**power) for power, prefix in enumerate("KMGT", 1)}
_SECONDS = {"s": Fraction(1), "ms": Fraction(1, 1000), "us": Fraction(1, 10**6)}
_COUNT = {prefix: Fraction(1000**power) for power, prefix in enumerate("kMGT", 1)}
#: Unit -> what may stand behind a number, and an example.
_SUFFIXES: dict[Unit, tuple[dict[str, Fraction], str]] = {
    "bytes": (_BYTES, "8GiB"),
    "seconds": (_SECONDS, "12ms"),
    "count": (_COUNT, "600M"),
    "images/s": ({"images/s": Fraction(1)}, "1500"),
}
#: How else some write them: the case of bytes tells nothing, but for `_BITS`.
_SPELLINGS = {"µs": "us", "μs": "us", "K": "k", **{name.lower(): name for name in _BYTES}}
#: A small b behind a large prefix is how bits are written, eight of which are a byte.
_BITS = re.compile("([KMGT])[iI]?b")
_DIGITS = "[0-9]+(?:_[0-9]+)*"
_QUANTITY = re.compile(
    rf"([+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?[0-9]+)?)\s*([^0-9]*)"
)


def parse_quantity(name: str, value: Any, unit: Unit) -> float:
    """`value` in the unit: a number above 0, or a text of a number and, where wanted, a suffix.

    kB, MB, GB, TB are powers of 1000, KiB to TiB of 1024; k, M, G, T are powers of 1000. Gb is
    refused, since it may mean bits.
    name: what it is called in messages. Raises InvalidInput.
    """
    if not isinstance(value, str):
        return positive_number(name, value)
    suffixes, example = _SUFFIXES[unit]
    allowed = f"a number of {unit} above 0" if unit != "count" else "a number above 0"
    allowed += f" or one followed by {', '.join(suffixes)}, such as {example}"
    found = _QUANTITY.fullmatch(value.strip())
    if found is None:
        raise InvalidInput(f"{name} is {value!r}, but must be {allowed}")
    number, suffix = found.groups()
    if unit == "bytes" and (bits := _BITS.fullmatch(suffix)):
        prefix = bits[1].replace("K", "k")
        raise InvalidInput(
            f"{name} is {value!r}, but {suffix!r} may mean bits or bytes: give bytes, "
            f"{number}{prefix}B (powers of 1000) or {number}{bits[1]}iB (of 1024)"
        )
    suffix = _SPELLINGS.get(suffix.lower() if unit == "bytes" else suffix, suffix)
    if suffix and suffix not in suffixes:
        raise InvalidInput(f"{name} is {value!r}, but {suffix!r} is not known: give {allowed}")
    try:
        # In whole numbers, so that 12ms is 0.012 to the last digit.
        amount = float(Fraction(float(number)) * suffixes.get(suffix, Fraction(1)))
    except OverflowError:
        amount = math.inf
    if not 0 < amount < math.inf:
        raise InvalidInput(f"{name} is {value!r}, but must be a finite number above 0")
    return amount
