"""The tables of a study of transfer."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Section, Table
from scaling_search.report.series.measured import Measured
from scaling_search.report.transfer.measured import Transferred
from scaling_search.series.published_transfer import published_transfer
from scaling_search.wording import capital, percent


def networks(found: Transferred) -> Table:
    """A row for each network: its three accuracies, and what fine-tuning gains."""
    points, words, told = found.points, found.tuned.words, found.tuned.gains

    def gained(at: int) -> str:
        of = found.gains.each[at]
        return "" if math.isnan(of.value) else told.signed(of)

    columns: dict[str, Callable[[int], str]] = {
        "scaled by": lambda i: points[i].series,
        "depth": lambda i: f"×{points[i].member.depth_mult:.2f}",
        "width": lambda i: f"×{points[i].member.width_mult:.2f}",
        "px": lambda i: f"{points[i].member.resolution}",
        "multiply-adds": lambda i: f"{points[i].member.cost.macs:,}",
        "params": lambda i: f"{points[i].member.cost.params:,}",
        **{f"{words.shown}, {n}": partial(_mean, of) for n, of in found.parts.items()},
        "fine-tuning gains": gained,
    }
    note = (
        f"{capital(words.shown)}: mean over seeds ± half of its {percent(LEVEL, 0)} interval, on "
        "the source's images under “source” and on the target's under the others. Gains: "
        f"points{words.paired}, {percent(LEVEL, 0)} intervals that hold together. Multiply-adds "
        "and parameters are those on the target, whose classes need a classifier of their own."
    )
    return Table.of(range(len(points)), columns, note)


def _mean(measured: Measured, at: int) -> str:
    mean, metric = measured.mean[at], measured.words.metric
    if math.isnan(mean):
        return "not trained"
    return metric.give_or_take(metric.shown(mean), measured.half[at])


def rivals(found: Transferred) -> Table:
    """A row for each other scaling: what the largest size of the family is worth against it."""
    at = range(len(found.others))
    first = next(iter(found.rivals.values()))

    def worth(name: str) -> Callable[[int], str]:
        told = found.parts[name].gains
        of = found.rivals[name]
        return lambda i: of[i].reason or told.signed(of[i].points)

    columns: dict[str, Callable[[int], str]] = {
        "against": lambda i: f"{first[i].point.series} alone",
        "cost": lambda i: f"{found.points[found.others[i]].member.cost_ratio:.3f}",
        **{f"compound minus this, {name}": worth(name) for name in found.rivals},
    }
    note = (
        f"Points of {found.tuned.words.shown}{found.tuned.words.paired}, {percent(LEVEL, 0)} "
        "intervals that hold together for the rows. Costs are equal on the target; on the source, "
        "whose classifier is another, they differ a little."
    )
    return Table.of(at, columns, note)


def published(found: Transferred) -> list[Section]:
    """What the paper found on this set; nothing where it is none of its own."""
    data = found.tuned.study.definition.settings.data
    row = published_transfer(data.name or data.path)
    if row is None:
        return []
    head = ["network", "top-1 accuracy", "params"]
    rows = [
        [row.own, f"{row.own_top1:.1f} %", f"{row.own_params:g} M"],
        [row.other, f"{row.other_top1:.1f} %", f"{row.other_params:g} M"],
    ]
    note = (
        f"Tan & Le 2019, Table 5, {row.data}: trained on ImageNet and fine-tuned, the EfficientNet "
        "beside the best network of public weights that the paper compares it with."
    )
    return [Section("What was published?", [Table(head, rows, note)])]
