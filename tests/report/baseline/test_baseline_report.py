"""What the report of STEP 0 says, of what is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import BASE, fake_outcome, fake_study, inline
from spaces import OPTIONS

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.scaling import Architecture
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.study import FamilySettings, running

SMALL: dict[str, Any] = {**OPTIONS, "resolutions": [12, 16], "asks": 30, "finalists": 4}
SETTINGS = replace(
    BASE,
    sweep=BaselineSearchSettings(**SMALL, macs=400_000, sampler="random"),
    family=FamilySettings(),
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "copy_for_dashboard", lambda *_: None)


def outcome(job: Job, present: float) -> Any:
    """Wide kernels make a third fewer mistakes; the present baseline has an error of its own."""
    made = fake_outcome(job)
    network = job.spec.network
    assert isinstance(network, Architecture)
    rng = np.random.default_rng(int(job.spec.key[:8], 16))
    wide = np.mean([stage.kernel == 5 for stage in network.stages])
    error = 0.3 * (2 / 3) ** wide * np.exp(0.05 * rng.standard_normal())
    alike = {(s.block, s.kernel, s.expansion, s.se_ratio) for s in network.stages}
    if alike == {("mbconv", 3, 2, 0.25)}:
        error = present
    made.result.val_error, made.result.test_error = float(error), float(error) + 0.01
    return made


def report(tmp_path: Path, present: float) -> tuple[str, Path]:
    function = inline(lambda job: outcome(job, present))
    folder = fake_study(tmp_path, SETTINGS, function, name="study")
    return build_report(folder), folder


def test_a_poor_present_baseline_is_said_to_be_one(tmp_path: Path) -> None:
    answer, folder = report(tmp_path, 0.4)
    assert "points more (" in answer
    found = json.loads((folder / "baseline.json").read_text())
    worse = found["existing"]["efficientnet_micro"]["worse"]
    assert 0.05 < worse["low"] < worse["value"] < worse["high"] < 0.3
    assert found["existing"]["efficientnet_micro"]["test_error"] == pytest.approx(0.41)
    assert "baseline=found baseline.from=experiments/study" in (folder / "report.md").read_text()


def test_a_better_present_baseline_is_kept(tmp_path: Path) -> None:
    answer, _ = report(tmp_path, 0.1)
    assert "points less (" in answer
    assert "Keep it" in answer


def test_what_a_choice_is_worth(tmp_path: Path) -> None:
    _, folder = report(tmp_path, 0.4)
    choices = json.loads((folder / "baseline.json").read_text())["choices"]
    kernel = next(c["log_error"] for c in choices if c["what"] == "kernels of twice the side")
    # A side of 5 instead of 3 is .74 doublings.
    assert kernel["high"] < 0
    assert kernel["value"] == pytest.approx(np.log(2 / 3) / np.log2(5 / 3), abs=0.2)
    others = [c["log_error"] for c in choices if c["what"] != "kernels of twice the side"]
    assert sum(c["low"] > 0 or c["high"] < 0 for c in others) <= len(others) // 3
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == 1
    assert "efficientnet_micro" in page


def test_the_best_is_listed_first_and_every_network_once(tmp_path: Path) -> None:
    _, folder = report(tmp_path, 0.4)
    trials = ss.read_study(folder).trials
    assert trials["trial"].is_unique
    repeated = trials[(trials["runs"] > 1) & trials["mark"].isna()]
    assert repeated.index.tolist() == list(range(4))
    # By the objective: networks differ a little in cost.
    value = (1 - repeated["expected_error"]) * repeated["macs"] ** -0.07
    assert value.is_monotonic_decreasing
    assert trials["p_best"].sum() == pytest.approx(1)


def test_options_that_end_too_early_are_named(tmp_path: Path) -> None:
    """Wide kernels are best, and 5 is the widest."""
    _, folder = report(tmp_path, 0.4)
    text = (folder / "report.md").read_text()
    assert "at the edge of what could be chosen" in text
    assert "sweep.kernels up to 5" in text
