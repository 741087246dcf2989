"""The published family to the last digit, and what makes the small sibling fit for proxy runs."""

import csv
from pathlib import Path

import numpy as np
import pytest

from scaling_search.baselines import ArchitectureBaseline, load_baseline, scale, scale_by
from scaling_search.scaling import PAPER, price

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
reference = pytest.mark.reference
beside = pytest.mark.skipif(not REFERENCE.is_dir(), reason="no ../shared/reference beside the repo")


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open() as file:
        return list(csv.DictReader(file))


@reference
@beside
def test_family_equals_the_published_figures() -> None:
    baseline = load_baseline("efficientnet_b0")
    rows = _rows("efficientnet_family.csv")
    assert [row["member"] for row in rows] == [f"B{index}" for index in range(8)]
    for row in rows:
        member = scale_by(
            baseline,
            depth_mult=float(row["depth_mult"]),
            width_mult=float(row["width_mult"]),
            resolution=int(row["resolution"]),
        )
        assert member.cost.params == int(row["params_exact"]), row["member"]
        assert member.cost.macs == int(row["macs_conv_linear"]), row["member"]


@reference
@beside
def test_b0_equals_the_baseline_table() -> None:
    (row,) = (r for r in _rows("baseline_costs.csv") if r["baseline"] == "efficientnet_b0")
    baseline = load_baseline("efficientnet_b0")
    b0 = scale(baseline, PAPER, 0)
    assert baseline.resolution == int(row["resolution"])
    assert b0.cost.params == int(row["params_exact"])
    assert b0.cost.macs == int(row["macs_conv_linear"])


# params: PyTorch Image Models. macs: torch's flop counter / 2 on that model at batch 1.
@pytest.mark.parametrize(
    ("depth_mult", "width_mult", "resolution", "params", "macs"),
    [(1.0, 1.0, 224, 5_288_548, 385_814_752), (3.1, 2.0, 600, 66_347_960, 37_745_884_192)],
)
def test_b0_and_b7(
    depth_mult: float, width_mult: float, resolution: int, params: int, macs: int
) -> None:
    baseline = load_baseline("efficientnet_b0")
    member = scale_by(baseline, depth_mult=depth_mult, width_mult=width_mult, resolution=resolution)
    assert (member.cost.params, member.cost.macs) == (params, macs)


# Millions, from the benchmark tables (infer_macts) of the PyTorch Image Models library. They add
# the 1,000 outputs of the classifier, which are not counted here.
@pytest.mark.parametrize(
    ("depth_mult", "resolution", "millions"),
    [(1.0, 224, 6.75), (1.0, 256, 8.81), (1.1, 224, 9.36), (1.1, 240, 10.88), (1.1, 256, 12.22)],
)
def test_activations_of_b0_and_b1(depth_mult: float, resolution: int, millions: float) -> None:
    baseline = load_baseline("efficientnet_b0")
    member = scale_by(baseline, depth_mult=depth_mult, width_mult=1, resolution=resolution)
    assert round((member.cost.activations + 1000) / 1e6, 2) == millions


def test_the_paper_point_costs_more_than_it_says() -> None:
    """Nominally 1.92 times B0, really 2.57 times: rounding, in the paper's favour."""
    member = scale_by(
        load_baseline("efficientnet_b0"), depth_mult=1.2, width_mult=1.1, resolution=257
    )
    assert member.cost_ratio == pytest.approx(2.57, abs=0.005)


def test_micro_is_small_and_deep() -> None:
    micro = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    member = scale(micro, PAPER, 0)
    assert member.cost.macs < 2e6
    assert sum(member.architecture.repeats) >= 8
    assert member.architecture.identity_start
    deeper = scale_by(micro, depth_mult=1.1, width_mult=1, resolution=micro.resolution)
    assert 1.05 < deeper.cost_ratio < 1.2


@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_micro_doubles_by_any_single_dimension(dimension: int) -> None:
    """Within the default tolerance of a study, 5 % of twice the cost."""
    micro = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    assert isinstance(micro, ArchitectureBaseline)
    points = np.ones((3, 400))
    points[dimension] = np.linspace(1, 3, 400)
    macs = price(micro.architecture, micro.resolution, micro.rounding, *points).macs
    assert np.abs(macs / macs[0] - 2).min() <= 0.1
