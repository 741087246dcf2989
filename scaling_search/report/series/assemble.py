"""What the reports of all kinds of series share: remarks, points.csv, verdict.json, latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scaling_search.report.content import Brief, Content, Figure, Section
from scaling_search.report.figures.latency import Timed
from scaling_search.report.latency import latency_section
from scaling_search.report.seen import networks_seen
from scaling_search.report.series.measured import Measured, points_table
from scaling_search.report.series.pixel_price import price_remarks
from scaling_search.report.short_runs import short_run_remarks
from scaling_search.report.started import start_remarks
from scaling_search.report.words import assumption
from scaling_search.report.writing import as_csv, as_json
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.wording import capital


def series_content(
    measured: Measured,
    *,
    answer: Sequence[str],
    remarks: Sequence[str] = (),
    figure: tuple[str, str],
    alt: str = "",
    sections: Sequence[Section],
    verdict: Mapping[str, Any],
) -> Content:
    """The report of a study of series.

    figure: SVG and caption; alt: what is to be seen there, if not errors against cost. verdict:
    the findings as numbers, for verdict.json.
    """
    svg, caption = figure
    alt = alt or f"{capital(measured.words.shown)} against multiply-adds"
    alt = f"{alt}: {networks_seen(measured.mean, measured.words)}"
    drawn = Figure(name="series", svg=svg, alt=alt, caption=caption)
    all_remarks = [*remarks, *_common_remarks(measured)]
    series = [point.series for point in measured.points]
    latency, times = latency_section(timed_points(measured), series, measured.words)
    return Content(
        brief=[Brief("What was found?", answer[0])],
        lead=[drawn],
        answer=answer,
        remarks=all_remarks,
        sections=[*sections, *latency],
        files={
            "points.csv": as_csv(points_table(measured)),
            "verdict.json": as_json({"answer": answer, "remarks": all_remarks, **verdict}),
            **times,
        },
    )


def timed_points(measured: Measured) -> list[Timed]:
    """Every network whose latency was measured, once, by the first series that it is part of."""
    known = read_latencies(measured.study.folder)
    found: dict[str, Timed] = {}
    several = len(measured.baselines) > 1
    for point, error in zip(measured.points, measured.mean):
        member = point.member
        if member.id in known and member.id not in found:
            found[member.id] = Timed(
                series=point.series,
                group=f"{point.baseline}, {point.series}" if several else point.series,
                name=f"×{member.cost_ratio:.3g}",
                macs=member.cost.macs,
                activations=member.cost.activations,
                error=error,
                latency=known[member.id],
            )
    return list(found.values())


def _common_remarks(measured: Measured) -> list[str]:
    definition, remarks = measured.study.definition, []
    wanted, seeds = len(definition.series_runs), len(definition.settings.sweep.seeds)
    networks = [point.member.id for point in measured.points]
    runs = dict(zip(networks, np.isfinite(measured.errors).sum(axis=1).tolist()))
    known, diverged = sum(runs.values()), dict(zip(networks, measured.diverged))
    if known + sum(diverged.values()) < wanted:
        remarks.append(f"The study is unfinished: {known} of {wanted} runs are known.")
    for network, count in ((n, count) for n, count in diverged.items() if count):
        remarks.append(f"Network {network} diverged in {count} of {seeds} runs; they are left out.")
    return remarks + setting_remarks(measured)


def setting_remarks(measured: Measured) -> list[str]:
    """How it was measured, and which networks were left out."""
    definition = measured.study.definition
    remarks = [*short_run_remarks(definition), *start_remarks(definition)]
    images = f"{count:,} " if (count := definition.facts.test_images) else ""
    remarks.append(
        f"Measured on {images}test images, by which nothing was chosen, "
        "with one recipe for all networks."
        if definition.has_test
        else "Measured on val, by which nothing was chosen, with one recipe for all networks."
    )
    remarks += assumption(measured.words)
    remarks += price_remarks(measured)
    reasons: dict[str, list[str]] = {}
    for left_out in definition.networks.left_out:
        reasons.setdefault(left_out.reason, []).append(left_out.what)
    return remarks + [f"Left out, {reason}: {'; '.join(what)}." for reason, what in reasons.items()]
