"""A finished search whose family has sizes of several pixels, as a source of transfers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome, fake_study, inline

from scaling_search.baselines import BaselineSettings
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.scaling import Architecture
from scaling_search.search import GridSettings


def mixed_is_best(job: Job) -> Any:
    """Depth and resolution together win."""
    found, network = fake_outcome(job), job.spec.network
    deep = isinstance(network, Architecture) and sum(network.repeats) > 4
    if deep and job.spec.resolution > 12:
        found.result.val_error -= 0.1
    return found


def finished_search(experiments: Path) -> Path:
    """The folder of the study, with the report that names its winner."""
    settings = replace(
        SETTINGS,
        baseline=BaselineSettings(name="searched_micro", resolution=12),
        sweep=GridSettings(alpha=[1.0, 1.41], beta=[1.0], seeds=[0, 1]),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
        folder = fake_study(experiments, settings, inline(mixed_is_best), name="source")
        build_report(folder)
    return folder
