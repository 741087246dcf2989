"""Studies of the baseline's balance: stopped and repeated, and of a function of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from baseline_searches import interrupted_after
from commands import BALANCE, Call
from fakes import fake_outcome
from small_study import SMALL, content

from scaling_search.proxy import Job

STUDY = [*SMALL, BALANCE, "sweep.seeds=[0,1]"]
RESULTS = ("study.yaml", "runs.csv", "curves.csv", "points.csv", "verdict.json")
OWN = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, blocks = round(12 * width_mult), max(1, round(6 * depth_mult))
    layers = [nn.Conv2d(in_channels, width, 3, stride=2, padding=1)]
    layers += [nn.Conv2d(width, width, 3, padding=1) for _ in range(blocks)]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(*layers, *pool)
"""


def test_what_failed_is_trained_the_next_time_to_the_same_bytes(call: Call, tmp_path: Path) -> None:
    def seed_1_fails(job: Job) -> Any:
        if job.spec.seed == 1:
            raise RuntimeError("boom")
        return fake_outcome(job)

    broken = call("name=a", study=STUDY, function=seed_1_fails)
    assert broken.code == 1
    assert "Too few runs to judge" in broken.out
    again = call("name=a", study=STUDY)
    assert (again.code, len(again.jobs)) == (0, 7)
    assert call("name=a", study=STUDY).jobs == []
    call("name=a", "experiments_dir=alone", study=STUDY)
    folders = (tmp_path / "experiments" / "a", tmp_path / "alone" / "a")
    assert content(folders[0], RESULTS) == content(folders[1], RESULTS)


def test_interrupted_and_repeated_it_ends_as_if_undisturbed(call: Call, tmp_path: Path) -> None:
    for jobs in (0, 3, 5):
        assert call("name=a", study=STUDY, function=interrupted_after(jobs)).code == 130
    ended = call("name=a", study=STUDY)
    assert ended.code == 0
    # A run that had ended in another slot is kept too, or not.
    assert 14 - 3 - 5 <= len(ended.jobs) < 14 - 3
    call("name=a", "experiments_dir=alone", study=STUDY)
    folders = (tmp_path / "experiments" / "a", tmp_path / "alone" / "a")
    assert content(folders[0], RESULTS) == content(folders[1], RESULTS)


def test_a_report_of_an_own_function_imports_nothing_of_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scaling_search.report import build_report

    (tmp_path / "balanced_net.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    own = ["baseline=own", "baseline._target_=balanced_net.net", "baseline.resolution=20"]
    ended = call("name=own", *own, study=[word for word in STUDY if "resolution" not in word])
    assert (ended.code, len(ended.jobs)) == (0, 14)
    folder = tmp_path / "experiments" / "own"
    points = pd.read_csv(folder / "points.csv")
    assert len(points) == 7
    assert ((points["cost_ratio"] - 1).abs() <= 0.05).all()
    assert json.loads((folder / "verdict.json").read_text())["degrees_of_freedom"] == 6
    before = content(folder, RESULTS)
    (tmp_path / "balanced_net.py").unlink()
    monkeypatch.delitem(sys.modules, "balanced_net")
    build_report(folder)
    assert content(folder, RESULTS) == before
