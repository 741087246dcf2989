"""Where the best shares lie at each cost by a law, and what constant ones would lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import LEVEL, Floats, Interval, tails
from scaling_search.findings.optimum import STEPS, Optimum, find_optimum
from scaling_search.findings.shares_law import AtCost, SharesLaw
from scaling_search.findings.triangle import triangle

#: To lose less than this part of the error is no reason to change the shares.
WORTH = 0.005
#: What may be lost beyond this part of the error is worth more runs.
ROOM = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class OnCurve:
    """The best shares at one cost."""

    #: Over the baseline's.
    cost: float
    optimum: Optimum
    #: By how much the error of constant shares lies above that of these, as a part of it: 0.02 is
    #: 2 % of the error. Below 0: constant ones are better.
    gain: Interval
    #: Likewise against the best shares there are at this cost, wherever they lie: they lose no more
    #: with probability 1 - (1 - level) / 2.
    room: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SharesCurve:
    """The best shares from cost to cost, against those that are best at the lowest."""

    points: tuple[OnCurve, ...]
    #: (3,): the constant shares.
    constant: Floats
    #: (3,): those with the lowest mean of log errors over all these costs.
    together: Floats
    level: float

    @property
    def last(self) -> OnCurve:
        """At the dearest."""
        return self.points[-1]

    @property
    def stays(self) -> bool:
        """Whether the best shares at the dearest cost are the constant ones."""
        return bool(np.allclose(self.constant, self.last.optimum.shares))

    @property
    def changes(self) -> bool:
        """Whether the runs tell that shares should change: at the dearest cost constant ones lose
        more than WORTH with probability 1 - (1 - level) / 2."""
        return self.last.gain.low > WORTH

    @property
    def suffices(self) -> bool:
        """Whether constant shares do as far as the runs tell: what they are expected to lose at the
        dearest cost is neither sure nor more than ROOM."""
        return not self.changes and self.last.gain.value <= ROOM


def shares_curve(
    law: SharesLaw, costs: Sequence[float], constant: float | Floats, level: float = LEVEL
) -> SharesCurve:
    """The curve of a law at these costs over the baseline's, in growing order.

    constant: the constant shares (3,), or the cost at which they are the best: that of STEP 1.
    """
    if isinstance(constant, float):
        constant = find_optimum(law.at(math.log(constant)), level).shares
    points = []
    for cost in costs:
        at = law.at(math.log(cost))
        optimum = find_optimum(at, level)
        gain, room = _losses(at, constant, optimum, level)
        points.append(OnCurve(cost=cost, optimum=optimum, gain=gain, room=room))
    lattice = triangle(STEPS)
    means = [law.at(math.log(cost)).log_error_at(lattice).mean(axis=0) for cost in costs]
    together = lattice[int(np.mean(means, axis=0).argmin())]
    return SharesCurve(points=tuple(points), constant=constant, together=together, level=level)


def _losses(at: AtCost, constant: Floats, optimum: Optimum, level: float) -> tuple[Interval, float]:
    """What constant shares lose to those of the curve, and at most to any."""
    kept, best = at.log_error_at(np.stack([constant, optimum.shares])).T
    low, high = tails(level)
    gain = np.expm1(kept - best)
    lowest = at.log_error_at(triangle(STEPS)).min(axis=1)
    room = float(np.quantile(np.expm1(kept - np.minimum(lowest, kept)), high))
    return Interval(float(gain.mean()), *np.quantile(gain, [low, high]).tolist()), room
