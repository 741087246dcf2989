"""Two studies beside each other in one page."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from folders import content

from scaling_search.report import build_report
from scaling_search.report.__main__ import main
from scaling_search.report.compare import compare
from scaling_search.report.search.alike import OWN, alike
from scaling_search.report.search.found import find
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
QUICK, PROXY = EXPERIMENTS / "glyphs-quick", EXPERIMENTS / "glyphs-proxy"
OBSERVATIONS = [EXPERIMENTS / f"{data}-observation1" for data in ("glyphs", "omniglot")]


def command(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["report", *map(str, words)])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def another(study: Path, name: str) -> Path:
    """The same study as of another machine, with the errors of some runs a little higher."""
    folder = study.parent / name
    shutil.copytree(study, folder)
    text = (folder / "runs.csv").read_text()
    (folder / "runs.csv").write_text(re.sub(r"finished,0\.3", "finished,0.34", text))
    return folder


@pytest.mark.long
def test_a_page_holds_both_and_leaves_the_studies_alone(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = another(study, '<b>"&é')
    before = content(study), content(other)
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, "--compare", study, other, "--to", "both.html") == 0
    assert capsys.readouterr().out == "Comparison: both.html\n"
    page = (tmp_path / "both.html").read_bytes()
    assert command(monkeypatch, "--compare", study, other, "--to", "both.html") == 0
    assert (tmp_path / "both.html").read_bytes() == page
    assert (content(study), content(other)) == before
    text = page.decode()
    # Triangles and curves, each figure with points that tell.
    assert text.count("<svg") == 4
    assert text.count('<circle class="point"') > 20
    assert "<b>&#34;" not in text
    assert '<b>"' not in text
    assert "src=" not in text
    assert "href=" not in text.replace("xlink:href=", "")


@pytest.mark.usefixtures("undrawn")
def test_what_two_searches_found_stands_in_rows() -> None:
    found = compare([QUICK, PROXY])
    assert found.names == ["glyphs-quick", "glyphs-proxy"]
    assert [question for question, _ in found.briefs][:2] == [
        "What should I use?",
        "How sure is that?",
    ]
    assert [[figure.name for _, figure in pair] for pair in found.figures] == [
        ["triangle", "triangle"],
        ["accuracy", "accuracy"],
    ]
    numbers = {row[0]: row[1:] for row in found.sections[0].blocks[0].rows}  # type: ignore[union-attr]
    for at, folder in enumerate((QUICK, PROXY)):
        winner = json.loads((folder / "winner.json").read_text())
        forecast = json.loads((folder / "forecast.json").read_text())
        coefficients = [f"{winner[name]:.3f}" for name in ("alpha", "beta", "gamma")]
        assert numbers["its α, β, γ"][at] == ", ".join(coefficients)
        assert numbers["the winner"][at] == f"trial {winner['trial']}"
        assert numbers["its expected val error"][at].startswith(
            f"{100 * winner['expected_error']:.1f}"
        )
        largest = [m for m in forecast["members"] if m["measured"] is not None][-1]
        assert numbers["largest trained member"][at].startswith(f"{largest['macs']:,}")
        assert numbers["its test error"][at].startswith(f"{100 * largest['measured']:.1f}")
    settings = {row[0]: row[1:] for row in found.sections[-1].blocks[0].rows}  # type: ignore[union-attr]
    epochs = [str(read_study(f).definition.settings.recipe.epochs) for f in (QUICK, PROXY)]
    assert settings["recipe.epochs"] == epochs
    assert "data.kind" not in settings


@pytest.mark.usefixtures("undrawn")
def test_tables_of_series_are_one_table() -> None:
    found = compare(OBSERVATIONS)
    section = next(s for s in found.sections if s.heading == "How much does a doubling buy?")
    table = section.blocks[0]
    assert table.head[0] == "study"  # type: ignore[union-attr]
    rows = [tuple(row[:2]) for row in table.rows]  # type: ignore[union-attr]
    assert rows == [(f.name, d) for f in OBSERVATIONS for d in ("depth", "width", "resolution")]


def test_axes_hold_both_searches_and_only_of_one_metric() -> None:
    founds = [find(read_study(f), tuple(read_runs(f))) for f in (QUICK, PROXY)]
    common = alike(founds)
    assert common.colours is not None
    assert common.family is not None
    for found in founds:
        errors = found.trials["val_error"].dropna()
        assert common.colours[0] <= errors.min() <= errors.max() <= common.colours[1]
        costs, (low, high) = common.family
        measured = found.family.measured
        assert costs[0] < measured["macs"].min() < measured["macs"].max() < costs[1]
        assert low < measured["error"].min() < measured["error"].max() < high
    detector = EXPERIMENTS / "scenes-detector"
    assert alike([founds[0], find(read_study(detector), tuple(read_runs(detector)))]) == OWN


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--compare", QUICK, OBSERVATIONS[0]], "ask different questions"),
        (["--compare", QUICK, QUICK], "are one study"),
        (["--compare", QUICK, "absent"], "absent holds no study.yaml"),
        (["--compare", QUICK, PROXY, "--to", "runs.csv"], "must name a page"),
        (["--compare", QUICK, PROXY, "--to", "folder.html"], "folder.html is a folder"),
        (["--compare", QUICK, PROXY, "--to", "far/away/a.html"], "cannot be written"),
        (["--compare", QUICK], "--compare must be followed by 2 values"),
        (["--compare", QUICK, PROXY, "--to"], "--to has no value"),
        (["--compare", QUICK, PROXY, PROXY], "is given beside"),
        ([QUICK, "--to", "page.html"], "--to is page.html, but the report of one study lies in"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(
    words: list[object],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    assert command(monkeypatch, *words) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("error: ") == err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "folder.html"]


@pytest.mark.usefixtures("undrawn")
def test_an_unfinished_study_is_compared_too(study: Path) -> None:
    other = another(study, "begun")
    head, *_ = (other / "runs.csv").read_text().splitlines()
    (other / "runs.csv").write_text(f"{head}\n")
    (other / "curves.csv").write_text((other / "curves.csv").read_text().splitlines()[0] + "\n")
    (other / "timings.csv").write_text((other / "timings.csv").read_text().splitlines()[0] + "\n")
    build_report(other)
    found = compare([study, other])
    assert found.briefs[0][1][1].startswith("Nothing yet")
    assert [len(pair) for pair in found.figures] == [2, 1]
