"""Tables, figures, the page: a study's folder read and made readable."""

from __future__ import annotations

from pathlib import Path

from scaling_search.report.answer import first_sentence, second_sentence, winner_json
from scaling_search.report.family_forecast import forecast_json
from scaling_search.report.tables import make_tables, read_runs
from scaling_search.study.asks import read_candidates
from scaling_search.study.definition import read_definition
from scaling_search.study.folder import write_atomically, write_json


def build_report(folder: Path) -> str:
    """Rebuild all that follows from a study's settings, environment, asks and runs.

    Writes trials.csv, family.csv, winner.json, forecast.json, figures, report.html and report.md,
    the same bytes each time, and gives the answer in two sentences. Raises InvalidInput.
    """
    from scaling_search.report.figures import accuracy_against_macs, held_out_members, triangle
    from scaling_search.report.page import render, search_ended

    definition = read_definition(folder)
    candidates = read_candidates(folder, definition)
    tables = make_tables(definition, candidates, read_runs(folder), search_ended(folder))
    figures = {
        "triangle": triangle(tables),
        "accuracy": accuracy_against_macs(tables),
        "backtest": held_out_members(tables),
    }
    html, markdown = render(folder, tables, figures)
    # All is computed before anything is written.
    (folder / "figures").mkdir(exist_ok=True)
    write_atomically(folder / "trials.csv", tables.trials.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "family.csv", tables.family.to_csv(index=False, lineterminator="\n"))
    write_json(folder / "winner.json", winner_json(tables))
    write_json(folder / "forecast.json", forecast_json(tables))
    for name, svg in figures.items():
        write_atomically(folder / "figures" / f"{name}.svg", svg)
    write_atomically(folder / "report.html", html)
    write_atomically(folder / "report.md", markdown)
    return f"{first_sentence(tables)}\n{second_sentence(tables)}"
