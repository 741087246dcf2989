"""What a pass through a layer may take time for, summed over the layers of networks.

A kind of layer takes a time for being called, one for each multiply-add, one for each element that
it reads or writes and one for each weight: coefficients that a device has, and that measured
networks tell. Vector units work on whole vectors, so multiply-adds are also counted as if channels
filled them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.cost import Grid, macs_of, params_of
from scaling_search.scaling.layers import Conv, Count, Linear, MaxPool, SqueezeExcitation
from scaling_search.scaling.passes import Pass

Floats = NDArray[np.float64]

#: Channels that a vector of 64 bytes holds.
_VECTOR = 16


def kind_of(layer: Pass) -> str:
    """Layers of one kind are run by the same code."""
    kind = layer.layer
    if isinstance(kind, SqueezeExcitation):
        return "squeeze-excitation"
    if isinstance(kind, MaxPool):
        return "pool"
    if isinstance(kind, Linear):
        return "linear"
    if kind.depthwise:
        return "depthwise"
    return "pointwise" if kind.kernel == 1 else "conv"


def _call(layer: Pass) -> Count:
    return np.ones_like(layer.out_size) if isinstance(layer.out_size, np.ndarray) else 1


def _padded_macs(layer: Pass) -> Count:
    kind = layer.layer
    if not isinstance(kind, Conv):
        return 0
    return _padded(kind.out_channels) * layer.out_size * layer.out_size * kind.fan_in


def _padded(channels: Count) -> Count:
    return -(-channels // _VECTOR) * _VECTOR


def _written(layer: Pass) -> Count:
    kind = layer.layer
    if isinstance(kind, MaxPool):
        return 0  # In step with what the layer before it writes.
    channels = kind.channels if isinstance(kind, SqueezeExcitation) else kind.out_channels
    return channels * layer.out_size * layer.out_size


def _read(layer: Pass) -> Count:
    kind = layer.layer
    if isinstance(kind, (SqueezeExcitation, MaxPool)):
        return 0
    # Global pooling comes before a linear layer.
    return kind.in_channels * layer.in_size * layer.in_size


#: Name -> what is counted.
COUNTS: Mapping[str, Callable[[Pass], Count]] = {
    "calls": _call,
    "macs": macs_of,
    "padded macs": _padded_macs,
    "elements read": _read,
    "elements written": _written,
    "weights": params_of,
}
#: What each kind of layer may take time for; the rest of it is proportional to these.
OF_KIND: Mapping[str, tuple[str, ...]] = {
    "conv": tuple(COUNTS),
    "pointwise": tuple(COUNTS),
    "depthwise": ("calls", "macs", "padded macs", "elements read", "elements written"),
    "squeeze-excitation": ("calls", "elements written", "weights"),
    "pool": ("calls",),
    "linear": ("calls", "elements read", "weights"),
}
#: (kind, count) of each coefficient, in their order.
TERMS = tuple((kind, name) for kind, names in OF_KIND.items() for name in names)


def term_sums(grid: Grid) -> Floats:
    """(n, terms): the counts of n networks, summed over their layers of each kind."""

    def of_kind(kind: str, name: str, layer: Pass) -> Count:
        return COUNTS[name](layer) if kind_of(layer) == kind else 0

    sums = grid.sums({f"{kind} {name}": partial(of_kind, kind, name) for kind, name in TERMS})
    return np.stack([*sums.values()], axis=1).astype(float)


#: Of a second. Sums over layers are whole numbers.
_UNIT = 1e-15


def seconds(grid: Grid, coefficients: Floats) -> Floats:
    """(n,): the seconds of n networks, at the coefficients (terms,): term_sums @ coefficients."""
    of_kind: dict[str, list[tuple[Callable[[Pass], Count], float]]] = {}
    for (kind, name), value in zip(TERMS, coefficients.tolist()):
        if value:
            of_kind.setdefault(kind, []).append((COUNTS[name], value / _UNIT))

    def of_layer(layer: Pass) -> Count:
        parts = [count(layer) * value for count, value in of_kind.get(kind_of(layer), ())]
        return np.asarray(sum(parts)).round().astype(np.int64)

    return grid.sums({"seconds": of_layer})["seconds"].astype(float) * _UNIT


def grid_of(networks: Iterable[tuple[Architecture, int]]) -> Grid:
    """Networks with their resolutions, which differ in repeats and channels alone, as a grid."""
    architectures, sizes = zip(*networks)
    count = np.arange(len(sizes))
    return Grid(
        architectures[0],
        tuple(np.array([a.channels for a in architectures], np.int64).T),
        np.array(sizes, np.int64),
        np.array([a.repeats for a in architectures], np.int64),
        count,
        count,
    )
