"""What callers give, checked at the door: afterwards every number is finite and in its range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from reprlib import repr as short
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from scaling_search.errors import InvalidInput
from scaling_search.metric import Metric

FloatArray: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | npt.NDArray[np.float64] | float


@dataclass(frozen=True)
class Range:
    """Which numbers an argument may hold, in words and as bounds, and what to do about others."""

    requirement: str
    low: float
    high: float
    remedy: str
    open: bool = True  # the bounds themselves are refused


FURTHEST = 1e50  # no unit of multiply-adds needs more, and no power of it overflows
SIZE = Range(
    "finite, above 0 and within 1e-50 and 1e50",
    1.0 / FURTHEST,
    FURTHEST,
    "Give it in any unit, and leave out what was not measured.",
    open=False,
)
MEASURED = Range(
    "a fraction between 1e-9 and 1",
    1e-9,
    1.0,
    "Divide percentages by 100. Where no mistake was made, give half a mistake, 0.5 / test images.",
)
#: No quantity between 0 and 1 has a standard deviation above a half.
STANDARD_ERROR = Range(
    "a finite fraction of at least 0 and at most 0.5",
    0.0,
    0.5,
    "Divide percentages by 100. Leave it out where it was not measured.",
    open=False,
)
WISHED = Range(
    "a fraction between 0 and 1", 0.0, 1.0, "For an accuracy of 80 % give an error of 0.2."
)
#: The same of losses.
LOSS = Range(
    "finite, above 1e-50 and below 1e50",
    1.0 / FURTHEST,
    FURTHEST,
    "Leave out what was not measured.",
)
LOSS_STANDARD_ERROR = Range(
    "finite, at least 0 and at most 1e50",
    0.0,
    FURTHEST,
    "Leave it out where it was not measured.",
    open=False,
)
PROBABILITY = Range("between 0 and 1", 0.0, 1.0, "For 90 % give 0.9.")
FACTOR = Range("within 1 and 1e9", 1.0, 1e9, "Give 100 to look 100 times beyond.", open=False)


def measured(metric: Metric) -> Range:
    """Which errors of a metric a law can be fitted to."""
    return MEASURED if metric.is_fraction else LOSS


def standard_errors(metric: Metric) -> Range:
    """Which standard errors they can have."""
    return STANDARD_ERROR if metric.is_fraction else LOSS_STANDARD_ERROR


def wished(metric: Metric) -> Range:
    """Which errors can be asked for."""
    return WISHED if metric.is_fraction else LOSS


def numbers(name: str, values: Any, wanted: Range) -> FloatArray:
    """The values as an array (n,). Raises InvalidInput unless all are numbers in their range."""
    array = np.atleast_1d(_real(name, values))
    if array.ndim != 1 or array.size == 0:
        raise InvalidInput(
            f"`{name}` has the shape {array.shape}, but must be a list with at least one number. "
            "Give one value for each size."
        )
    above, below = (np.greater, np.less) if wanted.open else (np.greater_equal, np.less_equal)
    inside = above(array, wanted.low) & below(array, wanted.high)
    if not inside.all():
        where = int(np.flatnonzero(~inside)[0])
        label = name if np.ndim(values) == 0 else f"{name}[{where}]"
        raise InvalidInput(
            f"`{label}` is {array[where]:g}, but must be {wanted.requirement}. {wanted.remedy}"
        )
    return array


def number(name: str, value: Any, wanted: Range) -> float:
    """The value as a float. Raises InvalidInput unless it is one number in its range."""
    shape = _real(name, value).shape
    if shape:
        raise InvalidInput(
            f"`{name}` has the shape {shape}, but must be one number. Ask for one after another."
        )
    return float(numbers(name, value, wanted)[0])


def whole_number(name: str, value: Any, at_least: int, remedy: str) -> int:
    """The value as an int. Raises InvalidInput unless it is one whole number of `at_least`."""
    wanted = f"a whole number of at least {at_least}"
    found = number(name, value, Range(wanted, at_least, 1e300, remedy, open=False))
    if found != int(found):
        raise InvalidInput(f"`{name}` is {found:g}, but must be {wanted}. {remedy}")
    return int(found)


def instance(name: str, value: Any, wanted: type, remedy: str) -> None:
    """Raises InvalidInput unless the value is of the wanted type."""
    if not isinstance(value, wanted):
        raise InvalidInput(f"`{name}` is {short(value)}, but must be a {wanted.__name__}. {remedy}")


def same_length(name: str, values: FloatArray, other: str, others: FloatArray) -> None:
    """Raises InvalidInput unless both have one value for each size."""
    if values.size != others.size:
        raise InvalidInput(
            f"`{name}` has {values.size} values and `{other}` {others.size}, but each size needs "
            "one of each. Give lists of the same length."
        )


def _real(name: str, values: Any) -> FloatArray:
    """As floats, in any shape. Text, truth values, dates and complex numbers are no numbers."""
    try:
        # Of a list, numpy would make numbers of text and of truth values without a word.
        array = np.asarray(values, dtype=None if hasattr(values, "__array__") else object)
        if array.dtype.kind not in "iuf":
            for where, value in np.ndenumerate(array):
                if isinstance(value, bool) or not isinstance(value, Real):
                    name, values = name + "".join(f"[{i}]" for i in where), value
                    raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(
            f"`{name}` is {short(values)}, but must be a number or a list of numbers that a "
            "computer's floating-point numbers can hold. Remove what is not."
        ) from None
