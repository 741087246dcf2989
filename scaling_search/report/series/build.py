"""Rebuild all that follows from the records of a study of series."""

from __future__ import annotations

from pathlib import Path

from scaling_search.report.latency import Timed, latency_content
from scaling_search.report.latency_figure import accuracy_against_latency
from scaling_search.report.page import conduct_rows, configuration, fill
from scaling_search.report.series.observation1 import observation1
from scaling_search.report.series.observation2 import observation2
from scaling_search.report.series.points import Measured, means, measure, points_table
from scaling_search.report.series.single_vs_compound import single_vs_compound
from scaling_search.study import StudyDefinition
from scaling_search.study.files.json_file import write_json
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.study.files.runs_csv import read_runs, runs_by_key
from scaling_search.study.files.text_file import write_atomically

#: Epochs, those of recipe=proxy, from which on a short recipe is not warned of.
SETTLED = 15

_KINDS = {
    "observation1": observation1,
    "observation2": observation2,
    "single_vs_compound": single_vs_compound,
}


def build_series_report(folder: Path, definition: StudyDefinition) -> str:
    """Write points.csv, verdict.json, the figure and the report; give the answer's first sentence.

    Raises InvalidInput.
    """
    runs = read_runs(folder)
    measured = measure(definition, runs_by_key(runs))
    content = _KINDS[definition.settings.sweep.kind](measured)
    remarks = [*content.remarks, *_common_remarks(measured)]
    figures = {"series": content.draw()}
    latency = latency_content(_timed(folder, measured))
    if latency is not None:
        figures["latency"] = accuracy_against_latency(latency.timed)
    filled = {
        "name": folder.resolve().name,
        "answer": content.answer,
        "remarks": remarks,
        "caption": content.caption,
        "tables": content.tables,
        "latency": latency,
        "conduct": conduct_rows(folder, definition, runs),
        "configuration": configuration(definition),
    }
    html, markdown = fill("series", filled, figures)
    # All is computed before anything is written.
    (folder / "figures").mkdir(exist_ok=True)
    table = points_table(measured)
    write_atomically(folder / "points.csv", table.to_csv(index=False, lineterminator="\n"))
    verdict = {"answer": content.answer, "remarks": remarks, **content.verdict}
    write_json(folder / "verdict.json", verdict)
    if latency is not None:
        write_json(folder / "latency.json", latency.to_dict())
    for name, svg in figures.items():
        write_atomically(folder / "figures" / f"{name}.svg", svg)
    write_atomically(folder / "report.html", html)
    write_atomically(folder / "report.md", markdown)
    return content.answer[0]


def _timed(folder: Path, measured: Measured) -> list[Timed]:
    """Every network whose latency was measured, once, by the first series that it is part of."""
    known, effect = read_latencies(folder), means(measured)[0]
    found: dict[str, Timed] = {}
    for point, error in zip(measured.points, effect):
        member = point.member
        if member.id in known:
            group = point.series
            if len(measured.baselines) > 1:
                group = f"{point.baseline}, {point.series}"
            name = f"×{member.cost_ratio:.3g}"
            cost = member.cost
            timed = Timed(group, name, cost.macs, cost.activations, 1 - error, known[member.id])
            found.setdefault(member.id, timed)
    return list(found.values())


def _common_remarks(measured: Measured) -> list[str]:
    definition, remarks = measured.definition, []
    wanted, seeds = len(definition.series_runs), len(definition.settings.sweep.seeds)
    known = {
        (point.member.id, seed)
        for point, row in zip(measured.points, measured.errors)
        for seed, error in enumerate(row)
        if error == error
    }
    diverged = {
        point.member.id: count for point, count in zip(measured.points, measured.diverged) if count
    }
    if len(known) + sum(diverged.values()) < wanted:
        remarks.append(f"The study is unfinished: {len(known)} of {wanted} runs are known.")
    for network, count in diverged.items():
        remarks.append(f"Network {network} diverged in {count} of {seeds} runs; they are left out.")
    recipe = definition.settings.recipe
    if recipe.name in ("quick", "smoke") and recipe.epochs < SETTLED:
        remarks.append(
            f"Runs of the recipe {recipe.name} (epochs: {recipe.epochs}) mostly say which network "
            "starts to learn first; depth suffers most (docs/proxy_task.md, docs/comparisons.md). "
            "Take it as a rehearsal of recipe=proxy or of more epochs."
        )
    remarks.append(
        f"Measured on {definition.facts.test_images:,} test images, by which nothing was chosen, "
        "with one recipe for all networks."
    )
    reasons: dict[str, list[str]] = {}
    for left_out in definition.networks.left_out:
        reasons.setdefault(left_out.reason, []).append(left_out.what)
    return remarks + [f"Left out, {reason}: {'; '.join(what)}." for reason, what in reasons.items()]
