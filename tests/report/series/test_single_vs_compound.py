"""Compound against single dimensions, on runs whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes import diverged, fake_outcome

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.series import (
    SingleVsCompoundSettings,
)

Make = Callable[..., Path]
Answer = Callable[[Path], str]


def test_compound_against_single_dimensions(made: Make, answer: Answer) -> None:
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


def test_a_network_is_not_compared_with_itself(made: Make) -> None:
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


def test_other_shares_than_were_asked_for_are_named(made: Make) -> None:
    """From 12 px the next size at which a pixel is cheap gives resolution more than its share."""
    folder = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0]))
    build_report(folder)
    compound = ss.read_study(folder).points.set_index("series").loc["compound"]
    assert compound["resolution"] == 16
    report = (folder / "report.md").read_text()
    assert f"compound ×{compound['cost_ratio']:.3g}: depth, width and resolution get" in report
    assert "of the growth instead of 28 %, 29 %, 43 %" in report
    right = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0], coefficients=[2, 1, 1]))
    build_report(right)
    assert "of the growth instead of" not in (right / "report.md").read_text()


def test_no_verdict_rests_on_a_rival_that_diverged(made: Make) -> None:
    def wide_diverges(job: Job) -> Any:
        wide = job.spec.network.stem_channels > 8 and job.spec.resolution == 12  # type: ignore[union-attr]
        shallow = sum(job.spec.network.repeats) == 8  # type: ignore[union-attr]
        return diverged() if wide and shallow and job.spec.seed else fake_outcome(job)

    folder = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0]), outcome=wide_diverges)
    build_report(folder)
    rivals = ss.read_study(folder).verdict["comparisons"][0]["compound_minus"]
    assert "diverged" in rivals["width"]["verdict"]
