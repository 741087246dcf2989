"""The exception that a person can cause and mend, that of a process that is lost, and checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any


class InvalidInput(ValueError):
    """What was asked for cannot be done: the message names it, its value and the remedy."""


class ProcessLost(RuntimeError):
    """A process that works for a run has gone: another attempt at the run may fare better."""


def finite_number(name: str, value: Any, above: str = "") -> float:
    """`value` as a float. Raises InvalidInput where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(f"{name} is {value!r}, but must be a number, such as 1.2")
    if not _is_finite(value):
        raise InvalidInput(f"{name} is {value!r}, but must be a finite number{above}")
    return float(value)


def require_seed(name: str, value: Any) -> int:
    """`value` as an int. Raises InvalidInput where no generator of random numbers takes it."""
    if not _is_seed(value):
        raise InvalidInput(f"{name} is {value!r}, but must be a whole number from 0 to 2**63 - 1")
    return int(value)


def require_seeds(name: str, values: Sequence[Any]) -> None:
    """Raises InvalidInput where the values are no seeds, or not different ones."""
    if not all(_is_seed(value) for value in values) or len(set(values)) < len(values):
        raise InvalidInput(
            f"{name} is {list(values)!r}, but must hold different whole numbers, none negative "
            f"and none above 2**63 - 1, such as {name}=[0,1]"
        )


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def positive_number(name: str, value: Any) -> float:
    """`value` as a float. Raises InvalidInput where it is no finite number above 0."""
    number = finite_number(name, value, " above 0")
    if number <= 0:
        raise InvalidInput(f"{name} is {value!r}, but must be a finite number above 0")
    return number


def whole_number(name: str, value: Any) -> int:
    """`value` as an int. Raises InvalidInput where it is no whole number above 0."""
    is_number = isinstance(value, Real) and not isinstance(value, bool) and _is_finite(value)
    if not is_number or value != int(value) or value < 1:
        raise InvalidInput(f"{name} is {value!r}, but must be a whole number above 0")
    return int(value)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number with more digits than a float can hold.
        return False
