"""The one exception that a person can cause and mend, and the checks that many rooms share."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any


class InvalidInput(ValueError):
    """What was asked for cannot be done: the message names it, its value and the remedy."""


def finite_number(name: str, value: Any) -> float:
    """`value` as a float. Raises InvalidInput where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(f"{name} is {value!r}, but must be a number, such as 1.2")
    if not math.isfinite(value):
        raise InvalidInput(f"{name} is {value!r}, but must be finite")
    return float(value)


def whole_number(name: str, value: Any) -> int:
    """`value` as an int. Raises InvalidInput where it is no whole number above 0."""
    if finite_number(name, value) != int(value) or value < 1:
        raise InvalidInput(f"{name} is {value!r}, but must be a whole number above 0")
    return int(value)
