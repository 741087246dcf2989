"""A number with its interval, and the level of every interval."""

from __future__ import annotations

from typing import NamedTuple

from scaling_search.errors import InvalidInput

#: Of every interval, region and set that a report shows.
LEVEL = 0.9


class Interval(NamedTuple):
    """A number and the two-sided interval around it; nan where they are not known."""

    value: float
    low: float
    high: float


def tails(level: float) -> tuple[float, float]:
    """The quantiles between which a two-sided interval lies. Raises InvalidInput."""
    if not 0 < level < 1:
        raise InvalidInput(f"level is {level!r}, but must lie between 0 and 1, such as 0.9")
    return (1 - level) / 2, (1 + level) / 2
