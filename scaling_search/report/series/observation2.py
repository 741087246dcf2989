"""Observation 2: is balance what pays, at equal cost?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scaling_search.findings.balance import Balance, Gap, balance
from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Content, Section, Table, or_reason
from scaling_search.report.figures.series import width_series
from scaling_search.report.series.assemble import series_content
from scaling_search.report.series.gains import Gains
from scaling_search.report.series.measured import Measured, measure
from scaling_search.report.series.pixel_price import PRICE_NOTE, prices_of
from scaling_search.series import Observation2Settings
from scaling_search.series.observation2 import base_name
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent


def observation2(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    sweep = study.definition.settings.sweep
    assert isinstance(sweep, Observation2Settings)
    measured = measure(study, rows)
    names = [point.series for point in measured.points]
    found = or_reason(lambda: balance(names, measured.macs, measured.parts, LEVEL, measured.seeded))
    first, last = sweep.bases[0], sweep.bases[-1]
    grown = last[0] > first[0] and last[1] > first[1]
    question = (
        "Observation 2 (Tan & Le 2019, Figure 4): at equal cost, width scaled from a "
        f"{'deeper and finer' if grown else 'different'} base beats width scaled from the first."
    )
    bases = [base_name(*base) for base in sweep.bases]
    caption = (
        f"{capital(measured.words.shown)} of width series from bases of different depth d and "
        "resolution r, against realised multiply-adds: means over seeds with "
        f"{percent(LEVEL, 0)} intervals and the width multiplier; lines: the common curve "
        "of findings/balance.py."
    )
    return series_content(
        measured,
        answer=[
            f"{question} {_first_sentence(found, bases, measured.gains)}",
            *_other_bases(found, bases, measured.gains),
        ],
        figure=(width_series(measured, found), caption),
        sections=(
            []
            if isinstance(found, str)
            else [Section("Which base is better at equal cost?", [_table(found, measured)])]
        ),
        verdict={"reason": found} if isinstance(found, str) else _json(found, measured.gains),
    )


def _first_sentence(found: Balance | str, bases: list[str], gains: Gains) -> str:
    if isinstance(found, str):
        return f"Here it cannot be judged: {found}."
    absent = [base for base in (bases[0], bases[-1]) if base not in found.curves]
    if absent:
        return f"Here it cannot be judged: no network of the base ({absent[0]}) is trained."
    gap = found.gap(bases[-1], bases[0])
    verdict = {
        "better": "Here it holds",
        "worse": "Here it is contradicted",
        "open": "Here it is open",
        "no common cost": "Here it cannot be judged",
    }[gap.verdict]
    if gap.verdict == "no common cost":
        return f"{verdict}: ({gap.series}) and ({gap.rival}) share no cost."
    return (
        f"{verdict}: at equal multiply-adds ({_costs(gap)}) the base ({gap.series}) lies "
        f"{_side(gap, gains)} ({gap.rival})."
    )


def _other_bases(found: Balance | str, bases: list[str], gains: Gains) -> list[str]:
    """Is it the balance or one dimension of it? What the bases between first and last do."""
    if isinstance(found, str) or bases[0] not in found.curves:
        return []
    gaps = [found.gap(base, bases[0]) for base in bases[1:-1] if base in found.curves]
    shared = [gap for gap in gaps if gap.verdict != "no common cost"]
    lies = [f"({gap.series}) lies {_side(gap, gains)} it" for gap in shared]
    return [f"Of the other bases, {', '.join(lies)}."] if lies else []


def _side(gap: Gap, gains: Gains) -> str:
    points, better, worse = gap.points, *_sides(gains)
    side, sign = (better, 1) if points.value >= 0 else (worse, -1)
    low, high = sorted((sign * points.low, sign * points.high))
    return f"{gains.amount(sign * points.value, high - low)} ({gains.between(low, high)}) {side}"


def _sides(gains: Gains) -> tuple[str, str]:
    """Where the better one lies, and the worse: accuracies above others, losses below them."""
    return ("above", "below") if gains.words.metric.rises else ("below", "above")


def _costs(gap: Gap) -> str:
    if gap.macs_from == gap.macs_to:
        return f"{gap.macs_from:,.0f}, by one network"
    return f"{gap.macs_from:,.0f} to {gap.macs_to:,.0f}"


def _note(gains: Gains) -> str:
    return (
        f"{capital(gains.words.gain)} by which a series lies {_sides(gains)[0]} another at equal "
        f"realised cost; {percent(LEVEL, 0)} intervals, each by itself; {gains.words.as_blocks}, "
        f"deviations of single networks included. {PRICE_NOTE}"
    )


def _table(found: Balance, measured: Measured) -> Table:
    gains, (better, _) = measured.gains, _sides(measured.gains)

    def shared(gap: Gap, text: str) -> str:
        return "" if gap.verdict == "no common cost" else text

    columns: dict[str, Callable[[Gap], str]] = {
        "series": lambda gap: gap.series,
        better: lambda gap: gap.rival,
        "points" if gains.noun else "by": lambda gap: shared(gap, gains.signed(gap.points)),
        "common multiply-adds": lambda gap: shared(gap, _costs(gap)),
        "verdict": lambda gap: gap.verdict,
        "price of a pixel": lambda gap: (
            f"{prices_of(measured, gap.series)} against {prices_of(measured, gap.rival)}"
        ),
    }
    return Table.of(found.gaps, columns, _note(gains))


def _json(found: Balance, gains: Gains) -> dict[str, Any]:
    gaps = [
        {**vars(g), **gains.own_interval(g.points).named("points"), "verdict": g.verdict}
        for g in found.gaps
    ]
    return {"networks": found.networks, "runs": found.runs, "gaps": gaps}
