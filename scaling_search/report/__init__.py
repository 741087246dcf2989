"""Tables, figures, the page: a study's folder read and made readable."""

from __future__ import annotations

from pathlib import Path

from scaling_search.report.answer import first_sentence, second_sentence, winner_json
from scaling_search.report.family_forecast import forecast_json
from scaling_search.report.latency import Timed, latency_content
from scaling_search.report.tables import Tables, make_tables
from scaling_search.study.asks import read_candidates
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.json_file import write_json
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.files.text_file import write_atomically
from scaling_search.study.read import Study


def build_report(folder: Path) -> str:
    """Rebuild all that follows from a study's settings, environment, asks and runs.

    Of a search it writes trials.csv, family.csv, winner.json and forecast.json, of series of
    networks points.csv and verdict.json; of both figures, report.html and report.md; the same bytes
    each time. Gives the answer in a sentence or two. Raises InvalidInput.
    """
    definition = read_definition(folder)
    if definition.settings.series is not None:
        from scaling_search.report.series import build_series_report

        return build_series_report(folder, definition)
    return _build_search_report(folder, definition)


def _build_search_report(folder: Path, definition: StudyDefinition) -> str:
    from scaling_search.report.figures import accuracy_against_macs, held_out_members, triangle
    from scaling_search.report.latency_figure import accuracy_against_latency
    from scaling_search.report.page import render

    candidates = read_candidates(folder, definition)
    tables = make_tables(
        definition, candidates, read_runs(folder), Study(folder, definition).search_ended
    )
    figures = {
        "triangle": triangle(tables),
        "accuracy": accuracy_against_macs(tables),
        "backtest": held_out_members(tables),
    }
    latency = latency_content(_timed_family(folder, tables))
    if latency is not None:
        figures["latency"] = accuracy_against_latency(latency.timed)
    html, markdown = render(folder, tables, latency, figures)
    # All is computed before anything is written.
    (folder / "figures").mkdir(exist_ok=True)
    write_atomically(folder / "trials.csv", tables.trials.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "family.csv", tables.family.to_csv(index=False, lineterminator="\n"))
    write_json(folder / "winner.json", winner_json(tables))
    write_json(folder / "forecast.json", forecast_json(tables))
    if latency is not None:
        write_json(folder / "latency.json", latency.to_dict())
    for name, svg in figures.items():
        write_atomically(folder / "figures" / f"{name}.svg", svg)
    write_atomically(folder / "report.html", html)
    write_atomically(folder / "report.md", markdown)
    return f"{first_sentence(tables)}\n{second_sentence(tables)}"


def _timed_family(folder: Path, tables: Tables) -> list[Timed]:
    """The family's members whose latency was measured, the smallest first."""
    measured = read_latencies(folder)
    return [
        Timed(
            "family",
            f"φ={row.phi:.3g}",
            row.macs,
            row.activations,
            1 - row.test_error,
            measured[row.member],
        )
        for row in tables.family.itertuples()
        if row.member in measured
    ]
