"""The exact cost of a network in closed form, for one network or for a whole grid.

What is counted, for one image: multiply-adds of convolutions and linear layers (half of what
torch's flop counter gives; pooling, batch norm and activations are left out), parameters, and
activations = elements of the outputs of convolutions, squeeze-excitation's included (Radosavovic et
al. 2020, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scaling_search.errors import InvalidInput
from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.layers import Count, Linear, MaxPool, SqueezeExcitation
from scaling_search.scaling.passes import Pass, passes
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


def macs_of(layer: Pass) -> Count:
    """Multiply-adds of a layer for one image."""
    kind = layer.layer
    if isinstance(kind, MaxPool):
        return 0
    if isinstance(kind, SqueezeExcitation):
        return 2 * kind.channels * kind.squeezed
    if isinstance(kind, Linear):
        return kind.in_channels * kind.out_channels
    return kind.out_channels * layer.out_size * layer.out_size * kind.fan_in


def params_of(layer: Pass) -> Count:
    """Parameters of a layer; two a channel belong to the batch norm behind every convolution."""
    kind = layer.layer
    if isinstance(kind, MaxPool):
        return 0
    if isinstance(kind, SqueezeExcitation):
        return 2 * kind.channels * kind.squeezed + kind.channels + kind.squeezed
    if isinstance(kind, Linear):
        return (kind.in_channels + 1) * kind.out_channels
    return kind.out_channels * (kind.fan_in + 2)


def activations_of(layer: Pass) -> Count:
    """Elements of the outputs of a layer's convolutions for one image."""
    kind = layer.layer
    if isinstance(kind, (MaxPool, Linear)):
        return 0
    if isinstance(kind, SqueezeExcitation):
        return kind.channels + kind.squeezed
    return kind.out_channels * layer.out_size * layer.out_size


_COUNTS: dict[str, Callable[[Pass], Count]] = {
    "macs": macs_of,
    "params": params_of,
    "activations": activations_of,
}


def cost(architecture: Architecture, resolution: int) -> Cost:
    """The cost of one network at a square input of `resolution` pixels."""
    sums = dict.fromkeys(_COUNTS, 0)
    repeats = architecture.repeats
    for layer in passes(architecture, architecture.channels, resolution):
        times = 1 if layer.stage is None else repeats[layer.stage] - 1
        for name, count in _COUNTS.items():
            sums[name] += times * int(count(layer))
    return Cost(**sums)


@dataclass(frozen=True, eq=False)
class Grid:
    """n realised networks of one architecture, held as the few distinct ones that they are made of.

    Rounding leaves few distinct depths, widths and resolutions. Sums over layers are linear in the
    repeats, so one look at each distinct (width, resolution) is enough for all of them.
    """

    architecture: Architecture
    #: (pairs,) of a width and a resolution: channels of each layer that has some, and pixels.
    channels: tuple[Ints, ...]
    size: Ints
    #: (depths, stages)
    repeats: Ints
    #: (n,): index of a network's pair and of its depth.
    pair_of: NDArray[np.intp]
    depth_of: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        resolution: int,
        rounding: Rounding,
        depth_mult: ArrayLike,
        width_mult: ArrayLike,
        resolution_mult: ArrayLike,
    ) -> Grid:
        """The networks at three arrays of multipliers of shape (n,). Raises InvalidInput."""
        repeats, depth_of = _distinct(
            depth_mult, lambda mult: rounding.repeats(architecture.repeats, mult)
        )
        channels, width_of = _distinct(
            width_mult, lambda mult: rounding.channels(architecture.channels, mult)
        )
        sizes, size_of = _distinct(
            resolution_mult, lambda mult: rounding.resolution(resolution, mult)[:, None]
        )
        return cls(
            architecture,
            tuple(np.repeat(c, len(sizes)) for c in channels.T),
            np.tile(sizes[:, 0], len(channels)),
            repeats,
            width_of * len(sizes) + size_of,
            depth_of,
        )

    @property
    def resolution(self) -> Ints:
        """(n,): in pixels."""
        return self.size[self.pair_of]

    def counts(self, name: str) -> Ints:
        """(n,): macs, params or activations of each network."""
        return self.sums({name: _COUNTS[name]})[name]

    def sums(self, counts: Mapping[str, Callable[[Pass], Count]]) -> dict[str, Ints]:
        """(n,) each: what the counts give, summed over all layers of each network."""
        once = {name: np.zeros(self.size.shape, np.int64) for name in counts}
        again = {name: [zero.copy() for _ in self.repeats.T] for name, zero in once.items()}
        for layer in passes(self.architecture, self.channels, self.size):
            for name, count in counts.items():
                if layer.stage is None:
                    once[name] += count(layer)
                else:
                    again[name][layer.stage] += count(layer)
        total = {name: values[self.pair_of] for name, values in once.items()}
        for stage, blocks in enumerate(self.repeats.T):
            further = (blocks - 1)[self.depth_of]
            if further.any():
                for name in counts:
                    total[name] += further * again[name][stage][self.pair_of]
        return total


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
