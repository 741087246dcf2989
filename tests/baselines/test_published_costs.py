"""Published costs to the last digit; closed form = count on variants of each baseline."""

import csv
import random
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from scaling_search.baselines import (
    STAGE_TABLES,
    ArchitectureBaseline,
    build_network,
    load_baseline,
    network,
    scale_by,
)
from scaling_search.baselines.counting import count_cost
from scaling_search.scaling import Cost

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
reference = pytest.mark.reference
beside = pytest.mark.skipif(not REFERENCE.is_dir(), reason="no ../shared/reference beside the repo")

#: B1 to B7 are B0 scaled, so its variants stand for theirs.
DESCRIBED = [
    name for name in STAGE_TABLES if name not in {f"efficientnet_b{i}" for i in range(1, 8)}
]


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open() as file:
        return list(csv.DictReader(file))


def _cost(name: str, width_mult: float = 1, resolution: int = 224) -> Cost:
    baseline = load_baseline(name)
    return scale_by(baseline, depth_mult=1, width_mult=width_mult, resolution=resolution).cost


@reference
@beside
def test_baselines_equal_the_reference() -> None:
    rows = _rows("baseline_costs.csv")
    assert len(rows) == 4
    for row in rows:
        baseline = load_baseline(row["baseline"])
        assert baseline.resolution == int(row["resolution"])
        cost = _cost(row["baseline"], resolution=baseline.resolution)
        assert cost.params == int(row["params_exact"]), row["baseline"]
        assert cost.macs == int(row["macs_conv_linear"]), row["baseline"]


@reference
@beside
def test_published_members_by_name() -> None:
    rows = _rows("efficientnet_family.csv")
    assert len(rows) == 8
    for row in rows:
        baseline = load_baseline(f"efficientnet_{row['member'].lower()}")
        assert baseline.resolution == int(row["resolution"])
        cost = _cost(baseline.name, resolution=baseline.resolution)
        assert cost.params == int(row["params_exact"]), row["member"]
        assert cost.macs == int(row["macs_conv_linear"]), row["member"]


# The figures of the reference, for a checkout without it.
@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("mobilenet_v1", 4_231_976, 568_740_352),
        ("mobilenet_v2", 3_504_872, 300_774_272),
        ("resnet50", 25_557_032, 4_089_184_256),
    ],
)
def test_published_baselines(name: str, params: int, macs: int) -> None:
    cost = _cost(name)
    assert (cost.params, cost.macs) == (params, macs)


# Millions of multiply-adds. V1: Howard et al. 2017, Table 6. V2: the authors' table of checkpoints,
# tensorflow/models, research/slim/nets/mobilenet/README.md.
@pytest.mark.parametrize(
    ("name", "width_mult", "millions"),
    [
        ("mobilenet_v1", 0.75, 325),
        ("mobilenet_v1", 0.5, 149),
        ("mobilenet_v1", 0.25, 41),
        ("mobilenet_v2", 1.4, 582),
        ("mobilenet_v2", 1.3, 509),
        ("mobilenet_v2", 0.75, 209),
        ("mobilenet_v2", 0.5, 97),
        ("mobilenet_v2", 0.35, 59),
    ],
)
def test_published_width_multipliers(name: str, width_mult: float, millions: int) -> None:
    # V1's table cuts 149.5 to 149.
    assert abs(_cost(name, width_mult).macs / 1e6 - millions) <= 0.5


# Howard et al. 2017, Table 7; V2's authors' table.
@pytest.mark.parametrize(
    ("name", "resolution", "millions"),
    [("mobilenet_v1", 192, 418), ("mobilenet_v1", 128, 186), ("mobilenet_v2", 96, 56)],
)
def test_published_resolutions(name: str, resolution: int, millions: int) -> None:
    assert round(_cost(name, resolution=resolution).macs / 1e6) == millions


@pytest.fixture
def unfilled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are not drawn: only their shapes count here, and drawing takes most of the time."""
    for kind in (nn.Conv2d, nn.Linear):
        monkeypatch.setattr(kind, "reset_parameters", lambda module: None)
    monkeypatch.setattr(network, "_initialise", lambda module: None)


def _counted(module: nn.Module, in_channels: int, resolution: int) -> Cost:
    """Like count_cost, from the shapes of weights and outputs instead of torch's flop counter.

    It takes a third of the time, and is a second opinion.
    """
    macs = activations = 0

    def add(layer: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal macs, activations
        macs += output.numel() * layer.weight[0].numel()
        activations += output.numel() if isinstance(layer, nn.Conv2d) else 0

    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(add)
    with torch.inference_mode():
        module.eval()(torch.zeros(1, in_channels, resolution, resolution))
    return Cost(macs, sum(p.numel() for p in module.parameters()), activations)


@pytest.mark.long
@pytest.mark.usefixtures("unfilled", "one_thread")
@pytest.mark.parametrize("name", DESCRIBED)
def test_variants_cost_what_is_counted(name: str) -> None:
    """At about 20 px, where odd sizes are frequent: the cost of a convolution has no other case."""
    draw = random.Random(name)
    baseline = load_baseline(name, num_classes=10, in_channels=3, resolution=20)
    assert isinstance(baseline, ArchitectureBaseline)
    # Of the large ones fewer, for the sake of time.
    for index in range(200 if name.endswith("_micro") else 60):
        member = scale_by(
            baseline,
            depth_mult=draw.uniform(0.4, 1.6),
            width_mult=draw.uniform(0.4, 1.6),
            resolution=baseline.round_resolution(draw.uniform(0.4, 1.6)),
        )
        module = build_network(member.network, member.resolution)
        assert member.cost == _counted(module, 3, member.resolution)
        if index % 50 == 0:
            assert member.cost == count_cost(module, 3, member.resolution)
