"""Resolutions at which rounding maps up takes no compute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import scaling_search as ss
from scaling_search.baselines import ArchitectureBaseline, OwnBaseline
from scaling_search.scaling import PAPER, Coefficients
from scaling_search.search import CostConstraint
from scaling_search.search.fair_pixels import fair_resolution, is_fair, sizes_between
from scaling_search.search.shell import shell

OWN = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, blocks = round(24 * width_mult), round(6 * depth_mult)
    layers = [nn.Conv2d(in_channels, width, 3, stride=2, padding=1)]
    layers += [nn.Conv2d(width, width, 3, padding=1, groups=1) for _ in range(blocks)]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(*layers, *pool)
"""


def micro(resolution: int) -> ArchitectureBaseline:
    loaded = ss.load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    assert isinstance(loaded, ArchitectureBaseline)
    return replace(loaded, resolution=resolution)


@pytest.mark.parametrize(
    ("base", "mult", "pixels"),
    [(16, 1.3, 20), (16, 1.7, 28), (16, 1.9, 32), (24, 1.3, 32), (24, 1.15, 28), (20, 1.3, 28)],
)
def test_the_nearest_cheap_size_is_taken(base: int, mult: float, pixels: int) -> None:
    """Of a total stride of 4 the multiples of 4; of two as near the finer."""
    assert fair_resolution(micro(base), mult) * base == pixels


@pytest.mark.parametrize("base", [16, 20, 24])
def test_what_is_fair_costs_what_it_does_at_the_baseline(base: int) -> None:
    fair = [r for r in range(base, 2 * base + 3) if is_fair(micro(base), r / base)]
    assert fair == [r for r in range(base, 2 * base + 3) if r % 4 == 0]
    for pixels in fair:
        member = ss.scale_by(micro(base), depth_mult=1, width_mult=1, resolution=pixels)
        assert abs(member.pixel_price - 1) < 0.02


def test_the_baseline_stays_and_each_side_stays_its_own() -> None:
    baseline = micro(18)
    assert fair_resolution(baseline, 1.0) == 1.0
    # 16 px are nearer than 20, but coarser than the baseline.
    assert fair_resolution(baseline, 19 / 18) * 18 >= 19
    assert fair_resolution(baseline, 17 / 18) * 18 < 18


def test_large_images_are_asked_at_even_sizes() -> None:
    b0 = ss.load_baseline("efficientnet_b0")
    assert sizes_between(b0, 1.0, 1.1) == [224, 228, 232, 236, 240, 244]
    assert fair_resolution(b0, 1.15) * 224 == 256


@pytest.mark.parametrize("fair", [False, True])
def test_an_own_function_is_asked_for_cheap_sizes(
    fair: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"fair_net_{fair}.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    baseline = OwnBaseline(f"fair_net_{fair}.net", 20, 36, 1)
    constraint = CostConstraint()
    found = shell(baseline, constraint, fair).at_cost(
        Coefficients.from_shares(*PAPER.shares(), cost_ratio=2.0)
    )
    assert constraint.allows(found)
    # Of a stride of 2 odd sizes pay; 23 are asked for.
    assert found.resolution == (24 if fair else 23)
    # 27 px cost what 28 do.
    assert shell(baseline, constraint, fair).along("resolution").resolution % 2 == 0 or not fair
