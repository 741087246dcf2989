"""The report: from five files, the same bytes each time, of unfinished studies too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from folders import content

import scaling_search
from scaling_search.report import build_report
from scaling_search.study import read_definition

CHECKOUT = Path(scaling_search.__file__).parents[1]
TABLES = {"trials.csv", "family.csv", "winner.json", "forecast.json", "report.html", "report.md"}

#: Which rows of runs.csv there are.
Keep = Callable[[pd.DataFrame], Any]


def edit_runs(study: Path, keep: Keep) -> pd.DataFrame:
    """Keep the rows of runs.csv for which `keep` is true."""
    runs = pd.read_csv(study / "runs.csv", dtype=str, keep_default_na=False)
    runs = runs[keep(runs)]
    runs.to_csv(study / "runs.csv", index=False, lineterminator="\n")
    return runs


SHOW_TORCH = (
    "import runpy, sys\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_module('scaling_search.report', run_name='__main__', alter_sys=True)\n"
    "print(sorted({'torch', 'datasets', 'optuna', 'hydra'} & set(sys.modules)))\n"
)


@pytest.mark.slow
def test_the_same_bytes_again_and_in_another_process_without_torch(study: Path) -> None:
    sources = content(study)
    build_report(study)
    first = content(study)
    made = TABLES | {f"figures/{name}.svg" for name in ("triangle", "accuracy")}
    assert set(first) == set(sources) | made
    assert {name: first[name] for name in sources} == sources
    build_report(study)
    assert content(study) == first
    for name in made:
        (study / name).unlink()
    ended = subprocess.run(
        [sys.executable, "-c", SHOW_TORCH, "report", "study"],
        cwd=study.parent,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "Report: study/report.html" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "[]"
    assert content(study) == first


class Resources(HTMLParser):
    """Collects what a page would load or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        names = ("src", "href", "xlink:href", "data", "srcset", "poster")
        self.found += [value or "" for name, value in attrs if name in names]


def shown_figures(study: Path) -> list[str]:
    """Those of report.md, each a file; report.html holds as many."""
    found = re.findall(r"!\[.*?\]\((.*?)\)", (study / "report.md").read_text())
    assert all((study / name).is_file() for name in found)
    assert (study / "report.html").read_text().count("<svg") == len(found)
    return found


def test_the_page_needs_nothing_else(study: Path) -> None:
    build_report(study)
    html = (study / "report.html").read_text()
    page = Resources()
    page.feed(html)
    assert [link for link in page.found if not link.startswith(("#", "data:"))] == []
    # Its one script stands in the page, and asks for nothing.
    assert not re.findall(r"fetch|XMLHttp|import\(|https?:", html.rpartition("<script>")[2])
    assert not page.tags & {"link", "iframe", "object", "embed", "img"}
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    figures = shown_figures(study)
    assert figures == ["figures/triangle.svg", "figures/accuracy.svg"]
    for name in figures:
        svg = (study / name).read_text()
        assert svg.rstrip().endswith("</svg>")
        assert "<dc:date>" not in svg


def test_figures_in_one_page_do_not_share_ids(study: Path) -> None:
    """The ids of glyphs and clip paths must mean one thing in a page that holds all figures."""
    build_report(study)
    meanings: dict[str, set[str]] = {}
    for name in shown_figures(study):
        svg = (study / name).read_text()
        for tag, identity, rest in re.findall(
            r'<(path|clipPath|g|use)[^>]*?\bid="([^"]+)"(.*?)/?>', svg, re.S
        ):
            if tag in ("path", "clipPath"):
                meanings.setdefault(identity, set()).add(rest)
    assert not {identity for identity, rest in meanings.items() if len(rest) > 1}


def test_the_answer_comes_first_and_the_tables_agree(study: Path) -> None:
    answer = build_report(study)
    text = (study / "report.md").read_text()
    winner = json.loads((study / "winner.json").read_text())
    trials = pd.read_csv(study / "trials.csv", dtype={"trial": str})
    first, second = answer.splitlines()
    assert text.index(first) < text.index(second) < text.index("## Which shares")
    assert winner["statement"] == first
    eligible = trials[trials["within_tolerance"] & (trials["diverged"] == 0)]
    assert eligible.iloc[0]["trial"] == winner["trial"]
    assert winner["expected_error"] == pytest.approx(eligible["expected_error"].min())
    assert set(winner["possible_winners"]) == set(trials[trials["possible_winner"]]["trial"])
    assert sum(winner["shares"].values()) == pytest.approx(1)
    assert set(winner["rivals"]) <= {"paper", "uniform", "depth", "width", "resolution"}
    runs = pd.read_csv(study / "runs.csv", dtype={"trial": str})
    means = runs[runs["step"] == "search"].groupby("trial")["val_error"].mean()
    for row in trials.itertuples():
        assert row.val_error == pytest.approx(means[row.trial])
    family = pd.read_csv(study / "family.csv")
    assert list(family["macs"]) == sorted(family["macs"])
    assert set(np.arange(8)) <= set(family["phi"])
    above = family[family["above_native"]]
    assert above["forecast"].isna().all()
    assert (above["runs"] == 0).all()
    for word in ("the command", "torch 2", "floating-point operations", "none"):
        assert word in text


