"""Studies of series whose runs follow from their cost, and what their reports answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome, fake_study, inline

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.scaling import cost
from scaling_search.series import SeriesSettings
from scaling_search.study import FamilySettings, StudySettings

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
        doublings = math.log2(cost(spec.network, spec.resolution).macs / SMALLEST)
        noise = 0.02 * (found.result.val_error - 0.35)
        found.result.test_error = 1 - accuracy(doublings, job) + noise - 0.01 * spec.seed
        return found

    return outcome


def rising(doublings: float, job: Job) -> float:
    """Accuracy that saturates."""
    return 0.5 + 0.2 * (1 - 2.0**-doublings)


@pytest.fixture
def saturating() -> Accuracy:
    """Its slope at the smallest network is 20 points times log 2."""
    return rising


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    def make(
        sweep: SeriesSettings,
        accuracy: Accuracy = rising,
        outcome: Callable[[Job], Any] | None = None,
    ) -> Path:
        executor = inline(outcome or outcomes(accuracy))
        return fake_study(tmp_path, settings(sweep), executor, name="study")

    return make


@pytest.fixture
def answer() -> Callable[[Path], str]:
    """Build the report of a folder and give the first sentence of its answer."""

    def build(folder: Path) -> str:
        said = build_report(folder)
        verdict = json.loads((folder / "verdict.json").read_text())
        assert said == verdict["answer"][0]
        assert said in (folder / "report.md").read_text()
        return said

    return build
