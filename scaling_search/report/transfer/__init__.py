"""The report of a study of transfer: does what was learnt on the source help on the target?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scaling_search.baselines import MACS, Counted
from scaling_search.findings.interval import LEVEL
from scaling_search.findings.transfer import Line
from scaling_search.report.content import Brief, Content, Figure, Paragraph, Section
from scaling_search.report.figures.transfer import source_and_target, transferred
from scaling_search.report.latency import latency_section
from scaling_search.report.seen import networks_seen
from scaling_search.report.series.assemble import setting_remarks, timed_points
from scaling_search.report.transfer.answers import elsewhere, gain, predicts, stays_better, use
from scaling_search.report.transfer.measured import Transferred, measure_transfer, transfer_table
from scaling_search.report.transfer.tables import networks, published, rivals
from scaling_search.report.writing import as_csv, as_json
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent


def transfer(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    found = measure_transfer(study, rows)
    words = found.tuned.words
    seen = networks_seen(found.tuned.mean, words)
    told = [gain(found), stays_better(found), predicts(found)]
    remarks = [*_of_runs(found), *setting_remarks(found.tuned)]
    series = [point.series for point in found.points]
    latency, times = latency_section(timed_points(found.tuned), series, words)
    line = found.line if isinstance(found.line, Line) else None
    return Content(
        brief=[
            Brief("Does it transfer?", told[0]),
            Brief("Does the family stay better than other scalings?", told[1]),
            Brief("Does the error on the source predict that on the target?", told[2]),
            Brief("What should I use?", use(found)),
        ],
        lead=[
            Figure(
                name="series",
                svg=transferred(found, [MACS, Counted("params")]),
                alt=f"{capital(words.shown)} against multiply-adds and parameters, fine-tuned: "
                f"{seen}",
                caption=f"{capital(words.shown)} on the target against multiply-adds and against "
                "parameters: filled after fine-tuning, open from nothing; means over seeds with "
                f"their {percent(LEVEL, 0)} intervals.",
            )
        ],
        answer=[*told, *elsewhere(found)],
        remarks=remarks,
        sections=[
            Section("What does each network gain?", [networks(found)]),
            Section("Which scaling is better at equal cost?", [rivals(found)]),
            Section(
                "Do errors on the source predict those on the target?",
                [
                    Paragraph(predicts(found)),
                    Figure(
                        name="source",
                        svg=source_and_target(found, line),
                        alt=f"{capital(words.shown)} on the target against that on the source: "
                        f"{seen}",
                        caption="Each network on both sets, with intervals of its means over "
                        "seeds, and the line of least squares.",
                    ),
                ],
            ),
            *published(found),
            *latency,
        ],
        files={
            "points.csv": as_csv(transfer_table(found)),
            "verdict.json": as_json({"answer": told, "remarks": remarks, **_json(found)}),
            **times,
        },
    )


def _of_runs(found: Transferred) -> list[str]:
    """What is missing."""
    remarks, seeds = [], len(found.tuned.study.definition.settings.sweep.seeds)
    wanted = 3 * seeds * len({point.member.id for point in found.points})
    known = 0
    for name, measured in found.parts.items():
        at = {point.member.id: i for i, point in enumerate(found.points)}.values()
        for i in at:
            finished = int(np.isfinite(measured.errors[i]).sum())
            known += finished + measured.diverged[i]
            if measured.diverged[i]:
                remarks.append(
                    f"Network {found.points[i].member.id}, {name}, diverged in "
                    f"{measured.diverged[i]} of {seeds} runs; they are left out."
                )
    if known < wanted:
        remarks.insert(0, f"The study is unfinished: {known} of {wanted} runs are known.")
    remarks.append(
        "Fine-tuning and training from nothing have the same recipe and take as long; what the "
        "source's training took comes on top of the first."
    )
    return remarks


def _json(found: Transferred) -> dict[str, Any]:
    each = zip(found.points, found.gains.each, strict=True)
    agreement, line = found.agreement, found.line
    return {
        "gain": {
            **found.gains.mean.named("points"),
            "degrees_of_freedom": found.gains.degrees_of_freedom,
            "networks": [
                {"series": p.series, "network": p.member.id, **gained.named("points")}
                for p, gained in each
            ],
        },
        "compound_minus": {
            name: {
                rival.point.series: {**rival.points.named("points"), "verdict": rival.verdict}
                for rival in of
            }
            for name, of in found.rivals.items()
        },
        "chance_of_tau": found.chance,
        "tau": agreement if isinstance(agreement, str) else agreement.tau.named("tau"),
        "slope": line if isinstance(line, str) else line.slope.named("slope"),
        "correlation": math.nan if isinstance(line, str) else line.correlation,
    }
