"""What is measured of the points of series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fakes import diverged, fake_outcome

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.series import (
    Observation1Settings,
    SingleVsCompoundSettings,
)

Make = Callable[..., Path]


def test_pairs_share_their_seed(made: Make) -> None:
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


def test_diverged_runs_are_left_out_and_said(made: Make) -> None:
    def some_diverge(job: Job) -> Any:
        return diverged() if job.spec.resolution > 20 else fake_outcome(job)

    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=4), outcome=some_diverge)
    build_report(folder)
    points = ss.read_study(folder).points
    assert (points.loc[points["resolution"] > 20, "diverged"] == 2).all()
    assert np.isfinite(points.loc[points["resolution"] <= 20, "test_error"]).all()
    assert "diverged in 2 of 2 runs" in (folder / "report.md").read_text()
