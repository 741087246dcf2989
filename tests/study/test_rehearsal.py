"""What is said of networks of one's own before a study of them is planned."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import Recipe
from scaling_search.study.rehearsal import rehearsed

NETS = """
from torch import nn

def plain(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, layers = round(4 * width_mult), []
    for index in range(round(2 * depth_mult)):
        layers += [nn.Conv2d(width if index else in_channels, width, 3, padding=1), nn.ReLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *pooled, nn.Linear(width, num_classes))

def flat(depth_mult, width_mult, *others, **named):
    return plain(1, width_mult, *others, **named)

def narrow(depth_mult, width_mult, *others, **named):
    return plain(depth_mult, 1, *others, **named)

def shrinking(depth_mult, width_mult, *others, **named):
    return plain(depth_mult, 1 / width_mult, *others, **named)

def bounded(depth_mult, width_mult, *others, **named):
    assert width_mult < 1.5
    return plain(depth_mult, width_mult, *others, **named)
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plain", []),
        ("flat", ["depth_mult 2, no more than"]),
        ("narrow", ["width_mult 2, no more than"]),
        ("shrinking", ["width_mult 2, no more than"]),
        ("bounded", []),
    ],
)
def test_a_multiplier_that_makes_nothing_larger_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: list[str]
) -> None:
    (tmp_path / "nets_to_rehearse.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nets_to_rehearse", raising=False)
    baseline = load_baseline(f"nets_to_rehearse.{name}", 3, 1, resolution=8)
    member = scale_by(baseline, depth_mult=1, width_mult=1, resolution=8)
    remarks = rehearsed([member], Recipe())
    assert len(remarks) == len(said)
    for remark, part in zip(remarks, said):
        assert part in remark
        assert baseline.name in remark
