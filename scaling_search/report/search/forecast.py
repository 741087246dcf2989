"""STEP 2 as a reader wants it: was the forecast right, which size buys what, what to train next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pandas as pd

from scaling_search.baselines import MACS, Counted, Quantity
from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import Lesson, ScalingLaw
from scaling_search.metric import Metric
from scaling_search.report.content import Block, Figure, Paragraph, Section, Table
from scaling_search.report.figures.family import error_against_amount, held_out_members
from scaling_search.report.search.alike import OWN, Alike
from scaling_search.report.search.family import Family
from scaling_search.report.seen import networks_seen
from scaling_search.wording import capital, percent

SHOWN_LESSONS = 4


def family_figure(family: Family, baseline: str, follows: str, alike: Alike = OWN) -> list[Figure]:
    """Its curve, where there is a family. baseline: its name; follows: what scales it."""
    if not len(family.table):
        return []
    words = family.words
    seen = networks_seen(family.measured["error"], words)
    if isinstance(family.law, ScalingLaw):
        forecast = family.table.loc[family.table["forecast"].notna(), "forecast"]
        seen += f"; with the forecast, {networks_seen(forecast, words)}"
    figure = Figure(
        name="accuracy",
        svg=error_against_amount(family.table, family.law, words, family.quantity, alike.family),
        alt=f"{capital(words.shown)} against {family.quantity.what}: {seen}",
        caption=f"{capital(words.shown)} of {baseline} scaled by {follows}. "
        f"{family.quantity.explained}",
    )
    return [figure]


def family_sections(family: Family) -> list[Section]:
    """STEP 2 and what follows from it."""
    heading = "What does each size of the family reach? (STEP 2)"
    if not len(family.table):
        return [Section(heading, [Paragraph("There is no winner yet, so there is no family.")])]
    sections = [Section(heading, [_members(family)])]
    if isinstance(family.law, str):
        return sections
    sections.append(Section("Was the forecast right?", [_backtest(family)], level=3))
    if family.needed:
        sections.append(Section("Which size buys what?", [_needed(family)], level=3))
    if family.lessons:
        sections.append(Section("What to train next?", _next(family), level=3))
    return sections


def _members(family: Family) -> Table:
    words, metric = family.words, family.words.metric
    columns: dict[str, Callable[[Any], str]] = {
        "φ": lambda row: f"{row.phi:.3g}",
        "depth": lambda row: f"×{row.depth_mult:.2f}",
        "width": lambda row: f"×{row.width_mult:.2f}",
        "px": lambda row: str(row.resolution),
        **_of_quantity(family.quantity),
        "multiply-adds": lambda row: f"{row.macs:,}",
        "params": lambda row: f"{row.params:,}",
        "activations": lambda row: f"{row.activations:,}",
        "cost": lambda row: f"{row.cost_ratio:.2f}",
        "effective φ": lambda row: f"{row.effective_phi:.2f}",
        words.error: lambda row: _measured(row, metric),
        f"forecast, {percent(LEVEL, 0)}": lambda row: _forecast(row, metric),
    }
    note = (
        "Depth and width: multipliers before rounding. Effective φ: log2 of the realised cost "
        f"ratio. {capital(words.error)}: mean over seeds ± half of its {percent(LEVEL, 0)} "
        "interval, from a relative spread pooled over sizes."
    )
    return Table.of(family.table.itertuples(), columns, note)


def _measured(row: Any, metric: Metric) -> str:
    seeds = f"{row.runs} seed{'s' if row.runs > 1 else ''}"
    half = row.error_high - row.error
    return f"{metric.give_or_take(row.error, half)} ({seeds})" if row.runs else ""


def _forecast(row: Any, metric: Metric) -> str:
    if pd.isna(row.forecast):
        return "above the data's resolution" if row.above_native else getattr(row, "beyond", "")
    interval = metric.between(row.forecast_low, row.forecast_high)
    return f"{metric.text(row.forecast)}, {interval}"


def backtest_sentence(family: Family) -> str:
    """What a fit without the largest trained members would have said of them: hit or miss."""
    if isinstance(family.backtest, str):
        return f"There is no back-test: {family.backtest}"
    return f"Back-test: {family.backtest.statement}"


def _backtest(family: Family) -> Block:
    told = (
        f"{backtest_sentence(family)} Which sizes are held out is a rule that knows no error: a "
        "third of the trained sizes, rounded down, and none where fewer than three would be left."
    )
    if isinstance(family.backtest, str):
        return Paragraph(told)
    return Figure(
        name="backtest",
        svg=held_out_members(family.backtest, family.words, family.quantity),
        alt="The largest trained members as the smaller ones forecast them: "
        f"{sum(map(bool, family.backtest.hit))} of {len(family.backtest.hit)} hit",
        caption=told,
    )


def _needed(family: Family) -> Table:
    level = f"{percent(LEVEL, 0)} interval"
    words, metric = family.words, family.words.metric
    quantity = family.quantity
    head = [metric.mistakes, words.error, quantity.what, "effective φ", level]
    rows = []
    for wish, needed in family.needed.items():
        size, phi = "out of reach", ""
        if needed.macs is not None:
            size, phi = (
                quantity.rounded(needed.macs),
                f"{_effective_phi(family.table, needed.macs):.1f}",
            )
            if _above_native(family.table, needed.macs):
                size += " (above the data's resolution)"
        early = quantity.rounded(needed.macs_if_lucky) if needed.macs_if_lucky else None
        late = quantity.rounded(needed.macs_if_unlucky) if needed.macs_if_unlucky else None
        interval = f"{early} to {late}" if late else f"from {early}, perhaps never"
        rows.append([wish, metric.text(needed.error), size, phi, interval if early else "never"])
    note = (
        f"{'Fewer mistakes' if metric.counts_mistakes else 'Less'} than the largest trained member "
        f"{'makes' if metric.counts_mistakes else 'has'}. {capital(quantity.what)}: where the "
        f"forecast reaches {metric.the_error_on()}; looked for up to 100 times the largest trained "
        "size. Interval: where the low and the high end of the forecast's interval reach it."
    )
    return Table(head, rows, note)


def _next(family: Family) -> list[Block]:
    best, target = family.lessons[0], family.target
    sentence = (
        f"To narrow the forecast for φ = {target.phi:g} most per cost, train φ = "
        f"{_phi(family.table, best):g} next ({family.quantity.told(best.macs)}): one run is "
        f"expected to take {_narrowing(best)} off its interval."
    )
    columns: dict[str, Callable[[Lesson], str]] = {
        "φ": lambda lesson: f"{_phi(family.table, lesson):g}",
        family.quantity.what: lambda lesson: family.quantity.text(lesson.macs),
        "cost of a run, largest trained = 1": lambda lesson: f"{lesson.cost:.2f}",
        "narrows the interval by": _narrowing,
    }
    note = "One run of a listed member that is not trained yet, the most narrowing per cost first."
    return [Paragraph(sentence), Table.of(family.lessons[:SHOWN_LESSONS], columns, note)]


def forecast_remarks(family: Family) -> list[str]:
    """What the forecast cannot carry, and whether it would have been right."""
    if isinstance(family.law, str):
        return [f"There is no forecast: {family.law}."]
    warnings = {warning.type: warning for warning in family.law.warnings}
    if family.above_measured is not None:
        # Of the member that the answer names, instead of any larger size.
        warnings[family.above_measured.type] = family.above_measured
    remarks = [f"Forecast ({w.type.value}): {w.sentence}" for w in warnings.values()]
    return [*remarks, backtest_sentence(family)]


def runs_of(family: Family, row: Any) -> str:
    """The errors of the runs of a trained size; of many, the lowest and the highest."""
    errors, metric = sorted(family.errors[row.member]), family.words.metric
    low, high = errors[0], errors[-1]
    if len(errors) == 1:
        return f"one run: {metric.text(low)}"
    if len(errors) == 2:
        return f"runs: {metric.number(low)} and {metric.text(high)}"
    return f"{len(errors)} runs: {metric.between(low, high)}{metric.unit}"


def forecast_json(family: Family) -> dict[str, Any]:
    """forecast.json: the law, the forecast of every listed member, and what follows from it."""
    if isinstance(family.law, str):
        return {"law": None, "reason": family.law, "members": []}
    table, target, backtest = family.table, family.target, family.backtest
    columns = {"error": "measured", "forecast_low": "low", "forecast_high": "high"}
    members = table[table["forecast"].notna()].rename(columns=columns)
    # What the law calls macs is the size, in whatever quantity it is counted.
    sizes = ["macs"] if family.quantity == MACS else ["macs", "amount"]
    return {
        "law": family.law.to_dict(),
        "interval": family.forecast and family.forecast.statement,
        "level": LEVEL,
        **({} if family.quantity == MACS else {"quantity": family.quantity.name}),
        "members": members[["phi", *sizes, "forecast", *columns.values()]].to_dict("records"),
        "backtest": {"reason": backtest} if isinstance(backtest, str) else backtest.to_dict(),
        "sizes_needed": [
            {
                "mistakes": wish,
                **asdict(needed),
                "effective_phi": needed.macs and _effective_phi(table, needed.macs),
                "out_of_reach": needed.out_of_reach,
                "above_native": needed.macs is not None and _above_native(table, needed.macs),
            }
            for wish, needed in family.needed.items()
        ],
        "next_sizes": [
            {
                "phi": _phi(table, lesson),
                **asdict(lesson),
                "target_phi": target.phi,
                "narrowing_per_cost": lesson.narrowing_per_cost,
            }
            for lesson in family.lessons
        ],
    }


def _phi(table: pd.DataFrame, lesson: Lesson) -> float:
    return float(table.loc[table["amount"] == lesson.macs, "phi"].iloc[0])


def _narrowing(lesson: Lesson) -> str:
    return percent(1 - lesson.sd_after / lesson.sd_before, 0)


def _effective_phi(table: pd.DataFrame, size: float) -> float:
    """log2 of the realised cost ratio: several φ share one network, one cost has one of these."""
    row = table.iloc[0]
    return math.log2(size / row["amount"] * row.cost_ratio)


def _above_native(table: pd.DataFrame, size: float) -> bool:
    above = table.loc[table["above_native"], "amount"]
    return bool(len(above) and size >= above.min())


def _of_quantity(quantity: Quantity) -> dict[str, Callable[[Any], str]]:
    """A column of sizes, where none of the others is."""
    if isinstance(quantity, Counted):
        return {}
    return {quantity.what: lambda row: quantity.text(row.amount)}
