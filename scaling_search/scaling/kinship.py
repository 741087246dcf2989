"""What of a trained network another architecture can take over, told before any tensor exists.

Layers stand in pairs: those of the stem, of a stage's first, second ... block, of the head. Wider
pairs and further blocks that begin as the identity keep the function (Chen et al. 2016, Net2Net,
arXiv:1511.05641); what else differs is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from scaling_search.errors import InvalidInput
from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.layers import (
    BlockLayers,
    Conv,
    Layer,
    MaxPool,
    SqueezeExcitation,
    network_layers,
)

#: Activations that leave what they have given as it is, so that one more of them changes nothing.
_IDEMPOTENT = ("relu", "relu6")
#: What pairs of networks may differ in: sizes, and how a network begins.
_MAY_DIFFER = (
    *("stem_channels", "stages", "head_channels", "num_classes", "in_channels"),
    *("stem_kernel", "identity_start"),
)


def require_akin(network: Architecture, source: Architecture) -> None:
    """Raise InvalidInput unless both have the same layers, of whatever sizes and repeats."""
    for field in fields(Architecture):
        if field.name not in _MAY_DIFFER:
            _require_same(field.name, getattr(network, field.name), getattr(source, field.name))
    _require_same("stem_stride", network.stem_stride, source.stem_stride)
    _require_same("the number of stages", len(network.stages), len(source.stages))
    _require_same("having a head", bool(network.head_channels), bool(source.head_channels))
    for index, stages in enumerate(zip(network.stages, source.stages), 1):
        for name in ("block", "stride"):
            _require_same(f"{name} of stage {index}", *(getattr(one, name) for one in stages))
    for where, *pair in _pairs(network, source):
        kinds = ([type(layer).__name__ for layer in one.layers] for one in pair)
        _require_same(f"the row of layers in {where}", *kinds)


def not_kept(network: Architecture, source: Architecture) -> tuple[str, ...]:
    """Why `network` does not begin with the function of the trained `source`, one reason each.

    Empty where its logits are the same at the moment when it takes the weights over. Raises
    InvalidInput as `require_akin`.
    """
    require_akin(network, source)
    reasons = []
    if network.in_channels != source.in_channels:
        reasons.append(f"images have {network.in_channels} channels, not {source.in_channels}")
    if network.num_classes != source.num_classes:
        reasons.append("its classifier is drawn anew: there are other classes")
    for where, ours, theirs in _pairs(network, source):
        # A first block alone may have a shortcut or not, by its widths.
        if bool(ours.residual) != bool(theirs.residual):
            gains = "gains a shortcut" if ours.residual else "loses its shortcut"
            reasons.append(f"{where} {gains}")
        if any(_is_cut(a, b) for a, b in zip(ours.layers, theirs.layers)):
            reasons.append(f"trained channels are left out: {where}")
    for index, (wanted, there) in enumerate(zip(network.repeats, source.repeats), 1):
        more = wanted - there
        if more < 0:
            reasons.append(f"trained blocks are left out: {-more} of stage {index}")
        elif more > 0 and not begins_as_identity(_blocks(network)[index - 1][-1], network):
            reasons.append(f"further blocks begin with drawn weights: {more} of stage {index}")
    return tuple(reasons)


def begins_as_identity(block: BlockLayers, network: Architecture) -> bool:
    """Whether a further block gives what it gets where its last scales are 0."""
    is_idempotent = not block.activate_sum or network.activation in _IDEMPOTENT
    return bool(block.residual) and block.projection is None and is_idempotent


def counterparts(network: Architecture, source: Architecture) -> list[int | None]:
    """For each block of `network` that of `source` it takes over, by its place among all blocks.

    None for further blocks, which follow those that a stage of `source` has.
    """
    found: list[int | None] = []
    begin = 0
    for ours, theirs in zip(network.repeats, source.repeats):
        found += [begin + i if i < theirs else None for i in range(ours)]
        begin += theirs
    return found


def _blocks(architecture: Architecture) -> Sequence[tuple[BlockLayers, BlockLayers]]:
    return network_layers(architecture, architecture.channels).stages


def _pairs(
    network: Architecture, source: Architecture
) -> Iterator[tuple[str, BlockLayers, BlockLayers]]:
    """Where, and the layers of both there."""
    ours, theirs = (network_layers(one, one.channels) for one in (network, source))
    yield "the stem", BlockLayers(ours.stem), BlockLayers(theirs.stem)
    stages = zip(ours.stages, theirs.stages, network.repeats, source.repeats)
    for index, (one, other, *repeats) in enumerate(stages, 1):
        yield f"the first block of stage {index}", one[0], other[0]
        if min(repeats) > 1:
            yield f"the further blocks of stage {index}", one[1], other[1]
    if ours.head:
        yield "the head", BlockLayers(ours.head), BlockLayers(theirs.head)


def _is_cut(ours: Layer, theirs: Layer) -> bool:
    """Whether something of the trained layer has no place."""
    if isinstance(ours, Conv) and isinstance(theirs, Conv):
        less = ours.out_channels < theirs.out_channels or ours.kernel < theirs.kernel
        return bool(less)
    if isinstance(ours, SqueezeExcitation) and isinstance(theirs, SqueezeExcitation):
        return bool(ours.squeezed < theirs.squeezed)
    assert isinstance(ours, MaxPool)
    return False


def _require_same(what: str, ours: object, theirs: object) -> None:
    if ours != theirs:
        raise InvalidInput(
            f"{what} is {ours!r} in the network that is to start and {theirs!r} in the trained "
            "one, but must be the same: take a trained network of the same baseline"
        )
