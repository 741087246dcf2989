"""What the runs of a study of shares say: the law of all, and that of the cheaper ones tested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
#: Halvings of it.
SMALLER_PHIS = range(1, 4)
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
    #: At sweep.smaller, likewise, against the constant shares of the larger ones; None where it was
    #: not asked.
    below: SharesCurve | str | None
    #: From size to size, at phi of -1 and below.
    below_by_phi: SharesCurve | str | None

    def trained_shares(self, below: bool) -> Floats:
        """(networks, 3): of those with a run, smaller than the baseline or larger."""
        known = [
            p for p, errors in zip(self.measured.points, self.val) if np.isfinite(errors).any()
        ]
        return np.array(
            [Realised(p).shares for p in known if (p.member.cost_ratio < 1) == below]
        ).reshape(-1, 3)

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
    every = np.array(list(place.values()))
    grown = np.array([measured.points[i].member.cost_ratio > 1 for i in every])
    rows = every[grown]
    costs, metric = sweep.costs, measured.words.metric

    def law(among: Ints) -> SharesLaw:
        design = Design.of([Realised(measured.points[i]) for i in among], 1.0)
        return fit_shares_law(
            # How far from the baseline, in either direction.
            replace(design, log_cost=np.abs(design.log_cost)),
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
    curve = _curve(whole, costs, float(costs[0]))
    below: SharesCurve | str | None = None
    below_by_phi = below
    if sweep.smaller:
        small = or_reason(lambda: law(every[~grown]))
        kept = str(curve) if isinstance(curve, str) else curve.constant
        below = _below(small, sweep.smaller, kept)
        below_by_phi = _below(small, [2.0**-phi for phi in SMALLER_PHIS], kept)
    return Found(
        measured=measured,
        val=val,
        curve=curve,
        by_phi=_curve(whole, [2.0**phi for phi in PHIS], float(costs[0])),
        held_out=or_reason(held_out),
        below=below,
        below_by_phi=below_by_phi,
    )


def _curve(
    law: SharesLaw | str, at: Sequence[float], constant: float | Floats
) -> SharesCurve | str:
    return law if isinstance(law, str) else shares_curve(law, at, constant)


def _below(law: SharesLaw | str, at: Sequence[float], constant: Floats | str) -> SharesCurve | str:
    """The curve at costs below the baseline's, from the nearest on: the law knows how many times
    smaller they are."""
    if isinstance(constant, str):
        return constant
    found = _curve(law, sorted(1 / cost for cost in at), constant)
    if isinstance(found, str):
        return found
    return replace(found, points=tuple(replace(p, cost=1 / p.cost) for p in found.points))


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
