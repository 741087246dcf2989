"""The page: report.html, one file that needs nothing else, and report.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml
from markupsafe import Markup

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import ScalingLaw
from scaling_search.report.answer import (
    first_sentence,
    further_remarks,
    percent,
    second_sentence,
)
from scaling_search.report.certainty import rival_rows
from scaling_search.report.family_forecast import (
    backtest_sentence,
    needed_rows,
    next_rows,
    next_sentence,
)
from scaling_search.report.fidelity import fidelity_rows
from scaling_search.report.latency import LatencyContent
from scaling_search.report.rows import Table
from scaling_search.report.tables import Tables
from scaling_search.study import StudyDefinition


def trial_rows(tables: Tables) -> Table:
    """STEP 1's candidates as a reader wants them."""
    head = [
        "trial",
        "α",
        "β",
        "γ",
        "px (price)",
        "cost",
        "asked by",
        "val error",
        "points worse",
        "may win",
        "expected",
        "P(best)",
    ]
    rows = []
    for row in tables.trials.itertuples():
        error = "diverged" if row.diverged else "not trained"
        if pd.notna(row.stopped_at):
            error = f"stopped after {row.stopped_at} epochs"
        if pd.notna(row.val_error):
            error = percent(row.val_error)
            if pd.notna(row.val_error_se):
                error += f" ± {100 * row.val_error_se:.1f}"
        worse = ""
        if pd.notna(row.worse_low):
            worse = f"{100 * row.worse_low:.1f} to {100 * row.worse_high:.1f}"
        marks = row.marks.replace(" ", ", ") or tables.definition.settings.sweep.kind
        rows.append(
            [
                row.trial,
                f"{row.alpha:.3f}",
                f"{row.beta:.3f}",
                f"{row.gamma:.3f}",
                f"{row.resolution} ({row.pixel_price:.2f})",
                f"{row.cost_ratio:.3f}",
                marks if row.within_tolerance else f"{marks} (outside the tolerance)",
                error,
                worse,
                "yes" if row.possible_winner else "",
                ""
                if pd.isna(row.expected_error)
                else f"{percent(row.expected_error)} ± {100 * row.expected_sd:.1f}",
                "" if pd.isna(row.p_best) else f"{row.p_best:.2f}",
            ]
        )
    return Table(head, rows)


def family_rows(tables: Tables) -> Table:
    """STEP 2's members as a reader wants them."""
    head = [
        "φ",
        "depth",
        "width",
        "px",
        "multiply-adds",
        "params",
        "activations",
        "cost",
        "effective φ",
    ]
    head += ["test error", f"forecast, {LEVEL:.0%}"]
    rows = []
    for row in tables.family.itertuples():
        measured = ""
        if row.runs:
            measured = percent(row.test_error)
            if pd.notna(row.test_error_se):
                measured += f" ± {100 * row.test_error_se:.1f}"
            measured += f" ({row.runs} seeds)" if row.runs > 1 else " (1 seed)"
        forecast = "above the data's resolution" if row.above_native else ""
        if pd.notna(row.forecast):
            forecast = (
                f"{percent(row.forecast)}, {100 * row.forecast_low:.1f} to "
                f"{100 * row.forecast_high:.1f}"
            )
        rows.append(
            [
                f"{row.phi:.3g}",
                f"×{row.depth_mult:.2f}",
                f"×{row.width_mult:.2f}",
                str(row.resolution),
                f"{row.macs:,}",
                f"{row.params:,}",
                f"{row.activations:,}",
                f"{row.cost_ratio:.2f}",
                f"{row.effective_phi:.2f}",
                measured,
                forecast,
            ]
        )
    return Table(head, rows)


