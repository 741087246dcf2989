"""The exact cost of a network in closed form, for one network or for a whole grid.

What is counted, for one image: multiply-adds of convolutions and linear layers (half of what
torch's flop counter gives; pooling, batch norm and activations are left out), parameters, and
activations = elements of the outputs of convolutions, squeeze-excitation's included (Radosavovic et
al. 2020, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scaling_search.errors import InvalidInput
from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.layers import (
    BlockLayers,
    Count,
    Layer,
    MaxPool,
    SqueezeExcitation,
    network_layers,
)
from scaling_search.scaling.rounding import Ints, Rounding


@dataclass(frozen=True)
class Cost:
    """Cost of one forward pass of one image."""

    macs: int
    params: int
    activations: int

    def train_flops(self, examples: int) -> int:
        """3 x 2 x macs x examples: a backward pass costs about twice a forward pass."""
        return 3 * 2 * self.macs * examples


def _divide_up(size: Count, stride: int) -> Count:
    """Pixels that a stride leaves of `size`; kernels padded by half their width lose none."""
    if isinstance(size, int):
        return -(-size // stride)
    return -((-size) // np.int64(stride))


class _Sum:
    """Running totals while an image of `size` pixels passes through layers."""

    def __init__(self, size: Count) -> None:
        self.size: Count = size
        self.macs: Count = 0
        self.params: Count = 0
        self.activations: Count = 0

    def add_block(self, block: BlockLayers, times: Count = 1) -> None:
        """Only a block that keeps the size may be added several times at once."""
        before = self.size
        if block.projection is not None:
            self.add([block.projection], times)
        # The projection works beside the layers: both start from the block's input.
        self.size = before
        self.add(block.layers, times)

    def add(self, layers: Sequence[Layer], times: Count = 1) -> None:
        for layer in layers:
            if isinstance(layer, SqueezeExcitation):
                weights = 2 * layer.channels * layer.squeezed
                gates = layer.channels + layer.squeezed
                self.macs = self.macs + times * weights
                self.params = self.params + times * (weights + gates)
                self.activations = self.activations + times * gates
                continue
            # Odd kernels padded by half their width give ceil(size / stride) pixels.
            self.size = _divide_up(self.size, layer.stride)
            if isinstance(layer, MaxPool):
                continue
            fan_in: Count = layer.kernel**2 * (1 if layer.depthwise else layer.in_channels)
            outputs: Count = layer.out_channels * self.size * self.size
            self.macs = self.macs + times * outputs * fan_in
            # Two parameters a channel belong to the batch norm behind every convolution.
            self.params = self.params + times * layer.out_channels * (fan_in + 2)
            self.activations = self.activations + times * outputs


def _total(
    architecture: Architecture, channels: Sequence[Count], repeats: Sequence[Count], size: Count
) -> _Sum:
    layers = network_layers(architecture, channels)
    total = _Sum(size)
    total.add(layers.stem)
    for (first, further), blocks in zip(layers.stages, repeats):
        total.add_block(first)
        total.add_block(further, times=blocks - 1)
    total.add(layers.head)
    total.macs = total.macs + layers.features * architecture.num_classes
    total.params = total.params + (layers.features + 1) * architecture.num_classes
    return total


def cost(architecture: Architecture, resolution: int) -> Cost:
    """The cost of one network at a square input of `resolution` pixels."""
    total = _total(architecture, architecture.channels, architecture.repeats, resolution)
    return Cost(int(total.macs), int(total.params), int(total.activations))


@dataclass(frozen=True)
class GridCosts:
    """What `price` gives for n networks: arrays of shape (n,)."""

    macs: Ints
    params: Ints
    activations: Ints
    resolution: Ints


def price(
    architecture: Architecture,
    resolution: int,
    rounding: Rounding,
    depth_mult: ArrayLike,
    width_mult: ArrayLike,
    resolution_mult: ArrayLike,
) -> GridCosts:
    """The realised cost of n networks, given by three arrays of multipliers of shape (n,).

    Rounding leaves few distinct depths, widths and resolutions. The cost is linear in the repeats,
    so one price for each distinct (width, resolution) and stage is enough for all of them.
    """
    repeats, depth_of = _distinct(
        depth_mult, lambda mult: rounding.repeats(architecture.repeats, mult)
    )
    channels, width_of = _distinct(
        width_mult, lambda mult: rounding.channels(architecture.channels, mult)
    )
    sizes, size_of = _distinct(
        resolution_mult, lambda mult: rounding.resolution(resolution, mult)[:, None]
    )
    pair = width_of * len(sizes) + size_of
    columns = [np.repeat(c, len(sizes)) for c in channels.T]
    size = np.tile(sizes[:, 0], len(channels))
    ones: list[Count] = [1] * len(architecture.stages)
    single = _total(architecture, columns, ones, size)
    sums = {name: np.broadcast_to(getattr(single, name), size.shape)[pair] for name in _COUNTS}
    for index in range(len(architecture.stages)):
        further = (repeats[:, index] - 1)[depth_of]
        if not further.any():
            continue
        ones[index] = 2
        double = _total(architecture, columns, ones, size)
        ones[index] = 1
        for name in _COUNTS:
            a_block = np.asarray(getattr(double, name)) - getattr(single, name)
            sums[name] = sums[name] + further * np.broadcast_to(a_block, size.shape)[pair]
    return GridCosts(sums["macs"], sums["params"], sums["activations"], sizes[:, 0][size_of])


_COUNTS = ("macs", "params", "activations")


def _distinct(
    mult: ArrayLike, realise: Callable[[NDArray[np.float64]], Ints]
) -> tuple[Ints, NDArray[np.intp]]:
    """Distinct realised rows, and for each multiplier the index of its row.

    Every policy is monotone in the multiplier, so equal rows are neighbours once sorted.
    """
    asked = np.asarray(mult, float)
    if asked.size == 0 or not np.isfinite(asked).all() or (asked <= 0).any():
        raise InvalidInput("multipliers to price must be finite and above 0, and at least one")
    values, inverse = np.unique(asked, return_inverse=True)
    rows = realise(values)
    starts = np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)]
    return rows[starts], (np.cumsum(starts) - 1)[inverse]
