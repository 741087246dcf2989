"""Reports of the paper's comparisons, from runs that were trained by a fake executor."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import SETTINGS, diverged, fake_outcome, fake_study, inline

import scaling_search as ss
from scaling_search.baselines.baseline import network_cost
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.series import (
    Observation1Settings,
    Observation2Settings,
    SeriesSettings,
    SingleVsCompoundSettings,
)
from scaling_search.study import FamilySettings, StudySettings
from scaling_search.study.latency import write_latency

Accuracy = Callable[[float, Job], float]
#: Multiply-adds of the baseline.
SMALLEST = ss.scale(
    SETTINGS.baseline.load(num_classes=36, in_channels=1), ss.Coefficients(1, 1, 1)
).cost.macs


def settings(sweep: SeriesSettings) -> StudySettings:
    return replace(SETTINGS, sweep=sweep, family=FamilySettings())


def outcomes(accuracy: Accuracy) -> Callable[[Job], Any]:
    """Runs whose accuracy (a fraction) follows from their doublings of cost, with small noise."""

    def outcome(job: Job) -> Any:
        found = fake_outcome(job)
        spec = job.spec
        doublings = math.log2(network_cost(spec.network, spec.resolution).macs / SMALLEST)
        noise = 0.02 * (found.result.val_error - 0.35)
        found.result.test_error = 1 - accuracy(doublings, job) + noise - 0.01 * spec.seed
        return found

    return outcome


def saturating(doublings: float, job: Job) -> float:
    return 0.5 + 0.2 * (1 - 2.0**-doublings)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    def make(
        sweep: SeriesSettings,
        accuracy: Accuracy = saturating,
        outcome: Callable[[Job], Any] | None = None,
    ) -> Path:
        executor = inline(outcome or outcomes(accuracy))
        return fake_study(tmp_path, settings(sweep), executor, name="study")

    return make


def answer(folder: Path) -> str:
    build_report(folder)
    report = (folder / "report.md").read_text()
    verdict = json.loads((folder / "verdict.json").read_text())
    assert verdict["answer"][0] in report
    return str(verdict["answer"][0])


def test_observation_1_holds_where_accuracy_saturates(made: Callable[..., Path]) -> None:
    folder = made(Observation1Settings(seeds=[0, 1, 2], largest_cost=6))
    assert "depth, width, resolution: holds, it helps and the gain diminishes" in answer(folder)
    found = ss.read_study(folder).verdict["series"]
    for series in ("depth", "width", "resolution"):
        one = found[series]
        assert one["difference_above"] > 0
        assert one["start"]["low"] <= one["start"]["median"] <= one["start"]["high"]
        # The slope of `saturating` at the smallest network is 20 points times log 2.
        assert one["start"]["low"] < 13.9 < one["start"]["high"]
    report = (folder / "report.md").read_text()
    assert "start minus end" in report


def test_observation_1_is_contradicted_where_a_dimension_hurts(made: Callable[..., Path]) -> None:
    def deep_is_bad(doublings: float, job: Job) -> float:
        blocks = sum(job.spec.network.repeats)  # type: ignore[union-attr]
        return saturating(doublings, job) if blocks <= 8 else 0.5 - 0.01 * blocks

    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=6), deep_is_bad)
    said = answer(folder)
    assert re.search(r"depth: contradicted, scaling it hurts", said)
    assert ss.read_study(folder).verdict["series"]["depth"]["helps"] == "hurts"


def test_observation_2_compares_bases_at_equal_cost(made: Callable[..., Path]) -> None:
    def balanced_is_better(doublings: float, job: Job) -> float:
        deep_and_fine = job.spec.resolution > 12 and sum(job.spec.network.repeats) > 8  # type: ignore[union-attr]
        return saturating(doublings, job) + 0.03 * deep_and_fine

    folder = made(
        Observation2Settings(seeds=[0, 1], width=[1, 1.4, 1.8, 2.6], largest_cost=10),
        balanced_is_better,
    )
    said = answer(folder)
    assert "Here it holds" in said
    assert "(d=2, r=1.3)" in said
    gaps = {(g["series"], g["rival"]): g for g in ss.read_study(folder).verdict["gaps"]}
    best = gaps["d=2, r=1.3", "d=1, r=1"]
    assert best["low"] < 3.0 < best["high"]
    assert best["verdict"] == "better"
    assert gaps["d=2, r=1", "d=1, r=1"]["verdict"] == "open"


def test_compound_against_single_dimensions(made: Callable[..., Path]) -> None:
    def compound_is_better(doublings: float, job: Job) -> float:
        network = job.spec.network
        deep = sum(network.repeats) > 8  # type: ignore[union-attr]
        return 0.5 + 0.05 * doublings + 0.04 * (deep and job.spec.resolution > 12)

    sweep = SingleVsCompoundSettings(
        seeds=[0, 1, 2], costs=[4.0], baselines=["efficientnet_micro", "resnet50_micro"]
    )
    folder = made(sweep, compound_is_better)
    said = answer(folder)
    # Compound is better for both; their own costs differ, but not between their own scalings.
    assert "compound is better than depth, width and resolution alone" in said
    found = ss.read_study(folder)
    assert list(found.points["series"].unique()) == [
        "baseline",
        "depth",
        "width",
        "resolution",
        "compound",
    ]
    first = found.verdict["comparisons"][0]
    assert set(first["compound_minus"]) == {"depth", "width", "resolution"}
    for one in first["compound_minus"].values():
        assert one["low"] < one["points"] < one["high"]
    # The paper's figures of the large siblings stand in the same table.
    report = (folder / "report.md").read_text()
    assert "78.8 %" in report
    assert "+2.1" in report


def test_pairs_share_their_seed(made: Callable[..., Path]) -> None:
    """Seeds that move all networks by 10 points leave the differences exact."""

    def moved(job: Job) -> Any:
        found = fake_outcome(job)
        found.result.test_error = 0.3 + 0.1 * job.spec.seed + 0.0001 * (job.spec.resolution % 3)
        return found

    folder = made(SingleVsCompoundSettings(seeds=[0, 1, 2], costs=[2.0]), outcome=moved)
    build_report(folder)
    found = ss.read_study(folder)
    differences = found.verdict["comparisons"][0]["compound_minus"]
    assert all(one["high"] - one["low"] < 0.2 for one in differences.values())


def test_an_unfinished_study_says_what_is_missing(made: Callable[..., Path]) -> None:
    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=3))
    rows = list(csv.reader((folder / "runs.csv").open()))
    with (folder / "runs.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows[:4])
    said = answer(folder)
    assert "too few runs to judge" in said
    wanted = len(ss.read_study(folder).definition.series_runs)
    assert f"3 of {wanted} runs are known" in (folder / "report.md").read_text()


def test_diverged_runs_are_left_out_and_said(made: Callable[..., Path]) -> None:
    def some_diverge(job: Job) -> Any:
        return diverged() if job.spec.resolution > 20 else fake_outcome(job)

    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=4), outcome=some_diverge)
    build_report(folder)
    points = ss.read_study(folder).points
    assert (points.loc[points["resolution"] > 20, "diverged"] == 2).all()
    assert np.isfinite(points.loc[points["resolution"] <= 20, "test_error"]).all()
    assert "diverged in 2 of 2 runs" in (folder / "report.md").read_text()


def test_the_same_bytes_again_from_the_records_alone_without_torch(
    made: Callable[..., Path], tmp_path: Path
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


def test_latency_stands_beside_accuracy(
    made: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_missing_base_is_not_replaced_by_another(made: Callable[..., Path]) -> None:
    sweep = Observation2Settings(
        seeds=[0, 1], bases=[[1, 1], [2, 1], [2, 1.3]], width=[1, 1.4, 1.8], largest_cost=3.3
    )
    said = answer(made(sweep))
    assert "cannot be judged: no network of the base (d=2, r=1.3) is trained" in said


def test_a_network_is_not_compared_with_itself(made: Callable[..., Path]) -> None:
    """Compound scaling that is depth alone."""
    sweep = SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0], coefficients=[2.0, 1.0, 1.0])
    folder = made(sweep)
    build_report(folder)
    found = ss.read_study(folder)
    rivals = found.verdict["comparisons"][0]["compound_minus"]
    assert rivals["depth"]["verdict"] == "it is the same network"
    assert rivals["depth"]["points"] is None
    # 4 networks with 2 seeds, each counted once.
    assert found.verdict["comparisons"][0]["degrees_of_freedom"] == 3
    points = found.points.set_index("series")
    assert points.loc["depth", "test_error"] == points.loc["compound", "test_error"]


def test_no_verdict_rests_on_a_rival_that_diverged(made: Callable[..., Path]) -> None:
    def wide_diverges(job: Job) -> Any:
        wide = job.spec.network.stem_channels > 8 and job.spec.resolution == 12  # type: ignore[union-attr]
        shallow = sum(job.spec.network.repeats) == 8  # type: ignore[union-attr]
        return diverged() if wide and shallow and job.spec.seed else fake_outcome(job)

    folder = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0]), outcome=wide_diverges)
    build_report(folder)
    rivals = ss.read_study(folder).verdict["comparisons"][0]["compound_minus"]
    assert "diverged" in rivals["width"]["verdict"]


def test_each_kind_of_study_names_the_files_that_it_lacks(
    made: Callable[..., Path], tmp_path: Path
) -> None:
    compared = ss.read_study(made(SingleVsCompoundSettings(seeds=[0], costs=[2.0])))
    with pytest.raises(InvalidInput, match=r"kind single_vs_compound, which has no winner\.json"):
        _ = compared.winner
    searched = fake_study(tmp_path, name="searched")
    build_report(searched)
    with pytest.raises(InvalidInput, match=r"kind grid, which has no verdict\.json"):
        _ = ss.read_study(searched).verdict
    (searched / "winner.json").write_text("{}")
    with pytest.raises(InvalidInput, match=r"winner\.json is damaged \(KeyError"):
        _ = ss.read_study(searched).winning_coefficients
    (searched / "winner.json").write_text("[")
    with pytest.raises(InvalidInput, match="makes it anew"):
        _ = ss.read_study(searched).winner
