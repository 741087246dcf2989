"""The intervals of a report."""

from __future__ import annotations

from typing import NamedTuple

#: Level of every interval.
LEVEL = 0.9


class Interval(NamedTuple):
    """A number and the interval around it."""

    value: float
    low: float
    high: float
