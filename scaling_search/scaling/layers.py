"""The layers that an architecture stands for: priced by cost.py, built by baselines/network.py.

Channels may be integers or integer arrays: an array describes many networks at once, which is how
whole grids are priced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scaling_search.scaling.architecture import Stage

#: One integer, or one integer for each of many networks.
Count: TypeAlias = "int | NDArray[np.int64]"


@dataclass(frozen=True)
class Conv:
    """Convolution without bias, then batch norm, then the activation where `activate` is set."""

    in_channels: Count
    out_channels: Count
    kernel: int
    stride: int = 1
    depthwise: bool = False
    activate: bool = True


@dataclass(frozen=True)
class SqueezeExcitation:
    """Global pooling, two 1x1 convolutions with bias, and a gate on the channels."""

    channels: Count
    squeezed: Count


def block_layers(
    stage: Stage, in_channels: Count, out_channels: Count, stride: int
) -> tuple[Conv | SqueezeExcitation, ...]:
    """The layers of one block of a stage (Sandler et al. 2018, Hu et al. 2018).

    The squeeze follows the block's input channels, as in the published EfficientNet.
    """
    inner = in_channels * stage.expansion
    layers: list[Conv | SqueezeExcitation] = []
    if stage.expansion != 1:
        layers.append(Conv(in_channels, inner, kernel=1))
    layers.append(Conv(inner, inner, stage.kernel, stride, depthwise=True))
    if stage.se_ratio > 0:
        squeezed = np.maximum(1, np.floor(np.multiply(in_channels, stage.se_ratio)))
        layers.append(SqueezeExcitation(inner, _count(squeezed)))
    layers.append(Conv(inner, out_channels, kernel=1, activate=False))
    return tuple(layers)


def _count(value: NDArray[np.float64] | np.float64) -> Count:
    return int(value) if np.ndim(value) == 0 else np.asarray(value).astype(np.int64)
