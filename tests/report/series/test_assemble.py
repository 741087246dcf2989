"""What the reports of all kinds of series share."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import fake_study

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.series import (
    Observation1Settings,
    Observation2Settings,
    SingleVsCompoundSettings,
)
from scaling_search.study.latency import write_latency

Make = Callable[..., Path]
Answer = Callable[[Path], str]


def test_an_unfinished_study_says_what_is_missing(made: Make, answer: Answer) -> None:
    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=3))
    rows = list(csv.reader((folder / "runs.csv").open()))
    with (folder / "runs.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows[:4])
    said = answer(folder)
    assert "too few runs to judge" in said
    wanted = len(ss.read_study(folder).definition.series_runs)
    assert f"3 of {wanted} runs are known" in (folder / "report.md").read_text()


def test_the_same_bytes_again_from_the_records_alone_without_torch(
    made: Make, tmp_path: Path
) -> None:
    folder = made(Observation2Settings(seeds=[0, 1], width=[1, 1.4]))
    build_report(folder)
    elsewhere = tmp_path / "elsewhere" / "study"
    elsewhere.mkdir(parents=True)
    for name in ("study.yaml", "environment.json", "runs.csv", "curves.csv", "timings.csv"):
        shutil.copy(folder / name, elsewhere / name)
    code = (
        "import sys\nfrom pathlib import Path\nfrom scaling_search.report import build_report\n"
        f"build_report(Path({str(elsewhere)!r}))\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in ("points.csv", "verdict.json", "report.html", "report.md", "figures/series.svg"):
        assert (elsewhere / name).read_bytes() == (folder / name).read_bytes(), name


def test_latency_stands_beside_accuracy(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaling_search.baselines.latency.SAMPLE_SECONDS", 0.001)
    folder = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0]))
    definition = ss.read_study(folder).definition
    write_latency(folder, definition)
    build_report(folder)
    report = (folder / "report.md").read_text()
    assert "One image at a time: " in report
    assert "activations" in report
    found = json.loads((folder / "latency.json").read_text())
    assert set(found["predictors"]) == {"one image at a time", "64 images at a time"}
    with (folder / "latency.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["network"] for row in rows} == {m.id for m in definition.networks.members}
    assert (folder / "report.html").read_text().count("<svg") == 2

    (folder / "latency.csv").write_text("network,seconds_per_image\nx,1\n")
    with pytest.raises(InvalidInput, match="measure again with latency=true"):
        build_report(folder)


def test_each_kind_of_study_names_the_files_that_it_lacks(made: Make, tmp_path: Path) -> None:
    compared = ss.read_study(made(SingleVsCompoundSettings(seeds=[0], costs=[2.0])))
    with pytest.raises(InvalidInput, match=r"kind single_vs_compound, which has no winner\.json"):
        _ = compared.winner
    searched = fake_study(tmp_path, name="searched")
    build_report(searched)
    with pytest.raises(InvalidInput, match=r"kind grid, which has no verdict\.json"):
        _ = ss.read_study(searched).verdict
    (searched / "winner.json").write_text("{}")
    with pytest.raises(InvalidInput, match=r"winner\.json is damaged \(it has no 'alpha'"):
        _ = ss.read_study(searched).winning_coefficients
    (searched / "winner.json").write_text("[")
    with pytest.raises(InvalidInput, match="makes it anew"):
        _ = ss.read_study(searched).winner
