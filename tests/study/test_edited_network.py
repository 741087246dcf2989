"""A network of one's own that is edited between two commands: the old error is never its error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from commands import Call

FIRST = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width, depth, num_classes, in_channels):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, width, 3, stride=2, padding=1)
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.fc = nn.Linear(width, num_classes)

    def forward(self, x):
        x = self.stem(x)
        for conv in self.convs:
            x = torch.relu(conv(x))
        return self.fc(x.mean((2, 3)))

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    return Net(round(12 * width_mult), round(5 * depth_mult), num_classes, in_channels)
"""
FORWARD = FIRST.replace("torch.relu(conv(x))", "x * 0 + conv(x) * 1e-3")
WIDER = FIRST.replace("12 * width_mult", "20 * width_mult")
OWN = ("baseline=own", "baseline._target_=edited_net.net", "baseline.resolution=12", "name=a")
FEW = ("sweep.alpha=[1.0,1.5]", "sweep.beta=[1.0,1.2]", "family.sizes=1")

Edit = Callable[[str], None]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Write the module as an editor does; the next command is a process that has not seen it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str) -> None:
        (tmp_path / "edited_net.py").write_text(text)
        monkeypatch.delitem(sys.modules, "edited_net", raising=False)

    return write


def runs(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "experiments" / "a" / "runs.csv")


@pytest.mark.long
def test_a_study_of_other_code_is_another_study(call: Call, edit: Edit, tmp_path: Path) -> None:
    edit(FIRST)
    assert call(*OWN, *FEW).code == 0
    first, report = runs(tmp_path), (tmp_path / "experiments" / "a" / "report.md").read_text()
    edit(FORWARD)
    refused = call(*OWN, *FEW)
    assert (refused.code, refused.jobs) == (2, [])
    assert "was made with other code of edited_net.net" in refused.err
    assert "fresh=true" in refused.err
    # What is known of the first network stays as it is, its price too.
    assert (tmp_path / "experiments" / "a" / "report.md").read_text() == report
    again = call(*OWN, *FEW, "fresh=true")
    assert again.code == 0
    second = runs(tmp_path)
    assert len(again.jobs) == len(second)
    assert not set(first["run"]) & set(second["run"])
    # Undone, everything is still known.
    edit("# undone\n" + FIRST)
    back = call(*OWN, *FEW, "fresh=true")
    assert (back.code, back.jobs) == (0, [])
    pd.testing.assert_frame_equal(runs(tmp_path), first)


def test_a_network_of_other_code_is_trained_anew(call: Call, edit: Edit) -> None:
    def train(text: str) -> SimpleNamespace:
        edit(text)
        return call(*OWN[:3], study=("recipe=smoke", "data.train_images=150", "seed=3"))

    first = train(FIRST)
    assert (first.code, len(first.jobs)) == (0, 1)
    assert [len(train(text).jobs) for text in (FIRST, FORWARD, WIDER, FORWARD)] == [0, 1, 1, 0]
