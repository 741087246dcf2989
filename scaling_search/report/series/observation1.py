"""Observation 1: does each dimension alone help, and less and less?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from scaling_search.findings.diminishing import (
    CONTRADICTED,
    DIMINISHING,
    LITTLE,
    NOT_VISIBLE,
    Diminishing,
    diminishing_returns,
)
from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Content, Section, Table, or_reason
from scaling_search.report.figures.series import error_by_dimension
from scaling_search.report.series.assemble import series_content
from scaling_search.report.series.gains import Gains
from scaling_search.report.series.measured import Measured, measure
from scaling_search.report.series.pixel_price import PRICE_NOTE, prices_of
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent

QUESTION = (
    "Observation 1 (Tan & Le 2019, Figure 3): scaling any one dimension improves accuracy, but the "
    "gain diminishes."
)
#: Cost ratio beyond which no fit is followed.
FAR = 100.0


def observation1(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    measured = measure(study, rows)
    found: dict[str, Diminishing | str] = {}
    for series in dict.fromkeys(point.series for point in measured.points):
        at = measured.of(series=series)
        judge = partial(
            diminishing_returns, measured.macs[at], measured.parts[at], LEVEL, measured.seeded
        )
        found[series] = or_reason(judge)
    caption = (
        f"{capital(measured.words.shown)} when one dimension alone is scaled: means over seeds "
        "with the multiplier beside them, and the saturating fit, with "
        f"{percent(LEVEL, 0)} intervals."
    )
    return series_content(
        measured,
        answer=[
            f"{QUESTION} {_first_sentence(found)}",
            *(_sentence(n, f, measured.gains) for n, f in found.items()),
        ],
        figure=(error_by_dimension(measured, found), caption),
        sections=[Section("How much does a doubling buy?", [_table(found, measured)])],
        verdict={"series": {name: _json(f, measured.gains) for name, f in found.items()}},
    )


def _first_sentence(found: dict[str, Diminishing | str]) -> str:
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


def _sentence(name: str, result: Diminishing | str, gains: Gains) -> str:
    if isinstance(result, str):
        return f"{name}: {result}."
    bought = f"{gains.signed(result.gain)}{gains.noun}"
    total = f"{name}: {result.doublings:.1f} doublings buy {bought} in all"
    ends = (
        f"a doubling buys {gains.signed(result.start)} at the start and "
        f"{gains.signed(result.end)} at the end"
    )
    if result.helps != "helps":
        seen = "scaling it hurts" if result.helps == "hurts" else "no gain can be seen"
        return f"{total}, so {seen}; {ends}."
    by, confidence = result.difference.value, f"{percent(result.level, 0)} confidence"
    less, more = gains.amount(by), gains.amount(-by)
    above, below = gains.number(result.difference_above), gains.number(-result.difference_below)
    verdict = {
        DIMINISHING: f"the gain diminishes: a doubling buys {less} less at the end than "
        f"at the start, at least {above} with {confidence}",
        CONTRADICTED: f"the gain grows: a doubling buys {more} more at the end than at "
        f"the start, at least {below} with {confidence}",
        NOT_VISIBLE: "whether the gain diminishes is not visible in this range: start minus end is "
        f"{gains.signed(result.difference)}{gains.noun} a doubling",
    }[result.verdict]
    return f"{total}; {ends}; {verdict}. {_little_sentence(result, gains)}"


def _little_sentence(result: Diminishing, gains: Gains) -> str:
    little = gains.amount(LITTLE)
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


def _note(gains: Gains) -> str:
    words = gains.words
    one = " (1 = one image in a hundred)" if words.metric.counts_mistakes else ""
    taken = "" if words.metric.rises else " taken away"
    part = "" if gains.noun else f", a two-hundredth of the largest {words.shown}"
    return (
        f"{capital(words.gain)}{one}{taken} per doubling of multiply-adds; "
        f"{percent(LEVEL, 0)} intervals, {words.as_blocks}, deviations of single networks included "
        "(findings/diminishing.py). At least: the one-sided bound of start minus end. Little from: "
        "the cost over the smallest network's from which on a doubling buys less than "
        f"{gains.amount(LITTLE)}{part}. {PRICE_NOTE}"
    )


def _table(found: dict[str, Diminishing | str], measured: Measured) -> Table:
    head = [
        "dimension", "verdict", "gain in all", "at the start", "at the end", "start minus end",
        "at least", "little from", "doublings", "networks, runs", "price of a pixel",
    ]  # fmt: skip
    rows, gains = [], measured.gains
    for name, result in found.items():
        price = prices_of(measured, name)
        if isinstance(result, str):
            rows.append([name, result, *[""] * (len(head) - 3), price])
            continue
        little = result.little_from
        rows.append(
            [
                name,
                _group(result),
                gains.signed(result.gain),
                gains.signed(result.start),
                gains.signed(result.end),
                gains.signed(result.difference),
                gains.plus(result.difference_above),
                f"{_times(little.value)} ({_times(little.low)} to {_times(little.high)})",
                f"{result.doublings:.2f}",
                f"{result.networks}, {result.runs}",
                price,
            ]
        )
    return Table(head, rows, _note(gains))


def _json(result: Diminishing | str, gains: Gains) -> dict[str, Any]:
    if isinstance(result, str):
        return {"verdict": None, "reason": result}
    intervals, bounds = ("gain", "start", "end", "difference"), ("above", "below")
    numbers = ("networks", "runs", "doublings")
    return {
        "verdict": result.verdict,
        "helps": result.helps,
        "summary": _group(result),
        **{n: gains.own_interval(getattr(result, n)).named("median") for n in intervals},
        "little_from": result.little_from.named("median"),
        **{f"difference_{n}": gains.own(getattr(result, f"difference_{n}")) for n in bounds},
        **{name: getattr(result, name) for name in numbers},
    }
