"""Which networks exchange compute between dimensions at the baseline's own cost."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import scaling_search as ss
from scaling_search.baselines import ArchitectureBaseline, Baseline, OwnBaseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Architecture, FineRounding
from scaling_search.scaling.architecture import Stage
from scaling_search.search import CostConstraint
from scaling_search.series import BalanceSettings, Networks, list_networks

#: Four blocks and 24 px: rounding leaves little to choose from.
COARSE = ArchitectureBaseline(
    "coarse",
    Architecture(
        stem_channels=12,
        stem_stride=1,
        stages=(
            Stage("mbconv", 2, 24, kernel=3, stride=2, expansion=1, se_ratio=0.25),
            Stage("mbconv", 2, 48, kernel=3, stride=2, expansion=1, se_ratio=0.25),
        ),
        head_channels=128,
        num_classes=36,
        in_channels=1,
        identity_start=True,
    ),
    24,
    FineRounding(channel_divisor=1),
)

#: A network in a file, of three blocks of 12 channels.
OWN = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, blocks = round(12 * width_mult), max(1, round(6 * depth_mult))
    layers = [nn.Conv2d(in_channels, width, 3, stride=2, padding=1)]
    layers += [nn.Conv2d(width, width, 3, padding=1) for _ in range(blocks)]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(*layers, *pool)
"""


def micro(name: str) -> Baseline:
    return ss.load_baseline(name, num_classes=36, in_channels=1)


def networks(
    baseline: Baseline, native: int = 64, tolerance: float = 0.05, **settings: float
) -> Networks:
    constraint = CostConstraint(tolerance=tolerance)
    return list_networks(BalanceSettings(**settings), [baseline], constraint, native)  # type: ignore[arg-type]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Baseline:
    (tmp_path / "exchanged_net.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("exchanged_net", None)
    return OwnBaseline("exchanged_net.net", 20, 36, 1)


def require_six(baseline: Baseline) -> None:
    """Six distinct networks of the baseline's cost, each with more of one and less of another."""
    found = networks(baseline)
    assert not found.left_out
    first, *others = found.points
    assert first.member.cost_ratio == 1
    assert len(found.members) == 7
    for point in others:
        member = point.member
        assert abs(member.cost_ratio - 1) <= 0.05
        assert point.phi == 0
        mults = (member.depth_mult, member.width_mult, member.resolution_mult)
        mult = dict(zip(("depth", "width", "resolution"), mults))
        more, less = (part.split()[1] for part in point.series.split(", "))
        assert mult.pop(more) > 1.1
        assert mult.pop(less) < 0.9
        # The third only makes up for rounding.
        assert 0.93 < mult.popitem()[1] < 1.07


@pytest.mark.parametrize(
    "baseline",
    [
        COARSE,
        *map(micro, ("efficientnet_micro", "mobilenet_v2_micro", "mobilenet_v1_micro")),
        micro("resnet50_micro"),
    ],
    ids=lambda baseline: baseline.name,
)
def test_six_exchanges_at_the_baselines_cost(baseline: Baseline) -> None:
    require_six(baseline)


def test_an_own_function_is_asked(own: Baseline) -> None:
    require_six(own)


def test_the_nearest_to_the_exchange_is_taken() -> None:
    baseline = micro("efficientnet_micro")
    found = {p.series: p.member for p in networks(baseline).points}
    deep = found["more depth, less width"]
    # Half as many blocks again: what depth alone gains and width alone loses is near 1.5.
    assert deep.architecture.repeats == (6, 6)
    alone = [
        ss.scale_by(baseline, depth_mult=1.5, width_mult=1, resolution=20),
        ss.scale_by(baseline, depth_mult=1, width_mult=deep.width_mult, resolution=20),
    ]
    assert alone[0].cost_ratio == pytest.approx(1.5, rel=0.05)
    assert alone[1].cost_ratio == pytest.approx(1 / 1.5, rel=0.05)
    # Pixels that are paid for by rounding count as lost: 24 px cost what they should.
    assert found["more resolution, less width"].resolution == 24


def test_a_larger_exchange_moves_more() -> None:
    def spread(exchange: float) -> float:
        points = networks(micro("efficientnet_micro"), exchange=exchange).points
        deep = next(p.member for p in points if p.series == "more depth, less width")
        return deep.depth_mult / deep.width_mult

    assert 1.2 < spread(1.2) < spread(1.5) < spread(2.5)


def test_finer_networks_than_the_images_are_left_out() -> None:
    found = networks(micro("efficientnet_micro"), native=20)
    assert {out.what for out in found.left_out} == {
        "more resolution, less depth",
        "more resolution, less width",
    }
    assert "20 px of the images" in found.left_out[0].reason
    assert len(found.members) == 5


def test_nothing_within_the_tolerance_says_what_is_nearest() -> None:
    with pytest.raises(InvalidInput, match="nothing can be exchanged at equal cost") as error:
        networks(replace(COARSE, rounding=FineRounding(channel_divisor=12)), tolerance=1e-4)
    assert "the nearest costs" in str(error.value)
    # What it advises is enough.
    advised = float(str(error.value).split("constraint.tolerance=")[1].split(",")[0])
    found = networks(replace(COARSE, rounding=FineRounding(channel_divisor=12)), tolerance=advised)
    assert len(found.members) > 1


@pytest.mark.parametrize("exchange", [1.0, 0.5, float("nan"), float("inf"), 5.0])
def test_an_exchange_is_above_1(exchange: float) -> None:
    with pytest.raises(InvalidInput, match=r"sweep\.exchange is .*above 1 and at most 4"):
        BalanceSettings(exchange=exchange)
