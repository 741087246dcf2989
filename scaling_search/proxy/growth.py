"""Trained weights put into a network that is larger or smaller: the start of its training.

Where a layer is wider, its trained channels compute what they did: they read nothing of the new
ones. New channels read all channels with weights as they were drawn, so that no two are alike.
Further blocks of residual stages begin as the identity. The network then gives the logits of its
source (function-preserving growth: Chen et al. 2016, Net2Net, arXiv:1511.05641; new channels that
nothing reads yet: Evci et al. 2022, GradMax, arXiv:2201.05125); `scaling.kinship.not_kept` says
where it cannot. Where it is narrower it keeps the first channels, where it is shallower the first
blocks of each stage. The resolution plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from scaling_search.baselines import Network
from scaling_search.baselines.network import Block, ConvNet
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Architecture
from scaling_search.scaling.kinship import counterparts, require_akin

_BLOCK = re.compile(r"blocks\.(\d+)\.")
_CLASSIFIER = "classifier."
_STEM = "stem.0.weight"


@torch.no_grad()
def take_over(
    module: nn.Module, network: Network, weights: Mapping[str, Tensor], source: Network
) -> None:
    """Put the trained weights of `source` into the freshly drawn `module` of `network`.

    weights: by the names of the state_dict of `source`. The classifier is taken over where both
    have as many classes. Own networks and those of timm take over weights of equal shapes alone.
    Raises InvalidInput where the networks are not akin.
    """
    if isinstance(network, Architecture) and isinstance(source, Architecture):
        _grow(module, network, weights, source)
    else:
        _copy(module, network, weights, source)


def _grow(
    module: nn.Module, network: Architecture, weights: Mapping[str, Tensor], source: Architecture
) -> None:
    require_akin(network, source)
    blocks = counterparts(network, source)
    for name, ours in module.state_dict().items():
        if name.startswith(_CLASSIFIER) and network.num_classes != source.num_classes:
            continue
        in_block = _BLOCK.match(name)
        counterpart = blocks[int(in_block[1])] if in_block else 0
        if counterpart is None:
            continue
        named = f"blocks.{counterpart}.{name[in_block.end() :]}" if in_block else name
        theirs = _named(weights, named).to(ours.device)
        if name == _STEM and network.in_channels != source.in_channels:
            # What it gives for grey images stays the same.
            theirs = theirs.sum(1, keepdim=True) / network.in_channels
            theirs = theirs.expand(-1, network.in_channels, -1, -1)
        _put(ours, theirs)
    assert isinstance(module, ConvNet)
    for block, counterpart in zip(module.blocks, blocks):
        if counterpart is None:
            assert isinstance(block, Block)
            block.begin_as_identity()


def _put(ours: Tensor, theirs: Tensor) -> None:
    """Into a fresh tensor, that of the same layer of a network of another size.

    (outputs, inputs, kernel height, kernel width), with fewer axes of biases, batch norms and
    matrices. The inputs of a depthwise kernel are one.
    """
    if ours.ndim == 0:
        ours.copy_(theirs)
        return
    outputs = min(len(ours), len(theirs))
    kept, found = ours[:outputs], theirs[:outputs]
    if ours.ndim > 1:
        # A trained channel reads no new one, nor anything beyond its trained kernel.
        kept.zero_()
        inputs = min(ours.shape[1], theirs.shape[1])
        kept, found = kept[:, :inputs], found[:, :inputs]
    for axis in range(2, ours.ndim):
        side = min(ours.shape[axis], theirs.shape[axis])
        kept, found = (
            one.narrow(axis, (one.shape[axis] - side) // 2, side) for one in (kept, found)
        )
    kept.copy_(found)


def _copy(
    module: nn.Module, network: Network, weights: Mapping[str, Tensor], source: Network
) -> None:
    """All tensors as they are; of other classes, those with a row for each stay as drawn."""
    for name, ours in module.state_dict().items():
        theirs = _named(weights, name)
        if ours.shape == theirs.shape:
            ours.copy_(theirs)
        elif not (
            network.num_classes != source.num_classes
            and ours.shape[:1] == (network.num_classes,)
            and theirs.shape[:1] == (source.num_classes,)
        ):
            raise InvalidInput(
                f"{name} has the shape {tuple(ours.shape)} in the network that is to start and "
                f"{tuple(theirs.shape)} in the trained one: own networks and those of timm start "
                "from weights of equal shapes alone, baselines with a stage table grow"
            )


def _named(weights: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in weights:
        raise InvalidInput(
            f"the trained weights have no {name}: they are of another network than is said"
        )
    return weights[name]
