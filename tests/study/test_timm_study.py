"""A study of a network of timm, from its settings to a report that needs no timm."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fakes import SETTINGS, fake_study
from timm_here import import_timm

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job, carry_out
from scaling_search.search import GridSettings
from scaling_search.study import Conduct, define, read_definition
from scaling_search.study.conduct import held
from scaling_search.study.files.networks_csv import NETWORKS_CSV
from scaling_search.study.rehearsal import rehearsed

timm = import_timm()
TIMM = replace(
    SETTINGS,
    baseline=BaselineSettings("timm", model="test_resnet", resolution=16),
    sweep=GridSettings(alpha=[1.0], beta=[1.0, 1.2], seeds=[0]),
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


def test_a_study_is_read_without_timm_and_goes_on_with_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    with held(folder, define(TIMM, Conduct())[0], Conduct()):
        pass
    monkeypatch.setattr("scaling_search.baselines.timm_models.version", lambda _: "0.9")
    other = define(TIMM, Conduct())[0]
    fault = r"other code of timm\.test_resnet: take the version of timm"
    with pytest.raises(InvalidInput, match=fault), held(folder, other, Conduct()):
        pass


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
