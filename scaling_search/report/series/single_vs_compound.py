"""One dimension alone against compound scaling, beside the paper's own figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Content, Section, Table
from scaling_search.report.figures.series import scalings_by_baseline
from scaling_search.report.series.assemble import series_content
from scaling_search.report.series.gains import Gains
from scaling_search.report.series.measured import Measured, measure
from scaling_search.report.series.pixel_price import PRICE_NOTE, px_and_price
from scaling_search.report.series.rivals import Rival, compare_points
from scaling_search.report.words import Words
from scaling_search.series import Point, SingleVsCompoundSettings
from scaling_search.series.published import published
from scaling_search.series.single_vs_compound import COMPOUND, UNSCALED
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent


@dataclass(frozen=True)
class Compared:
    """All rivals of compound scaling at one cost of one baseline."""

    baseline: str
    cost: float
    rivals: tuple[Rival, ...]
    degrees_of_freedom: int

    @property
    def place(self) -> str:
        """Where it was compared."""
        return f"{self.baseline} at {self.cost:g} times its cost"

    @property
    def verdict(self) -> str:
        """By the rivals that have the right cost and whole runs, each named."""
        judged = [r for r in self.rivals if not r.reason and r.point.within]
        if self.degrees_of_freedom < 1 or not judged:
            return "too few runs to judge"
        worse = [r.point.series for r in judged if r.verdict == "worse"]
        if worse:
            return f"{_and(worse)} alone {'is' if len(worse) == 1 else 'are'} better than compound"
        if all(r.verdict == "better" for r in judged):
            return f"compound is better than {_and([r.point.series for r in judged])} alone"
        nearest = min((r for r in judged if r.verdict == "open"), key=lambda r: r.points.value)
        return f"open between compound and {nearest.point.series}"


def single_vs_compound(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    measured = measure(study, rows)
    found = compare(measured)
    question = (
        "Compound against single-dimension scaling at equal cost (Tan & Le 2019, Tables 3 and 7, "
        "Figure 8)."
    )
    caption = (
        f"{capital(measured.words.shown)} of each baseline scaled in one dimension alone and in "
        "all three, against realised multiply-adds: means over seeds with their "
        f"{percent(LEVEL, 0)} intervals."
    )
    return series_content(
        measured,
        answer=[
            f"{question} {_first_sentence(found)}",
            *(_sentence(compared, measured.gains) for compared in found),
        ],
        remarks=_remarks(measured),
        figure=(scalings_by_baseline(measured), caption),
        sections=[Section("Which is better at equal cost?", [_table(measured, found)])],
        verdict={"comparisons": [_json(compared, measured.gains) for compared in found]},
    )


def compare(measured: Measured) -> list[Compared]:
    """Compound against every single dimension, at every cost of every baseline."""
    found = []
    for baseline in measured.baselines:
        for compound in measured.of(baseline, COMPOUND):
            cost = measured.points[compound].asked_cost
            if cost is not None:
                found.append(_compare(measured, baseline, cost, compound))
    return found


def _compare(measured: Measured, baseline: str, cost: float, compound: int) -> Compared:
    at = [i for i in measured.of(baseline) if measured.points[i].asked_cost == cost]
    rivals, freedom = compare_points(measured, compound, [i for i in at if i != compound])
    return Compared(baseline, cost, rivals, freedom)


def _first_sentence(found: list[Compared]) -> str:
    groups: dict[str, list[str]] = {}
    for compared in found:
        groups.setdefault(compared.verdict, []).append(compared.place)
    if not groups:
        return "Nothing can be compared: compound scaling was left out."
    return "Here: " + "; ".join(f"{v} ({', '.join(w)})" for v, w in groups.items()) + "."


def _sentence(compared: Compared, gains: Gains) -> str:
    known = [
        f"{gains.signed(r.points)}{gains.noun} against {_named(r.point)}"
        for r in compared.rivals
        if not r.reason
    ]
    others = [f"{_named(r.point)} is not compared: {r.reason}" for r in compared.rivals if r.reason]
    worth = [f"compound scaling is worth {', '.join(known)}"] if known else []
    return f"{compared.place}: {'; '.join([*worth, *others])}."


def _named(point: Point) -> str:
    """A rival of another cost is never named without it."""
    return point.series if point.within else f"{point.series} (×{point.member.cost_ratio:.3g})"


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


#: How far a share of compound may lie from the one asked for before it is named.
_FAR = 0.1


def _remarks(measured: Measured) -> list[str]:
    return _outside(measured) + _moved(measured)


def _moved(measured: Measured) -> list[str]:
    """Where rounding gave compound scaling other shares than it was asked for."""
    sweep, remarks = measured.study.definition.settings.sweep, []
    assert isinstance(sweep, SingleVsCompoundSettings)
    asked = sweep.compound.shares()
    for point in (p for p in measured.points if p.series == COMPOUND):
        member = point.member
        mults = (member.depth_mult, member.width_mult, member.resolution_mult)
        parts = [power * math.log(mult) for power, mult in zip((1, 2, 2), mults)]
        shares = [part / sum(parts) for part in parts]
        if max(abs(a - b) for a, b in zip(shares, asked)) > _FAR:
            given, wanted = (", ".join(percent(s, 0) for s in of) for of in (shares, asked))
            remarks.append(
                f"{point.baseline}, compound ×{member.cost_ratio:.3g}: depth, width and resolution "
                f"get {given} of the growth instead of {wanted}, which is what rounding leaves at "
                "this cost; another baseline.resolution or sweep.costs may fit better."
            )
    return remarks


def _outside(measured: Measured) -> list[str]:
    return [
        f"{point.baseline}, {point.series}: costs {point.member.cost_ratio:.3g} times the baseline "
        f"instead of {point.asked_cost:g}, the nearest there is; it is shown, and no verdict rests "
        "on it."
        for point in measured.points
        if not point.within
    ]


def _note(words: Words, minus: str) -> str:
    noun = "points" if words.metric.is_fraction else "above 0 where compound is better"
    return (
        f"{capital(words.shown)}: mean over seeds ± half of its {percent(LEVEL, 0)} interval. "
        f"{capital(minus)}: {noun}{words.paired}, {percent(LEVEL, 0)} intervals that hold "
        f"together for the rows of one cost. {PRICE_NOTE}"
    )


_PUBLISHED_NOTE = (
    " Published: top-1 on ImageNet of the paper's networks (Tables 3 and 7; for a micro baseline "
    "those of its large sibling), with their cost over their baseline's."
)


def _table(measured: Measured, found: list[Compared]) -> Table:
    words, metric, told = measured.words, measured.words.metric, measured.gains.signed
    minus = "compound minus this" if metric.rises else "this minus compound"
    worth = {id(r.point): r.reason or told(r.points) for compared in found for r in compared.rivals}
    points, mean, half = measured.points, measured.mean, measured.half
    columns: dict[str, Callable[[int], str]] = {
        "baseline": lambda i: points[i].baseline,
        "scaled by": lambda i: points[i].series,
        "depth": lambda i: f"×{points[i].member.depth_mult:.2f}",
        "width": lambda i: f"×{points[i].member.width_mult:.2f}",
        "px (price)": lambda i: px_and_price(points[i]),
        "cost": lambda i: f"{points[i].member.cost_ratio:.3f}",
        words.shown: lambda i: (
            "not trained"
            if math.isnan(mean[i])
            else metric.give_or_take(metric.shown(mean[i]), half[i])
        ),
        minus: lambda i: worth.get(id(points[i]), ""),
    }
    note = _note(words, minus)
    if any(_published(point) for point in points):
        note += _PUBLISHED_NOTE
        columns |= {
            "published, ImageNet": lambda i: _published(points[i]),
            "compound minus this, published": lambda i: _published_worth(points[i]),
        }
    return Table.of(range(len(points)), columns, note)


def _published(point: Point) -> str:
    own, base = published(point.baseline, point.series), published(point.baseline, UNSCALED)
    if own is None or base is None:
        return ""
    return f"{own.top1:.1f} % at {own.flops / base.flops:.1f} times the cost"


def _published_worth(point: Point) -> str:
    own, compound = published(point.baseline, point.series), published(point.baseline, COMPOUND)
    if own is None or compound is None or point.series in (COMPOUND, UNSCALED):
        return ""
    return f"{compound.top1 - own.top1:+.1f}"


def _json(compared: Compared, gains: Gains) -> dict[str, Any]:
    return {
        "baseline": compared.baseline,
        "cost": compared.cost,
        "verdict": compared.verdict,
        "degrees_of_freedom": compared.degrees_of_freedom,
        "compound_minus": {
            rival.point.series: {
                **gains.own_interval(rival.points).named("points"),
                "verdict": rival.verdict,
                "within_tolerance": rival.point.within,
            }
            for rival in compared.rivals
        },
    }
