"""Accuracy against latency, and what predicts latency (Tan & Le 2019, Table 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.latency_predictors import LatencyPredictors, latency_predictors
from scaling_search.report.rows import Table
from scaling_search.study.latency import MeasuredLatency


@dataclass(frozen=True)
class Timed:
    """A trained network whose latency is known."""

    group: str
    name: str
    macs: int
    activations: int
    #: Test accuracy as a fraction; nan where it is not known.
    accuracy: float
    latency: MeasuredLatency


@dataclass(frozen=True)
class LatencyContent:
    """The part of a report that latency.csv gives."""

    sentences: list[str]
    table: Table
    conditions: str
    timed: Sequence[Timed]
    predictors: Mapping[str, LatencyPredictors]

    def to_dict(self) -> dict[str, Any]:
        """For latency.json: the correlations of logs, with intervals."""
        return {
            "level": LEVEL,
            "conditions": self.conditions,
            "predictors": {
                what: {
                    "networks": found.networks,
                    "better": found.better,
                    "reason": found.reason or None,
                    "verdict": found.verdict,
                    **{
                        name: _plain(getattr(found, name))
                        for name in ("macs", "activations", "difference")
                        if not found.reason
                    },
                }
                for what, found in self.predictors.items()
            },
        }


def _plain(correlation: Any) -> dict[str, Any]:
    return {
        "log_pearson": list(correlation.pearson),
        "spearman": list(correlation.spearman),
    }


def latency_content(timed: Sequence[Timed]) -> LatencyContent | None:
    """None where nothing was measured."""
    if not timed:
        return None
    first = timed[0].latency
    macs = [t.macs for t in timed]
    activations = [t.activations for t in timed]
    one = "one image at a time"
    many = f"{first.batch_size} images at a time"
    predictors = {
        one: latency_predictors(
            [t.latency.seconds_per_image[1] for t in timed], macs, activations, LEVEL
        ),
        many: latency_predictors(
            [1 / t.latency.images_per_second[1] for t in timed], macs, activations, LEVEL
        ),
    }
    conditions = (
        f"Medians of {first.rounds} rounds after {first.warm_up} to warm up, networks in turns, "
        f"with the quartiles; {first.threads} thread{'s' if first.threads > 1 else ''} on "
        f"{first.device}. Compare them within this table: the machine was shared."
    )
    head = ["network", "", "test accuracy", "multiply-adds", "activations"]
    head += ["one image, ms", f"{many}, images a second"]
    rows = [
        [
            t.group,
            t.name,
            "" if t.accuracy != t.accuracy else f"{100 * t.accuracy:.1f} %",
            f"{t.macs:,}",
            f"{t.activations:,}",
            _three([1000 * value for value in t.latency.seconds_per_image], 2),
            _three(t.latency.images_per_second, 0),
        ]
        for t in timed
    ]
    return LatencyContent(
        [f"{what[0].upper()}{what[1:]}: {found.verdict}" for what, found in predictors.items()],
        Table(head, rows),
        conditions,
        timed,
        predictors,
    )


def _three(values: Sequence[float], digits: int) -> str:
    low, median, high = values
    return f"{median:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"
