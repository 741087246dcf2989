"""The layers that an architecture stands for: priced by cost.py, built by baselines/network.py.

Channels may be integers or integer arrays: an array describes many networks at once, which is how
whole grids are priced. So which layers there are must never depend on the channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scaling_search.scaling.architecture import Architecture, Stage

#: One integer, or one integer for each of many networks.
Count: TypeAlias = "int | NDArray[np.int64]"
#: The same of what is so or not.
Flag: TypeAlias = "bool | NDArray[np.bool_]"


@dataclass(frozen=True)
class Conv:
    """Convolution without bias, then batch norm, then the activation where `activate` is set."""

    in_channels: Count
    out_channels: Count
    kernel: int
    stride: int = 1
    depthwise: bool = False
    activate: bool = True

    @property
    def fan_in(self) -> Count:
        """Multiply-adds of an element of the output."""
        return self.kernel**2 * (1 if self.depthwise else self.in_channels)


@dataclass(frozen=True)
class SqueezeExcitation:
    """Global pooling, two 1x1 convolutions with bias, and a gate on the channels."""

    channels: Count
    squeezed: Count


@dataclass(frozen=True)
class MaxPool:
    """Max-pooling padded like a convolution."""

    kernel: int
    stride: int


@dataclass(frozen=True)
class Linear:
    """The classifier, behind global average pooling."""

    in_channels: Count
    out_channels: int


Layer: TypeAlias = "Conv | SqueezeExcitation | MaxPool"


@dataclass(frozen=True)
class BlockLayers:
    """The layers of one block, and what becomes of its input."""

    layers: tuple[Layer, ...]
    #: Whether the input is added to the output.
    residual: Flag = False
    #: What gives the input the shape of the output.
    projection: Conv | None = None
    #: Whether the activation follows the sum.
    activate_sum: bool = False


@dataclass(frozen=True)
class NetworkLayers:
    """All layers of a network, in the order in which an image passes them."""

    stem: tuple[Layer, ...]
    #: Of each stage the first block and each further one.
    stages: tuple[tuple[BlockLayers, BlockLayers], ...]
    head: tuple[Layer, ...]
    #: Channels that are pooled for the classifier.
    features: Count


def network_layers(architecture: Architecture, channels: Sequence[Count]) -> NetworkLayers:
    """The layers at these widths, which are in the order of `architecture.channels`."""
    before = channels[0]
    conv = Conv(
        architecture.in_channels, before, architecture.stem_kernel, architecture.stem_stride
    )
    stem: tuple[Layer, ...] = (conv, MaxPool(3, 2)) if architecture.stem_pool else (conv,)
    stages = []
    for stage, width in zip(architecture.stages, channels[1:]):
        after = width * stage.expansion if stage.block == "bottleneck" else width
        stages.append((_block(stage, before, width, True), _block(stage, after, width, False)))
        before = after
    if not architecture.head_channels:
        return NetworkLayers(stem, tuple(stages), (), before)
    head = channels[-1]
    return NetworkLayers(stem, tuple(stages), (Conv(before, head, 1),), head)


def _block(stage: Stage, in_channels: Count, width: Count, first: bool) -> BlockLayers:
    stride = stage.stride if first else 1
    if stage.block in ("mbconv", "fused_mbconv"):
        return _mbconv(stage, in_channels, width, stride)
    if stage.block == "separable":
        depthwise = Conv(in_channels, in_channels, stage.kernel, stride, depthwise=True)
        return BlockLayers((depthwise, Conv(in_channels, width, 1)))
    out_channels = width * stage.expansion
    layers: tuple[Layer, ...] = (
        Conv(in_channels, width, stage.kernel, stride),
        Conv(width, width, stage.kernel, activate=False),
    )
    if stage.block == "bottleneck":
        layers = (
            Conv(in_channels, width, 1),
            # The stride sits in the middle: with it in front, half of the pixels were never read.
            Conv(width, width, stage.kernel, stride),
            Conv(width, out_channels, 1, activate=False),
        )
    projection = Conv(in_channels, out_channels, 1, stride, activate=False) if first else None
    return BlockLayers(layers, residual=True, projection=projection, activate_sum=True)


def _mbconv(stage: Stage, in_channels: Count, width: Count, stride: int) -> BlockLayers:
    """The squeeze follows the block's input channels, as in the published EfficientNet."""
    inner = in_channels * stage.expansion
    layers: list[Layer] = []
    if stage.block == "fused_mbconv":
        layers.append(Conv(in_channels, inner, stage.kernel, stride))
    else:
        if stage.expansion != 1:
            layers.append(Conv(in_channels, inner, 1))
        layers.append(Conv(inner, inner, stage.kernel, stride, depthwise=True))
    if stage.se_ratio > 0:
        squeezed = np.maximum(1, np.floor(np.multiply(in_channels, stage.se_ratio)))
        layers.append(SqueezeExcitation(inner, _count(squeezed)))
    layers.append(Conv(inner, width, 1, activate=False))
    return BlockLayers(tuple(layers), residual=stride == 1 and in_channels == width)


def _count(value: NDArray[np.float64] | np.float64) -> Count:
    return int(value) if np.ndim(value) == 0 else np.asarray(value).astype(np.int64)
