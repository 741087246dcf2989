"""Errors against latency, and what predicts latency (Tan & Le 2019, Table 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.latency_predictors import LatencyPredictors, latency_predictors
from scaling_search.report.content import Block, Figure, Paragraph, Section, Table
from scaling_search.report.figures.latency import Timed, error_against_latency
from scaling_search.report.figures.looks import looks
from scaling_search.report.seen import networks_seen
from scaling_search.report.words import Words
from scaling_search.report.writing import as_json
from scaling_search.wording import capital


def latency_section(
    timed: Sequence[Timed], series: Iterable[str], words: Words
) -> tuple[list[Section], dict[str, str]]:
    """The section and latency.json; nothing where nothing was measured.

    series: all that the study has, so that each looks as it does in the other figures.
    """
    if not timed:
        return [], {}
    first = timed[0].latency
    many = f"{first.batch_size} images at a time"
    seconds = {
        "one image at a time": [t.latency.seconds_per_image[1] for t in timed],
        many: [1 / t.latency.images_per_second[1] for t in timed],
    }
    macs, activations = [t.macs for t in timed], [t.activations for t in timed]
    predictors = {
        what: latency_predictors(values, macs, activations, LEVEL)
        for what, values in seconds.items()
    }
    conditions = (
        f"Medians of {first.rounds} rounds after {first.warm_up} to warm up, networks in turns, "
        f"with the quartiles; {first.threads} thread{'s' if first.threads > 1 else ''} on "
        f"{first.device}. Compare them within this table: the machine was shared."
    )
    figure = Figure(
        name="latency",
        svg=error_against_latency(timed, looks(series), words),
        alt=f"{capital(words.shown)} against latency: "
        f"{networks_seen([t.error for t in timed], words)}",
        caption=f"{capital(words.shown)} against the median time of an image; bars: quartiles.",
    )
    sentences = [
        Paragraph(f"{capital(what)}: {found.verdict}") for what, found in predictors.items()
    ]
    blocks: list[Block] = [*sentences, figure, _table(timed, many, conditions, words)]
    known = {"latency.json": as_json(_json(conditions, predictors))}
    return [Section("How fast are they, and what predicts that?", blocks)], known


def _table(timed: Sequence[Timed], many: str, conditions: str, words: Words) -> Table:
    metric = words.metric
    columns: dict[str, Callable[[Timed], str]] = {
        "network": lambda t: t.group,
        "": lambda t: t.name,
        words.shown: lambda t: "" if math.isnan(t.error) else metric.text(metric.shown(t.error)),
        "multiply-adds": lambda t: f"{t.macs:,}",
        "activations": lambda t: f"{t.activations:,}",
        "one image, ms": lambda t: _three([1000 * s for s in t.latency.seconds_per_image], 2),
        f"{many}, images a second": lambda t: _three(t.latency.images_per_second, 0),
    }
    return Table.of(timed, columns, conditions)


def _three(values: Sequence[float], digits: int) -> str:
    low, median, high = values
    return f"{median:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def _json(conditions: str, predictors: Mapping[str, LatencyPredictors]) -> dict[str, Any]:
    """The correlations of logs, with intervals."""
    return {
        "level": LEVEL,
        "conditions": conditions,
        "predictors": {
            what: {
                "networks": found.networks,
                "better": found.better,
                "reason": found.reason or None,
                "verdict": found.verdict,
                **({} if found.reason else _correlations(found)),
            }
            for what, found in predictors.items()
        },
    }


def _correlations(found: LatencyPredictors) -> dict[str, Any]:
    named = {"macs": found.macs, "activations": found.activations, "difference": found.difference}
    return {
        name: {"log_pearson": list(c.pearson), "spearman": list(c.spearman)}
        for name, c in named.items()
    }
