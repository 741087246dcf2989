"""The small siblings: what makes them fit for proxy runs of seconds."""

from functools import cache

import pytest
import torch

from scaling_search.baselines import (
    STAGE_TABLES,
    ArchitectureBaseline,
    build_network,
    load_baseline,
    scale,
    scale_by,
)
from scaling_search.baselines.network import Block
from scaling_search.scaling import PAPER
from scaling_search.search import CostConstraint, GridSettings, SearchSpace

MICROS = [name for name in STAGE_TABLES if name.endswith("_micro")]
each = pytest.mark.parametrize("name", MICROS)


@cache
def _micro(name: str) -> ArchitectureBaseline:
    baseline = load_baseline(name, num_classes=36, in_channels=1)
    assert isinstance(baseline, ArchitectureBaseline)
    return baseline


def test_every_published_baseline_has_one_and_one_was_searched() -> None:
    assert len(MICROS) == 5


@each
def test_small_and_deep(name: str) -> None:
    micro = _micro(name)
    assert 2e5 < scale(micro, PAPER, 0).cost.macs < 6e5
    blocks = sum(micro.architecture.repeats)
    assert blocks >= 4
    one_more = scale_by(micro, depth_mult=1 + 1 / blocks, width_mult=1, resolution=micro.resolution)
    assert sum(one_more.architecture.repeats) == blocks + 1
    assert 1.05 < one_more.cost_ratio < 1.35


@each
def test_plan_of_the_default_grid(name: str) -> None:
    """Many distinct networks of equal cost, each dimension alone and the marked points among them.

    The values of alpha and beta are those of conf/sweep/grid.yaml.
    """
    grid = GridSettings(alpha=[1.0, 1.19, 1.41, 2.0], beta=[1.0, 1.12, 1.26, 1.41])
    space = SearchSpace(
        _micro(name), CostConstraint(), native_resolution=64, epochs=3, train_images=100
    )
    candidates = grid.known_candidates(space)
    assert 8 <= len(candidates.kept) <= 14
    assert all(candidate.within for candidate in candidates.kept)
    marks = {mark for candidate in candidates.kept for mark in candidate.marks}
    assert marks == {"paper", "uniform", "depth", "width", "resolution"}


@pytest.mark.usefixtures("one_thread")
@each
@pytest.mark.parametrize("phi", [0, 1])
def test_learns_from_every_weight(name: str, phi: float) -> None:
    """Forward and backward: finite logits, and a gradient for every weight once it can have one."""
    torch.manual_seed(0)
    member = scale(_micro(name), PAPER, phi)
    network = member.build()
    for module in network.modules():
        # Residual blocks start as the identity, which keeps the gradient from all but their scale.
        if isinstance(module, Block) and module.residual:
            torch.nn.init.ones_(module.layers[-1].weight)
    logits = network(torch.randn(8, 1, member.resolution, member.resolution))
    assert logits.shape == (8, 36)
    torch.nn.functional.cross_entropy(logits, torch.arange(8)).backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        assert parameter.grad.any(), parameter_name


@each
def test_residual_blocks_start_as_the_identity(name: str) -> None:
    """Those without a projection; without any residual there is nothing to start so."""
    micro = _micro(name)
    torch.manual_seed(0)
    network = build_network(micro.architecture, micro.resolution).eval()
    blocks = [module for module in network.modules() if isinstance(module, Block)]
    assert any(block.residual for block in blocks) == micro.architecture.identity_start
    with torch.no_grad():
        features = network.stem(torch.randn(2, 1, 20, 20))
        for block in blocks:
            out = block(features)
            same = features.shape == out.shape and torch.equal(out, features)
            assert same == (block.residual and len(block.projection) == 0)
            features = out
