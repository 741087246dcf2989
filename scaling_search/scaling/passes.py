"""The layers of a network as an image passes them: what every count of a cost walks over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.layers import (
    BlockLayers,
    Count,
    Layer,
    Linear,
    SqueezeExcitation,
    network_layers,
)


@dataclass(frozen=True)
class Pass:
    """A layer with the sides of the maps that enter and leave it, in pixels.

    Channels and sides may be arrays: then it stands for that layer of many networks.
    """

    layer: Layer | Linear
    in_size: Count
    out_size: Count
    #: The stage whose further blocks have it, repeats - 1 times; None: it is passed once.
    stage: int | None = None
    #: The block that it belongs to.
    block: BlockLayers | None = None


def passes(architecture: Architecture, channels: Sequence[Count], size: Count) -> Iterator[Pass]:
    """All layers in the order in which an image of `size` pixels a side passes them.

    channels: in the order of `architecture.channels`. A projection comes before the layers of its
    block, beside which it works.
    """
    layers = network_layers(architecture, channels)
    for layer in layers.stem:
        found = _passed(layer, size)
        yield found
        size = found.out_size
    for index, (first, further) in enumerate(layers.stages):
        for block, stage in ((first, None), (further, index)):
            if block.projection is not None:
                yield _passed(block.projection, size, stage, block)
            for layer in block.layers:
                found = _passed(layer, size, stage, block)
                yield found
                size = found.out_size
    for layer in layers.head:
        yield _passed(layer, size)
    yield Pass(Linear(layers.features, architecture.num_classes), size, 1)


def _passed(
    layer: Layer, size: Count, stage: int | None = None, block: BlockLayers | None = None
) -> Pass:
    if isinstance(layer, SqueezeExcitation):
        return Pass(layer, size, size, stage, block)
    return Pass(layer, size, _divide_up(size, layer.stride), stage, block)


def _divide_up(size: Count, stride: int) -> Count:
    """Pixels that a stride leaves of `size`: odd kernels padded by half their width lose none."""
    if isinstance(size, int):
        return -(-size // stride)
    return -((-size) // np.int64(stride))
