"""Tables, figures, the page: a study's folder read and made readable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.study.read import read_study


def compare_studies(one: Path, other: Path, to: Path) -> None:
    """Write a page with two studies beside each other; their folders stay as they are.

    Raises InvalidInput where they ask different questions, and where the file cannot be.
    """
    from scaling_search.report.compare import compare
    from scaling_search.report.page import render_comparison
    from scaling_search.report.writing import write_files

    if to.suffix.lower() not in (".html", ".htm"):
        raise InvalidInput(f"--to is {str(to)!r}, but must name a page: compare.html")
    page = render_comparison(compare([one, other]))
    write_files(to.parent, {to.name: page})


def build_report(folder: Path) -> str:
    """Rebuild all that follows from a study's settings, environment, asks and runs.

    Of a search it writes trials.csv, family.csv, winner.json and forecast.json, of series of
    networks points.csv and verdict.json; of both figures, report.html and report.md; the same bytes
    each time. All is computed before anything is written. Gives the answer in a sentence or two.
    Raises InvalidInput.
    """
    # Plans and training do without what draws and fits.
    from scaling_search.report.conduct import conduct
    from scaling_search.report.further import further_results
    from scaling_search.report.kinds import CONTENT
    from scaling_search.report.page import render
    from scaling_search.report.writing import write_files
    from scaling_search.study.files.runs_csv import read_runs

    study = read_study(folder)
    rows = tuple(read_runs(folder))
    content = CONTENT[study.definition.settings.sweep.kind](study, rows)
    remarks, section = conduct(study, rows)
    content = replace(
        content,
        remarks=[*remarks, *content.remarks],
        sections=[*content.sections, *further_results(rows), section],
    )
    figures = {f"figures/{figure.name}.svg": figure.svg for figure in content.figures}
    page = render(folder.resolve().name, content)
    write_files(folder, {**content.files, **figures, **page})
    return "\n".join(content.answer[: content.headlines])
