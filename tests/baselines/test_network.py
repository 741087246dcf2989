"""The torch modules: shapes, the identity start, and regularisers that rest at evaluation."""

from dataclasses import replace

import pytest
import torch

from scaling_search.baselines import build_network, load_baseline, scale
from scaling_search.baselines.network import Block, ConvNet
from scaling_search.scaling import PAPER, Architecture, Stage

SMALL = Architecture(
    stem_channels=8,
    stem_stride=2,
    stages=(Stage("mbconv", 3, 8, 3, 1, 2, 0.25), Stage("mbconv", 3, 12, 5, 2, 3, 0.25)),
    head_channels=16,
    num_classes=5,
    in_channels=2,
)


def _blocks(network: torch.nn.Module) -> list[Block]:
    return [module for module in network.modules() if isinstance(module, Block)]


def _seen_by_blocks(network: ConvNet, images: torch.Tensor) -> list[tuple]:
    """Each block with its input and output, while the images pass through."""
    seen = []
    features = network.stem(images)
    for block in _blocks(network):
        out = block(features)
        seen.append((block, features, out))
        features = out
    return seen


@pytest.mark.parametrize("phi", [-1, 0, 1])
@pytest.mark.parametrize(("num_classes", "in_channels"), [(36, 1), (10, 3)])
def test_micro_gives_logits(phi: float, num_classes: int, in_channels: int) -> None:
    member = scale(load_baseline("efficientnet_micro", num_classes, in_channels), PAPER, phi)
    images = torch.randn(2, in_channels, member.resolution, member.resolution)
    logits = member.build()(images)
    assert logits.shape == (2, num_classes)
    assert torch.isfinite(logits).all()


def test_b0_gives_logits() -> None:
    member = scale(load_baseline("efficientnet_b0", num_classes=10), PAPER, 0)
    network = member.build().eval()
    with torch.no_grad():
        assert network(torch.randn(1, 3, 64, 64)).shape == (1, 10)


def test_residual_where_the_shape_stays() -> None:
    # SMALL keeps 8 channels through its first stage; the second one strides at its first block.
    blocks = _blocks(ConvNet(SMALL))
    assert [block.residual for block in blocks] == [True, True, True, False, True, True]


@pytest.mark.parametrize("training", [True, False])
def test_residual_blocks_of_micro_start_as_the_identity(training: bool) -> None:
    micro = load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    network = scale(micro, PAPER, 1).build().train(training)
    seen = _seen_by_blocks(network, torch.randn(4, 1, 20, 20))
    residual = [torch.equal(before, after) for block, before, after in seen if block.residual]
    assert len(residual) >= len(seen) / 2
    assert all(residual)


def test_other_blocks_do_not_start_as_the_identity() -> None:
    plain = _seen_by_blocks(ConvNet(SMALL).eval(), torch.randn(4, 2, 20, 20))
    assert not any(torch.equal(before, after) for block, before, after in plain if block.residual)
    quiet = _seen_by_blocks(
        ConvNet(replace(SMALL, identity_start=True)).eval(), torch.randn(4, 2, 20, 20)
    )
    (changing,) = (after for block, _, after in quiet if not block.residual)
    assert changing.abs().sum() > 0


def test_the_identity_can_be_left() -> None:
    """The zero scales get a gradient, so the blocks learn from the first step on."""
    network = ConvNet(replace(SMALL, identity_start=True))
    network(torch.randn(4, 2, 20, 20)).square().sum().backward()
    for block in _blocks(network):
        if block.residual:
            last = list(block.layers)[-1]
            assert last.weight.abs().sum() == 0
            assert last.weight.grad.abs().sum() > 0


def test_dropout_and_stochastic_depth_rest_at_evaluation() -> None:
    images = torch.randn(8, 2, 20, 20)
    plain = build_network(SMALL, 20)
    for settings in ({"dropout": 0.5}, {"stochastic_depth": 0.9}):
        network = build_network(SMALL, 20, **settings)
        network.load_state_dict(plain.state_dict())
        with torch.no_grad():
            assert torch.equal(network.eval()(images), plain.eval()(images))
            assert not torch.equal(network.train()(images), network(images))
            assert torch.equal(plain.train()(images), plain(images))


def test_stochastic_depth_grows_from_zero() -> None:
    blocks = _blocks(ConvNet(SMALL, stochastic_depth=0.3))
    assert [b.drop_path for b in blocks] == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25])


def test_each_image_keeps_or_skips_the_whole_block() -> None:
    torch.manual_seed(0)
    block = _blocks(ConvNet(SMALL, stochastic_depth=0.8))[-1].double()
    images = torch.randn(64, 12, 5, 5, dtype=torch.float64)
    with torch.no_grad():
        branch = block.layers(images)
        added = block(images) - images
    kept = added.flatten(1).abs().sum(1) > 0
    assert 0 < kept.sum() < 64
    assert torch.allclose(added[kept], branch[kept] / (1 - block.drop_path))


def test_weights_are_drawn_from_the_seed() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in ConvNet(SMALL).parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
