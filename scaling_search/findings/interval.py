"""Numbers as findings have them: arrays, intervals, and the level of every interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Of every interval, region and set that a report shows.
LEVEL = 0.9


class Interval(NamedTuple):
    """A number and the two-sided interval around it; nan where they are not known."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """better where all of it lies above 0, worse where below, else open."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "open"

    def named(self, value: str) -> dict[str, float]:
        """By the names low, high, and the one that the number is to have."""
        return {value: self.value, "low": self.low, "high": self.high}


UNKNOWN = Interval(np.nan, np.nan, np.nan)


def half_width(se: Floats, degrees_of_freedom: int, level: float = LEVEL) -> Floats:
    """Half of Student's interval for a standard error by so many degrees of freedom; nan by 0."""
    from scipy import special

    if degrees_of_freedom < 1:
        return np.full(np.shape(se), np.nan)
    return np.asarray(se * float(special.stdtrit(degrees_of_freedom, tails(level)[1])))


def tails(level: float) -> tuple[float, float]:
    """The quantiles between which a two-sided interval lies. Raises InvalidInput."""
    if not 0 < level < 1:
        raise InvalidInput(f"level is {level!r}, but must lie between 0 and 1, such as 0.9")
    return (1 - level) / 2, (1 + level) / 2
