"""A study of a network of timm, from its settings to a report that needs no timm."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fakes import SETTINGS, fake_study, inline
from timm_here import import_timm

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job, carry_out
from scaling_search.search import GridSettings
from scaling_search.study import Conduct, define, read_definition
from scaling_search.study.files.networks_csv import NETWORKS_CSV
from scaling_search.study.rehearsal import rehearsed

timm = import_timm()
TIMM = replace(
    SETTINGS,
    baseline=BaselineSettings("timm", model="test_resnet", resolution=16),
    sweep=GridSettings(alpha=[1.0, 1.5], beta=[1.0, 1.2], seeds=[0]),
    family=replace(SETTINGS.family, train_up_to=1.0, sizes=2, span=2.0),
)
READ = """
import sys
from pathlib import Path
sys.modules["timm"] = None
from scaling_search.report import build_report
build_report(Path(sys.argv[1]))
assert "torch" not in sys.modules
"""


def test_a_study_is_read_without_timm(tmp_path: Path) -> None:
    folder = fake_study(tmp_path, TIMM)
    assert folder.name == "grid-timm.test_resnet-glyphs-smoke"
    definition = read_definition(folder)
    assert definition.code == {"timm.test_resnet": f"timm {timm.__version__}"}
    assert definition.to_plain()["baseline"]["model"] == "test_resnet"
    targets = {row.target for row in NETWORKS_CSV.read(folder)}
    assert targets == {"timm.test_resnet"}
    done = subprocess.run([sys.executable, "-c", READ, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "timm.test_resnet" in (folder / "report.md").read_text()


def test_another_timm_is_another_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_study(tmp_path, TIMM)
    monkeypatch.setattr("scaling_search.baselines.timm_models.version", lambda _: "0.9")
    with pytest.raises(InvalidInput, match=r"timm\.test_resnet is that of another version of timm"):
        fake_study(tmp_path, TIMM)


def test_runs_train_timm_s_network_from_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.manual_seed(1)
    torch.save(timm.create_model("test_resnet", num_classes=36).state_dict(), path)
    plain, _ = define(TIMM, Conduct())
    begun, _ = define(
        replace(TIMM, baseline=replace(TIMM.baseline, pretrained=str(path))), Conduct()
    )
    runs = [definition.search_runs[0] for definition in (plain, begun)]
    assert runs[0].spec.key != runs[1].spec.key
    jobs = [Job(spec=run.spec, data=TIMM.data) for run in runs]
    results = [carry_out(job).result for job in (*jobs, jobs[1])]
    assert results[0] != results[1] == results[2]
    remarks = rehearsed([runs[1].member], TIMM.recipe)
    assert any("begin with" in remark and str(path) in remark for remark in remarks)


def test_what_timm_cannot_build_is_left_out_with_its_reason(tmp_path: Path) -> None:
    """Group norm has 32 groups, which do not divide every number of channels."""
    settings = replace(
        TIMM,
        baseline=BaselineSettings("timm", model="resnetv2_50x1_bit", resolution=16),
        sweep=GridSettings(alpha=[1.0], beta=[1.0, 1.25], seeds=[0]),
    )
    folder = fake_study(tmp_path, settings, inline())
    faults = [row.fault for row in NETWORKS_CSV.read(folder) if row.fault]
    assert any("num_groups (32)" in fault for fault in faults)
    dropped = [d.reason for d in read_definition(folder).candidates.dropped]
    assert any("num_groups (32)" in reason for reason in dropped)