def test_a_report_of_no_runs(study: Path) -> None:
    edit_runs(study, lambda runs: runs["seed"] == "none")
    answer = build_report(study)
    assert "no answer" in answer
    winner = json.loads((study / "winner.json").read_text())
    assert (winner["trial"], winner["decided"], winner["possible_winners"]) == (None, False, [])
    assert "unfinished: 0 of" in (study / "report.md").read_text()
    assert set(content(study)) >= TABLES
    assert shown_figures(study) == ["figures/triangle.svg"]
    assert "There is no winner yet, so there is no family." in (study / "report.md").read_text()


def test_one_run_decides_nothing(study: Path) -> None:
    edit_runs(study, lambda runs: runs.index == 0)
    answer = build_report(study)
    assert answer.startswith("Undecided")
    winner = json.loads((study / "winner.json").read_text())
    assert not winner["decided"]
    assert "unfinished: 1 of" in (study / "report.md").read_text()


@pytest.mark.usefixtures("undrawn")
def test_candidates_that_were_not_trained_are_not_beaten(study: Path) -> None:
    """Two candidates with two seeds each, far apart: the best of two, not of all."""
    runs = pd.read_csv(study / "runs.csv", dtype={"trial": str})
    search = runs[runs["step"] == "search"]
    good, bad = search["trial"].unique()[:2]
    runs = search[search["trial"].isin([good, bad])].copy()
    runs.loc[runs["trial"] == good, "val_error"] = [0.10, 0.11]
    runs.loc[runs["trial"] == bad, "val_error"] = [0.50, 0.51]
    runs.to_csv(study / "runs.csv", index=False)
    answer = build_report(study)
    count = len(read_definition(study).candidates.kept)
    assert count > 2
    assert f"best of {count} networks" not in answer
    assert not json.loads((study / "winner.json").read_text())["decided"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    "keep",
    [
        lambda runs: runs["seed"] == "0",
        lambda runs: runs["step"] == "search",
        lambda runs: runs.index % 2 == 0,
        lambda runs: runs.index < 3,
        lambda runs: (runs["step"] == "search") | (runs["seed"] == "0"),
    ],
    ids=["one seed", "no family", "every other", "three", "family with one seed"],
)
def test_a_report_of_an_unfinished_study(study: Path, keep: Keep) -> None:
    wanted = len(read_definition(study).search_runs)
    runs = edit_runs(study, keep)
    known = int((runs["step"] == "search").sum())
    build_report(study)
    text = (study / "report.md").read_text()
    assert (f"unfinished: {known} of {wanted}" in text) == (known < wanted)
    assert set(content(study)) >= TABLES
    assert shown_figures(study)
    assert "nan" not in re.sub(r"\bdominant\b", "", text)


@pytest.mark.usefixtures("undrawn")
def test_optional_records_may_be_missing(study: Path) -> None:
    build_report(study)
    whole = (study / "report.md").read_text().split("## How was it run?")
    for name in ("environment.json", "curves.csv", "timings.csv"):
        (study / name).unlink()
    build_report(study)
    left = (study / "report.md").read_text().split("## How was it run?")
    assert left[0] == whole[0]
    assert "| command |" in whole[1]
    assert not any(f"| {row} |" in left[1] for row in ("command", "hardware", "failures", "runs"))


@pytest.mark.usefixtures("undrawn")
def test_a_test_error_of_nothing_is_a_number_like_others(study: Path) -> None:
    runs = pd.read_csv(study / "runs.csv", dtype={"trial": str})
    runs.loc[runs["step"] == "family", "test_error"] = 0.0
    runs.to_csv(study / "runs.csv", index=False)
    assert "The test error does not fall with size: 0.0 % at" in build_report(study)
    family = pd.read_csv(study / "family.csv")
    trained = family[family["runs"] > 0]
    assert (trained["test_error"] == 0).all()
    assert trained["forecast"].between(0, 0.1).all()
    text = (study / "report.md").read_text()
    assert "| 0.0 % ± 0.0 (2 seeds) |" in text or "| 0.0 % (2 seeds) |" in text


@pytest.mark.usefixtures("undrawn")
def test_failures_are_told_at_the_top(study: Path) -> None:
    environment = json.loads((study / "environment.json").read_text())
    build_report(study)
    assert "failure" not in (study / "report.md").read_text().split("## Which shares")[0]
    environment["failures"] = [f"run {n}: its worker died, 2 times" for n in range(5)]
    (study / "environment.json").write_text(json.dumps(environment))
    build_report(study)
    top, bottom = (study / "report.md").read_text().split("## Which shares")
    first = next(line for line in top.splitlines() if line.startswith("- "))
    assert first.startswith("- 5 failures the last time it ran")
    assert "run 2: its worker died, 2 times; and 2 more" in first
    assert "run 4: its worker died" in bottom
