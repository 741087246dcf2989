"""Observation 1: does each dimension alone help, and less and less?"""

from __future__ import annotations

import math
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.findings.diminishing import (
    CONTRADICTED,
    DIMINISHING,
    LITTLE,
    Diminishing,
    diminishing_returns,
)
from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.report.rows import Table, interval_text
from scaling_search.report.series.content import Content
from scaling_search.report.series.points import Measured

QUESTION = (
    "Observation 1 (Tan & Le 2019, Figure 3): scaling any one dimension improves accuracy, but the "
    "gain diminishes."
)
#: Cost ratio beyond which no fit is followed.
FAR = 100.0


def observation1(measured: Measured) -> Content:
    """The content of the report."""
    from scaling_search.report.series.figures import accuracy_by_dimension

    found: dict[str, Diminishing | str] = {}
    for series in dict.fromkeys(point.series for point in measured.points):
        at = measured.of(series=series)
        try:
            found[series] = diminishing_returns(measured.macs[at], measured.errors[at], LEVEL)
        except InvalidInput as error:
            found[series] = str(error)
    return Content(
        [f"{QUESTION} {first_sentence(found)}", *(_sentence(n, f) for n, f in found.items())],
        [],
        [("How much a doubling buys", _table(found), _NOTE)],
        "Test accuracy when one dimension alone is scaled: means over seeds ± standard error, with "
        f"the multiplier beside them; saturating fit with its {LEVEL:.0%} interval.",
        lambda: accuracy_by_dimension(measured, found),
        {"series": {name: _json(f) for name, f in found.items()}},
    )


def first_sentence(found: dict[str, Diminishing | str]) -> str:
    """The verdict over all series."""
    groups: dict[str, list[str]] = {}
    for name, result in found.items():
        groups.setdefault(_group(result), []).append(name)
    parts = [f"{', '.join(names)}: {group}" for group, names in groups.items()]
    return "Here: " + "; ".join(parts) + "."


def _group(result: Diminishing | str) -> str:
    if isinstance(result, str):
        return "too few runs to judge"
    if result.helps == "hurts":
        return "contradicted, scaling it hurts"
    if result.verdict == CONTRADICTED:
        return "contradicted, the gain grows"
    if result.helps == "open":
        return "no gain can be seen"
    if result.verdict == DIMINISHING:
        return "holds, it helps and the gain diminishes"
    return "it helps, diminishing gain is not visible in this range"


def _sentence(name: str, result: Diminishing | str) -> str:
    if isinstance(result, str):
        return f"{name}: {result}."
    if result.helps != "helps":
        seen = "scaling it hurts" if result.helps == "hurts" else "no gain can be seen"
        return (
            f"{name}: {result.doublings:.1f} doublings buy {_points(result.gain)} points in all, "
            f"so {seen}; a doubling buys {_points(result.start)} at the start and "
            f"{_points(result.end)} at the end."
        )
    verdict = {
        DIMINISHING: f"the gain diminishes: a doubling buys {result.difference.value:.1f} points "
        f"less at the end than at the start, at least {result.difference_above:.1f} with "
        f"{result.level:.0%} confidence",
        CONTRADICTED: f"the gain grows: a doubling buys {-result.difference.value:.1f} points "
        f"more at the end than at the start, at least {-result.difference_below:.1f} with "
        f"{result.level:.0%} confidence",
    }.get(
        result.verdict,
        "whether the gain diminishes is not visible in this range: start minus end is "
        f"{_points(result.difference)} points a doubling",
    )
    return (
        f"{name}: {result.doublings:.1f} doublings buy {_points(result.gain)} points in all; a "
        f"doubling buys {_points(result.start)} at the start and {_points(result.end)} at the end; "
        f"{verdict}. {_little_sentence(result)}"
    )


def _little_sentence(result: Diminishing) -> str:
    little = f"{LITTLE:g} points"
    if math.isinf(result.little_from.value):
        return f"At no size, by this fit, does a doubling buy less than {little}."
    if result.little_from.value <= 1:
        return f"By this fit a doubling buys less than {little} from the smallest network on."
    if result.little_from.value > FAR:
        return (
            f"By this fit no network within {FAR:g} times the smallest one brings it to {little}."
        )
    beyond = " (beyond the range)" if result.little_beyond else ""
    return (
        f"A doubling buys less than {little} above {result.little_from.value:.3g} times the "
        f"smallest network{beyond}."
    )


def _times(value: float) -> str:
    """A cost ratio; further out than FAR a fit to a few doublings says nothing about it."""
    if math.isinf(value):
        return "never"
    return f"{value:.3g}" if value <= FAR else f"above {FAR:g}"


def _points(interval: Interval) -> str:
    return interval_text(interval.value, interval.low, interval.high)


_NOTE = (
    "Points of test accuracy (1 = one image in a hundred) per doubling of multiply-adds; "
    f"{LEVEL:.0%} intervals, seeds as blocks, deviations of single networks included "
    "(findings/diminishing.py). At least: the one-sided bound of start minus end. Little from: the "
    "cost over the smallest network's from which on a doubling buys less than "
    f"{LITTLE:g} points."
)


def _table(found: dict[str, Diminishing | str]) -> Table:
    head = [
        "dimension", "verdict", "gain in all", "at the start", "at the end", "start minus end",
        "at least", "little from", "doublings", "networks, runs",
    ]  # fmt: skip
    rows = []
    for name, result in found.items():
        if isinstance(result, str):
            rows.append([name, result, *[""] * (len(head) - 2)])
            continue
        little = result.little_from
        rows.append(
            [
                name,
                _group(result),
                _points(result.gain),
                _points(result.start),
                _points(result.end),
                _points(result.difference),
                f"{result.difference_above:+.1f}",
                f"{_times(little.value)} ({_times(little.low)} to {_times(little.high)})",
                f"{result.doublings:.2f}",
                f"{result.networks}, {result.runs}",
            ]
        )
    return Table(head, rows)


def _json(result: Diminishing | str) -> dict[str, Any]:
    if isinstance(result, str):
        return {"verdict": None, "reason": result}

    def plain(interval: Interval) -> dict[str, float | None]:
        values = {"median": interval.value, "low": interval.low, "high": interval.high}
        return {key: None if value == float("inf") else value for key, value in values.items()}

    return {
        "verdict": result.verdict,
        "helps": result.helps,
        "summary": _group(result),
        "gain": plain(result.gain),
        "start": plain(result.start),
        "end": plain(result.end),
        "difference": plain(result.difference),
        "difference_above": result.difference_above,
        "difference_below": result.difference_below,
        "little_from": plain(result.little_from),
        "networks": result.networks,
        "runs": result.runs,
        "doublings": result.doublings,
    }
