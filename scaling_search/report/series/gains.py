"""How much better one network is than another: in points of accuracy, or off a loss.

Findings count in hundredths of a whole: of a fraction that is 1, of losses the largest that was
measured, so that a loss in another unit gives the same findings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scaling_search.findings.interval import Interval
from scaling_search.report.words import Words
from scaling_search.wording import between, places, plain, points, signed


@dataclass(frozen=True)
class Gains:
    """Hundredths of a whole, above 0 where a network is better."""

    words: Words
    #: The error whose hundredths are counted.
    whole: float

    @property
    def _in_points(self) -> bool:
        return self.words.metric.is_fraction

    def own(self, gain: Any) -> Any:
        """A gain, or an array of them, in points or in the unit of the loss."""
        return gain if self._in_points else gain * self.whole / 100

    def own_interval(self, interval: Interval) -> Interval:
        """The same of an interval."""
        return Interval(*map(self.own, interval))

    def drawn(self, level: Any) -> Any:
        """Where 100 - 100 error / whole, or an array of them, lies on the axis of a figure."""
        return level if self.words.metric.rises else self.words.drawn(self.whole) - self.own(level)

    def signed(self, interval: Interval) -> str:
        """`+1.1 (-0.2 to +2.4)`, or `+0.012 (-0.003 to +0.027)`."""
        value, low, high = self.own_interval(interval)
        return signed(value, low, high, self._digits(high - low if high > low else value))

    def plus(self, gain: float) -> str:
        """`+1.1`, or `+0.0121`."""
        return self.signed(Interval(gain, math.nan, math.nan))

    def number(self, gain: float) -> str:
        """`1.1`, or `0.0121`."""
        own = self.own(gain)
        return points(own / 100) if self._in_points else plain(own, self._digits(own))

    def amount(self, gain: float) -> str:
        """`1.1 points`, or `0.0121`."""
        return f"{self.number(gain)}{self.noun}"

    @property
    def noun(self) -> str:
        """Behind a number: ` points`, or nothing."""
        return " points" if self._in_points else ""

    def between(self, low: float, high: float) -> str:
        """`0.2 to 2.4`, or `0.003 to 0.027`."""
        if self._in_points:
            return between(low / 100, high / 100)
        return self.words.metric.between(self.own(low), self.own(high))

    def _digits(self, size: float) -> int:
        return 1 if self._in_points else places(size, 3)
