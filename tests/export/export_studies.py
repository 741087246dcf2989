"""Settings of the studies whose members are exported, and how the command is typed."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fakes import SETTINGS
from torch import Tensor

from scaling_search.baselines import FamilyMember
from scaling_search.export.__main__ import main
from scaling_search.export.member import choose

SMALL = replace(
    SETTINGS,
    baseline=replace(SETTINGS.baseline, name="searched_micro"),
    recipe=replace(SETTINGS.recipe, epochs=1, ema_horizon=0.2),
    sweep=replace(SETTINGS.sweep, seeds=[0]),
    family=replace(SETTINGS.family, seeds=[0, 1], sizes=3, train_up_to=0.5, span=2.5),
)


def typed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> SimpleNamespace:
    """What the command does: code, out, err."""
    capsys.readouterr()
    code: Any = 0
    try:
        main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return SimpleNamespace(code=code, out=out, err=err)


def sizes(folder: Path) -> list[FamilyMember]:
    """The trained sizes of a study, the smallest first."""
    chosen = choose(folder, 0.0)
    members = chosen.study.definition.trained_sizes(chosen.coefficients)
    return sorted(members, key=lambda member: member.cost.macs)


def defined(folder: Path) -> dict[str, Any]:
    """What an exported model.py defines."""
    return runpy.run_path(str(folder / "model.py"))


def noise(member: FamilyMember, count: int = 2) -> Tensor:
    """(count, C, H, W) bytes."""
    generator = torch.Generator().manual_seed(1)
    shape = (count, member.architecture.in_channels, member.resolution, member.resolution)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
