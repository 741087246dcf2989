"""Trained weights put into a network that is larger or smaller: the start of its training.

Where a layer is wider, its trained channels compute what they did: they read nothing of the new
ones. New channels read all channels with weights as they were drawn, so that no two are alike.
Further blocks of residual stages begin as the identity. The network then gives the logits of its
source (function-preserving growth: Chen et al. 2016, Net2Net, arXiv:1511.05641);
`scaling.kinship.not_kept` says where it cannot. Where it is narrower it keeps the first channels,
where it is shallower the first blocks of each stage. The resolution plays no part.
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
    module: nn.Module,
    network: Network,
    weights: Mapping[str, Tensor],
    source: Network,
    keep_classifier: bool = True,
) -> None:
    """Put the trained weights of `source` into the freshly drawn `module` of `network`.

    weights: by the names of the state_dict of `source`. keep_classifier: whether both tell the same
    classes apart; else the classifier stays as drawn, as it does where their number differs. Own
    networks and those of timm take over weights of equal shapes alone. Raises InvalidInput where
    the networks are not akin.
    """
    keep_classifier = keep_classifier and network.num_classes == source.num_classes
    if isinstance(network, Architecture) and isinstance(source, Architecture):
        _grow(module, network, weights, source, keep_classifier)
    else:
        _copy(module, network, weights, keep_classifier)


def _grow(
    module: nn.Module,
    network: Architecture,
    weights: Mapping[str, Tensor],
    source: Architecture,
    keep_classifier: bool,
) -> None:
    require_akin(network, source)
    with torch.device("meta"):
        shapes = {n: t.shape for n, t in ConvNet(source).state_dict().items()}
    _require_fit("that they are said to be of", weights, shapes)
    blocks = counterparts(network, source)
    for name, ours in module.state_dict().items():
        if name.startswith(_CLASSIFIER) and not keep_classifier:
            continue
        in_block = _BLOCK.match(name)
        counterpart = blocks[int(in_block[1])] if in_block else 0
        if counterpart is None:
            continue
        named = f"blocks.{counterpart}.{name[in_block.end() :]}" if in_block else name
        theirs = weights[named].to(ours.device)
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
    module: nn.Module, network: Network, weights: Mapping[str, Tensor], keep_classifier: bool
) -> None:
    """All tensors as they are."""
    shapes = {name: tensor.shape for name, tensor in module.state_dict().items()}
    fresh = set() if keep_classifier else _classifier(module, network.num_classes)
    taken = {name: tensor for name, tensor in weights.items() if name not in fresh}
    wanted = {name: shape for name, shape in shapes.items() if name not in fresh}
    _require_fit("that is to start from them", taken, wanted)
    module.load_state_dict(taken, strict=False)


def _classifier(module: nn.Module, num_classes: int) -> set[str]:
    """The tensors of the last layer that has a row of weights for each class."""
    found: set[str] = set()
    for name, layer in module.named_modules():
        weight = layer._parameters.get("weight")
        if weight is not None and weight.ndim > 1 and len(weight) == num_classes:
            found = {f"{name}.{key}" if name else key for key in layer.state_dict()}
    return found


def _require_fit(
    which: str, weights: Mapping[str, Tensor], shapes: Mapping[str, torch.Size]
) -> None:
    differing = weights.keys() ^ shapes.keys()
    differing |= {n for n, t in weights.items() if n in shapes and shapes[n] != t.shape}
    if differing:
        raise InvalidInput(
            f"the trained weights do not fit the network {which}: {sorted(differing)[0]} differs; "
            "start from a run of the same network (baselines with a stage table grow from other "
            "sizes too, own networks and those of timm do not)"
        )