def conduct_rows(folder: Path, definition: StudyDefinition, runs: pd.DataFrame) -> Table:
    """How the study was run: command, versions, hardware, time, failures."""
    rows = []
    environment: dict[str, Any] = {}
    path = folder / "environment.json"
    if path.exists():
        environment = read_environment(path)
        hardware, git = environment["hardware"], environment["git"]
        rows += [
            ["command", environment["command"]],
            [
                "hardware",
                f"{hardware['processor']}, {hardware['cores']} cores, "
                f"{hardware['memory_gib']} GiB, {hardware['workers']} workers on "
                f"{definition.platform.device}",
            ],
            [
                "versions",
                f"Python {environment['python']}, "
                + ", ".join(f"{k} {v}" for k, v in environment["versions"].items()),
            ],
        ]
        if git:
            rows.append(["commit", git["commit"] + (", with changes" if git["dirty"] else "")])
        rows.append(["failures", "; ".join(environment["failures"]) or "none"])
    path = folder / "timings.csv"
    if path.exists():
        timings = read_timings(path)
        diverged = int((runs["status"] == "diverged").sum())
        rows.append(
            [
                "runs",
                f"{runs['run'].nunique()} runs, {timings['seconds'].sum() / 60:.1f} minutes "
                f"of training in all, {diverged} diverged, {runs['train_flops'].sum():.2e} "
                "floating-point operations",
            ]
        )
    return Table(["", ""], rows)


def read_environment(path: Path) -> dict[str, Any]:
    """environment.json. Raises InvalidInput where it is damaged."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        missing = {"command", "hardware", "git", "python", "versions", "failures"} - set(content)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{path} is damaged ({error}): restore it or remove it") from error
    if missing:
        raise InvalidInput(f"{path} lacks {', '.join(sorted(missing))}: restore it or remove it")
    return content


def read_timings(path: Path) -> pd.DataFrame:
    """timings.csv. Raises InvalidInput where it is damaged."""
    try:
        timings = pd.read_csv(path)
        timings["seconds"].astype(float)
    except (ValueError, KeyError) as error:
        raise InvalidInput(f"{path} is damaged ({error}): restore it or remove it") from error
    return timings


def render(
    folder: Path, tables: Tables, latency: LatencyContent | None, figures: dict[str, str]
) -> tuple[str, str]:
    """(report.html, report.md) of a search."""
    content = {
        "name": folder.resolve().name,
        "answer": [first_sentence(tables), second_sentence(tables)],
        "remarks": further_remarks(tables),
        "trials": trial_rows(tables),
        "rivals": Table(
            [
                "instead of the best candidate",
                "trial",
                "depth, width, resolution",
                "expected cost",
                "of the shares alone",
            ],
            rival_rows(tables),
        ),
        "fidelity": Table(*fidelity_rows(tables.fidelity)) if tables.fidelity else None,
        "family": family_rows(tables) if len(tables.family) else Table([], []),
        "has_law": isinstance(tables.law, ScalingLaw),
        "backtest": backtest_sentence(tables),
        "needed": Table(*needed_rows(tables)),
        "next": Table(*next_rows(tables)),
        "next_sentence": next_sentence(tables),
        "latency": latency,
        "conduct": conduct_rows(folder, tables.definition, tables.runs),
        "configuration": configuration(tables.definition),
        "level": f"{LEVEL:.0%}",
        "facts": tables.definition.facts,
        "baseline": tables.definition.baseline,
    }
    return fill("report", content, figures)


def configuration(definition: StudyDefinition) -> str:
    """study.yaml, to be read."""
    return str(yaml.safe_dump(definition.to_plain(), sort_keys=False, allow_unicode=True))


def fill(template: str, content: dict[str, Any], figures: dict[str, str]) -> tuple[str, str]:
    """(HTML, Markdown) of the templates of this name; figures are SVG."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scaling_search.report", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    escaped = environment.overlay(autoescape=True)
    svg = {name: Markup(text[text.index("<svg") :]) for name, text in figures.items()}
    return (
        escaped.get_template(f"{template}.html.jinja").render(**content, figures=svg),
        environment.get_template(f"{template}.md.jinja").render(**content),
    )
