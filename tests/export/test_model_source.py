"""model.py computes what the member computes, in the form and by the names that people know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.baselines import STAGE_TABLES, build_network, load_baseline, scale_by
from scaling_search.export.model_source import model_source, network_name
from scaling_search.export.rebuilt import run_model
from scaling_search.scaling import Architecture, Stage

SMALL = [name for name in STAGE_TABLES if "micro" in name]


def written(architecture: Architecture, baseline: str, folder: Path) -> dict[str, Any]:
    path = folder / "model.py"
    path.write_text(model_source(architecture, baseline, 24), encoding="utf-8")
    return run_model(path)


def require_same(architecture: Architecture, baseline: str, folder: Path, side: int = 24) -> None:
    """Of one seed both draw the same weights, and give the same logits and gradients."""
    torch.manual_seed(3)
    ours = build_network(architecture, side)
    theirs_defined = written(architecture, baseline, folder)
    torch.manual_seed(3)
    theirs = theirs_defined[network_name(baseline)]()
    pairs = list(zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    x = torch.randn(3, architecture.in_channels, side, side)
    logits = [network.train()(x) for network in (ours, theirs)]
    assert torch.equal(*logits)
    for out in logits:
        out.square().sum().backward()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)
    # The statistics of batch norm have moved by now.
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (1.6, 1.3)])
def test_small_baselines(name: str, depth: float, width: float, tmp_path: Path) -> None:
    member = scale_by(load_baseline(name, 7, 1), depth_mult=depth, width_mult=width, resolution=24)
    require_same(member.architecture, name, tmp_path)


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v1", "mobilenet_v2", "resnet50"])
def test_published_baselines(name: str, tmp_path: Path) -> None:
    baseline = load_baseline(name, 5, 3)
    member = scale_by(baseline, depth_mult=1, width_mult=0.25, resolution=40)
    require_same(member.architecture, name, tmp_path, side=40)


STAGES = st.sampled_from(["mbconv", "fused_mbconv", "separable", "basic", "bottleneck"]).flatmap(
    lambda block: st.builds(
        Stage,
        block=st.just(block),
        repeats=st.integers(1, 3),
        channels=st.integers(1, 9),
        kernel=st.sampled_from([1, 3, 5]),
        stride=st.integers(1, 2),
        expansion=st.just(1) if block in ("separable", "basic") else st.integers(2, 3),
        se_ratio=st.sampled_from([0.0, 0.25, 0.6]) if "mbconv" in block else st.just(0),
    )
)
ARCHITECTURES = st.builds(
    Architecture,
    stem_channels=st.integers(1, 9),
    stem_stride=st.integers(1, 2),
    stages=st.lists(STAGES, min_size=1, max_size=4).map(tuple),
    head_channels=st.sampled_from([0, 12]),
    num_classes=st.integers(2, 5),
    in_channels=st.sampled_from([1, 3]),
    identity_start=st.booleans(),
    activation=st.sampled_from(["silu", "relu", "relu6"]),
    stem_kernel=st.sampled_from([3, 7]),
    stem_pool=st.booleans(),
)


@settings(max_examples=25)
@given(ARCHITECTURES)
def test_any_architecture(tmp_path_factory: pytest.TempPathFactory, made: Architecture) -> None:
    require_same(made, "found", tmp_path_factory.mktemp("model"), side=17)


def test_the_text_holds_what_the_network_needs_and_no_more() -> None:
    baseline = load_baseline("mobilenet_v1_micro", 7, 1)
    text = model_source(baseline.network(1, 1), "mobilenet_v1_micro", 20)  # type: ignore[arg-type]
    assert "class MobileNetV1(nn.Module)" in text
    assert "class Separable(nn.Module)" in text
    for absent in (
        "Bottleneck",
        "InvertedResidual",
        "SqueezeExcitation",
        "drop_path",
        "functional",
    ):
        assert absent not in text
    assert "scaling_search" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_dropout_and_stochastic_depth_are_settings(tmp_path: Path) -> None:
    baseline = load_baseline("efficientnet_micro", 7, 1)
    network = written(baseline.network(1, 1), "efficientnet_micro", tmp_path)["EfficientNet"]  # type: ignore[arg-type]
    made = network(drop_rate=0.3, drop_path_rate=0.8)
    assert made.drop.p == 0.3
    rates = [block.drop_path for row in made.blocks for block in row]
    assert rates == pytest.approx([0.8 * i / len(rates) for i in range(len(rates))])
    x = torch.randn(4, 1, 20, 20)
    first, second = made.train()(x), made(x)
    assert not torch.equal(first, second)
    made.eval()
    assert torch.equal(made(x), made(x))
