"""One dimension alone against compound scaling, beside the paper's own figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scaling_search.findings.paired import Differences, compare_with_one
from scaling_search.report.rows import Table
from scaling_search.report.series.content import Content
from scaling_search.report.series.points import Measured, means
from scaling_search.report.tables import LEVEL
from scaling_search.series.points import COMPOUND, UNSCALED
from scaling_search.series.published import published

#: (baseline, cost asked for) -> the points at that cost and compound against each of them.
Found = dict[tuple[str, float], tuple[list[int], Differences | None]]


def single_vs_compound(measured: Measured) -> Content:
    """The content of the report."""
    from scaling_search.report.series.figures import scalings_by_baseline

    found = compare(measured)
    return Content(
        [
            "Compound against single-dimension scaling at equal cost (Tan & Le 2019, Tables 3 and "
            f"7, Figure 8). {_first_sentence(measured, found)}",
            *(_sentence(measured, key, *value) for key, value in found.items()),
        ],
        _remarks(measured),
        [("At equal cost", _table(measured, found), _NOTE)],
        "Test accuracy of each baseline scaled in one dimension alone and in all three, against "
        "realised multiply-adds: means over seeds ± standard error.",
        lambda: scalings_by_baseline(measured),
        {"comparisons": [_json(measured, key, *value) for key, value in found.items()]},
    )


def compare(measured: Measured) -> Found:
    """Compound against every single dimension, at every cost of every baseline."""
    found: Found = {}
    for baseline in measured.baselines:
        own = measured.of(baseline)
        costs = dict.fromkeys(measured.points[i].asked_cost or 1.0 for i in own)
        for cost in costs:
            at = [i for i in own if measured.points[i].asked_cost == cost]
            series = [measured.points[i].series for i in at]
            if series == [UNSCALED] or COMPOUND not in series:
                continue
            differences = None
            if np.isfinite(measured.errors[at]).any(axis=1).all():
                # Noise is pooled over all networks of the baseline, so few seeds go further.
                places = [own.index(i) for i in at]
                one = places[series.index(COMPOUND)]
                rivals = [place for place in places if place != one]
                differences = compare_with_one(measured.errors[own], one, rivals, LEVEL).of(places)
            found[baseline, cost] = (at, differences)
    return found


def _verdict(series: list[str], differences: Differences | None) -> str:
    """better than all, worse than one, or open."""
    if differences is None or differences.degrees_of_freedom < 1:
        return "too few runs to judge"
    verdicts = [differences.verdict(i) for i, name in enumerate(series) if name != COMPOUND]
    if all(verdict == "better" for verdict in verdicts):
        return "compound is better than every single dimension"
    if "worse" in verdicts:
        return "a single dimension is better than compound"
    best = min(
        (i for i in range(len(series)) if series[i] != COMPOUND),
        key=lambda i: float(differences.difference[i]),
    )
    return f"open between compound and {series[best]}"


def _first_sentence(measured: Measured, found: Found) -> str:
    groups: dict[str, list[str]] = {}
    for (baseline, cost), (at, differences) in found.items():
        series = [measured.points[i].series for i in at]
        where = f"{baseline} at {cost:g} times its cost"
        groups.setdefault(_verdict(series, differences), []).append(where)
    if not groups:
        return "Nothing can be compared: compound scaling was left out."
    return "Here: " + "; ".join(f"{v} ({', '.join(w)})" for v, w in groups.items()) + "."


def _sentence(
    measured: Measured, key: tuple[str, float], at: list[int], differences: Differences | None
) -> str:
    baseline, cost = key
    if differences is None:
        return f"{baseline} at {cost:g} times its cost: some runs are missing."
    parts = [
        f"{_points(differences, i)} points against {measured.points[index].series}"
        for i, index in enumerate(at)
        if measured.points[index].series != COMPOUND
    ]
    return f"{baseline} at {cost:g} times its cost: compound scaling is worth {', '.join(parts)}."


def _points(differences: Differences, index: int) -> str:
    difference = f"{round(100 * differences.difference[index], 1) + 0:+.1f}"
    if math.isnan(differences.low[index]):
        return difference
    low, high = 100 * differences.low[index], 100 * differences.high[index]
    return f"{difference} ({low:+.1f} to {high:+.1f})"


def _remarks(measured: Measured) -> list[str]:
    return [
        f"{point.baseline}, {point.series}: costs {point.member.cost_ratio:.3g} times the baseline "
        f"instead of {point.asked_cost:g}, the nearest there is; read its difference with that."
        for point in measured.points
        if not point.within
    ]


_NOTE = (
    "Test accuracy: mean over seeds ± standard error. Compound minus this: points, paired by "
    f"seed, {LEVEL:.0%} intervals that hold together for the rows of one cost. Published: top-1 "
    "on ImageNet of the paper's networks (Tables 3 and 7; for a micro baseline those of its large "
    "sibling), with their cost over their baseline's."
)


def _table(measured: Measured, found: Found) -> Table:
    head = [
        "baseline", "scaled by", "depth", "width", "px", "cost", "test accuracy",
        "compound minus this", "published, ImageNet", "compound minus this",
    ]  # fmt: skip
    effect, se = means(measured.errors)
    differences = {
        index: (result, i)
        for at, result in found.values()
        if result is not None
        for i, index in enumerate(at)
    }
    rows = []
    for index, point in enumerate(measured.points):
        member = point.member
        accuracy = "not trained"
        if math.isfinite(effect[index]):
            accuracy = f"{100 * (1 - effect[index]):.1f} %"
            if math.isfinite(se[index]):
                accuracy += f" ± {100 * se[index]:.1f}"
        worth = ""
        if point.series not in (COMPOUND, UNSCALED) and index in differences:
            worth = _points(*differences[index])
        rows.append(
            [
                point.baseline,
                point.series,
                f"×{member.depth_mult:.2f}",
                f"×{member.width_mult:.2f}",
                str(member.resolution),
                f"{member.cost_ratio:.3f}",
                accuracy,
                worth,
                *_published_cells(point.baseline, point.series),
            ]
        )
    return Table(head, rows)


def _published_cells(baseline: str, series: str) -> list[str]:
    own, base = published(baseline, series), published(baseline, UNSCALED)
    compound = published(baseline, COMPOUND)
    if own is None or base is None or compound is None:
        return ["", ""]
    worth = "" if series in (COMPOUND, UNSCALED) else f"{compound.top1 - own.top1:+.1f}"
    return [f"{own.top1:.1f} % at {own.flops / base.flops:.1f} times the cost", worth]


def _json(
    measured: Measured, key: tuple[str, float], at: list[int], differences: Differences | None
) -> dict[str, Any]:
    series = [measured.points[i].series for i in at]
    content: dict[str, Any] = {
        "baseline": key[0],
        "cost": key[1],
        "verdict": _verdict(series, differences),
    }
    if differences is not None:
        content["compound_minus"] = {
            name: {
                "points": 100 * float(differences.difference[i]),
                "low": _finite(100 * differences.low[i]),
                "high": _finite(100 * differences.high[i]),
                "verdict": differences.verdict(i),
            }
            for i, name in enumerate(series)
            if name != COMPOUND
        }
        content["degrees_of_freedom"] = differences.degrees_of_freedom
    return content


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
