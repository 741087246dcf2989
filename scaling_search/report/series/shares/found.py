"""What the runs of a study of shares say: the law of all, and that of the cheaper ones tested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.interval import LEVEL, Floats, Interval, Ints, tails
from scaling_search.findings.shares_curve import SharesCurve, shares_curve
from scaling_search.findings.shares_law import SharesLaw, fit_shares_law
from scaling_search.findings.surface import fit_surface
from scaling_search.report.content import or_reason
from scaling_search.report.series.measured import Measured
from scaling_search.series import Point, SharesSettings
from scaling_search.series.shares import cost_name, shares_of

#: The sizes that are listed: doublings of the baseline's cost.
PHIS = range(1, 8)
#: Held-out networks, at least.
_FEWEST = 4


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The law of the cheaper costs, held against the dearest networks, which it did not see."""

    cost: float
    #: What the law of the others says.
    curve: SharesCurve
    #: By how much the constant shares err more than the curve's there, by a response surface of the
    #: judged errors of the held-out networks alone; above 0 the curve is better.
    worse: Interval
    networks: int


@dataclass(frozen=True, eq=False)
class Found:
    """A study of shares with what its runs say."""

    measured: Measured
    #: (points, seeds): val errors, which choose.
    val: Floats
    #: At the study's costs; a sentence where it is not known.
    curve: SharesCurve | str
    #: From size to size, at PHIS.
    by_phi: SharesCurve | str
    held_out: HeldOut | str

    @property
    def trained_shares(self) -> Floats:
        """(networks, 3): of those with a run."""
        known = np.flatnonzero(np.isfinite(self.val).any(axis=1))
        return np.array([Realised(self.measured.points[i]).shares for i in known])

    @property
    def sweep(self) -> SharesSettings:
        """Its settings."""
        sweep = self.measured.study.definition.settings.sweep
        assert isinstance(sweep, SharesSettings)
        return sweep


def find_shares(measured: Measured, val: Floats) -> Found:
    """The law of all networks, and that of all but the dearest against these."""
    sweep = measured.study.definition.settings.sweep
    assert isinstance(sweep, SharesSettings)
    place: dict[str, int] = {}
    for i, point in enumerate(measured.points):
        place.setdefault(point.member.id, i)
    rows = np.array(list(place.values()))
    costs, metric = sweep.costs, measured.words.metric

    def law(among: Ints) -> SharesLaw:
        return fit_shares_law(
            Design.of([Realised(measured.points[i]) for i in among], 1.0),
            val[among],
            highest=metric.highest,
            blocks=measured.seeded,
        )

    def held_out() -> HeldOut:
        ratio = np.array([measured.points[i].member.cost_ratio for i in rows])
        last = np.array([measured.points[i].series == cost_name(costs[-1]) for i in rows])
        if len(costs) < 3:
            raise InvalidInput(
                "two costs leave none to hold out: give three sweep.costs to see whether it holds"
            )
        # What other studies have trained between the last two costs may be nearly as dear.
        cheaper = law(rows[~last & (ratio < math.sqrt(costs[-2] * costs[-1]))])
        found = shares_curve(cheaper, costs[-1:], costs[0])
        return _judge(measured, found, rows[last], costs[-1])

    whole = or_reason(lambda: law(rows))
    return Found(
        measured=measured,
        val=val,
        curve=_curve(whole, costs, costs[0]),
        by_phi=_curve(whole, [2.0**phi for phi in PHIS], costs[0]),
        held_out=or_reason(held_out),
    )


def _curve(law: SharesLaw | str, at: Sequence[float], constant_at: float) -> SharesCurve | str:
    return law if isinstance(law, str) else shares_curve(law, at, constant_at)


@dataclass(frozen=True)
class Realised:
    """A point as a design looks at it."""

    point: Point

    @property
    def shares(self) -> tuple[float, float, float]:
        shares = shares_of(self.point.member)
        assert shares is not None
        return shares

    @property
    def cost_ratio(self) -> float:
        return self.point.member.cost_ratio

    @property
    def resolution(self) -> int:
        return self.point.member.resolution

    @property
    def pixel_price(self) -> float:
        return self.point.member.pixel_price


def _judge(measured: Measured, curve: SharesCurve, rows: Ints, cost: float) -> HeldOut:
    """By a surface of the dearest networks' judged errors alone."""
    known = [i for i in rows if np.isfinite(measured.errors[i]).any()]
    if len(known) < _FEWEST:
        raise InvalidInput(
            f"{len(known)} networks at {cost_name(cost)} are trained, but {_FEWEST} are needed: a "
            "finer sweep.lattice= has more"
        )
    surface = fit_surface(
        Design.of([Realised(measured.points[i]) for i in known], cost),
        measured.errors[known],
        highest=measured.words.metric.highest,
        blocks=measured.seeded,
    )
    constant, best = surface.error_at(np.stack([curve.constant, curve.last.optimum.shares])).T
    low, high = np.quantile(constant - best, tails(LEVEL))
    worse = Interval(float((constant - best).mean()), float(low), float(high))
    return HeldOut(cost, curve, worse, len(known))
