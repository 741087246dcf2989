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
from scaling_search.wording import places, signed


@dataclass(frozen=True)
class Gains:
    """Hundredths of a whole, above 0 where a network is better."""

    words: Words
    #: The error whose hundredths are counted.
    whole: float

    @property
    def _in_points(self) -> bool:
        return self.words.metric.is_fraction

    def _error(self, gain: Any) -> Any:
        return gain * self.whole / 100

    def own(self, gain: Any) -> Any:
        """A gain, or an array of them, in points or in the unit of the loss."""
        return gain if self._in_points else self._error(gain)

    def own_interval(self, interval: Interval) -> Interval:
        """The same of an interval."""
        return Interval(*map(self.own, interval))

    def drawn(self, level: Any) -> Any:
        """Where 100 - 100 error / whole, or an array of them, lies on the axis of a figure."""
        return level if self.words.metric.rises else self.words.drawn(self.whole) - self.own(level)

    def signed(self, interval: Interval) -> str:
        """`+1.1 (-0.2 to +2.4)`, or `+0.012 (-0.003 to +0.027)`."""
        value, low, high = self.own_interval(interval)
        digits = 1 if self._in_points else places(high - low if high > low else value, 3)
        return signed(value, low, high, digits)

    def plus(self, gain: float) -> str:
        """`+1.1`, or `+0.0121`."""
        return self.signed(Interval(gain, math.nan, math.nan))

    def amount(self, gain: float, known_to: float = math.nan) -> str:
        """`1.1 points`, or `0.0121`; known_to: the width of its interval."""
        return self.words.metric.difference(self._error(gain), self._error(known_to))

    def number(self, gain: float) -> str:
        """The same without ` points`."""
        return self.amount(gain).removesuffix(self.noun)

    def between(self, low: float, high: float) -> str:
        """`0.2 to 2.4`, or `0.003 to 0.027`."""
        return self.words.metric.between(self._error(low), self._error(high))

    @property
    def noun(self) -> str:
        """Behind a number: ` points`, or nothing."""
        return " points" if self._in_points else ""
