"""The tables of STEP 0's report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.metric import Metric
from scaling_search.report.baseline.found import Existing, FoundBaseline
from scaling_search.report.content import Paragraph, Table
from scaling_search.report.words import Words, of_judged
from scaling_search.wording import percent

#: Networks that the page lists; trials.csv lists all.
_LISTED = 20


def compared(found: FoundBaseline) -> Table:
    """The existing baselines beside the found one."""
    words, metric = found.words, found.words.metric
    worse = f"{'points ' if metric.is_fraction else ''}worse than the found one"
    columns: dict[str, Callable[[Existing], str]] = {
        "existing baseline": lambda e: e.candidate.mark,
        "px": lambda e: str(e.candidate.member.resolution),
        "multiply-adds": lambda e: f"{e.candidate.macs:,}",
        "runs": lambda e: str(e.runs),
        words.error: lambda e: metric.text(e.val_error) if e.runs else "not trained",
        worse: lambda e: (
            f"{_number(metric, e.worse)} ({metric.between(e.worse.low, e.worse.high)})"
            if e.runs
            else ""
        ),
    }
    if found.has_test:
        test = of_judged(found.study.definition).error
        columns[test] = lambda e: metric.text(e.test_error) if e.runs else ""
    return Table.of(
        found.existing,
        columns,
        "Each is scaled evenly in depth, width and resolution to the cost that was asked for; the "
        f"first one is the present baseline. {percent(LEVEL, 0)} intervals: the noise of the "
        "runs, and what is not known of the found network.",
    )


def choices(found: FoundBaseline) -> Table | Paragraph:
    """What each choice of a network's shape is worth."""
    decision = found.decision
    if not decision.choices:
        return Paragraph("All networks that were trained to the end are alike in every choice.")
    rows = list(zip(decision.choices, decision.fit.effects))
    words, metric = found.words, found.words.metric
    columns: dict[str, Callable[[Any], str]] = {
        "at equal cost": lambda row: row[0].phrase,
        metric.mistakes: lambda row: _change(row[1].value),
        f"{percent(LEVEL, 0)} interval": lambda row: (
            f"{_change(row[1].low)} to {_change(row[1].high)}"
        ),
        "": lambda row: {"better": "worse", "worse": "better"}.get(row[1].verdict, ""),
    }
    return Table.of(
        rows,
        columns,
        f"By a linear model of {_log_of(words)} of the networks that were trained to the end; what "
        "it leaves out of single networks has a standard deviation of "
        f"{_change(decision.fit.tau)}, the noise of a run "
        f"{_change(decision.noise.sd().value)}. A sampler proposes good networks more often, so "
        "the table speaks of networks near the best ones.",
    )


def _number(metric: Metric, difference: Interval) -> str:
    """In a column whose head has the unit."""
    width = difference.high - difference.low
    return metric.difference(difference.value, width).removesuffix(" points")


def _log_of(words: Words) -> str:
    metric = words.metric
    return "the log error" if metric.counts_mistakes else f"log({words.error})"


def _change(log_error: float) -> str:
    text = f"{100 * math.expm1(log_error):+.0f} %"
    return "0 %" if text in ("-0 %", "+0 %") else text


def networks(found: FoundBaseline) -> Table:
    """The best of the proposed networks."""
    metric = found.words.metric
    columns: dict[str, Callable[[Any], str]] = {
        "trial": lambda row: row.trial,
        "network": lambda row: row.network,
        "multiply-adds": lambda row: f"{row.macs:,}",
        "runs": lambda row: str(row.runs),
        found.words.error: lambda row: metric.text(row.val_error) if row.runs else "not trained",
        "expected": lambda row: metric.give_or_take(row.expected_error, row.expected_sd),
        "P(best)": lambda row: f"{row.p_best:.2f}",
    }
    listed = found.table[found.table["expected_error"].notna()].head(_LISTED)
    return Table.of(
        listed.itertuples(),
        columns,
        f"The best of {int(found.decision.proposed.sum())} by the objective; trials.csv has all. "
        "A stage is its blocks, their kind, channels, kernel (k), stride (/), expansion (e) and "
        "squeeze-excitation (se). Expected: by the network's own runs and by what its choices say.",
    )
