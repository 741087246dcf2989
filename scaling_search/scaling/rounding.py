"""Rounding policies: how multipliers become whole channels, blocks and pixels.

Each policy works on arrays of multipliers, so that grids of a million points are realised at once,
and names the multipliers at which its outcome changes, so that all distinct networks can be listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scaling_search.errors import InvalidInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


#: Whole numbers from which on floats have gaps between them.
_BEYOND = 2.0**53


class Rounding(Protocol):
    """What a policy can do. Arrays of multipliers are 1-D, (n,)."""

    def channels(self, channels: Sequence[int], width_mult: ArrayLike) -> Ints:
        """Channels of every layer group, (n, len(channels))."""
        ...

    def repeats(self, repeats: Sequence[int], depth_mult: ArrayLike) -> Ints:
        """Blocks of every stage, (n, len(repeats))."""
        ...

    def resolution(self, resolution: int, resolution_mult: ArrayLike) -> Ints:
        """Side of the square image in pixels, (n,)."""
        ...

    def width_changes(self, channels: Sequence[int], low: float, high: float) -> Floats:
        """Sorted width multipliers between low and high at which `channels` may change."""
        ...

    def depth_changes(self, repeats: Sequence[int], low: float, high: float) -> Floats:
        """Sorted depth multipliers between low and high at which `repeats` may change."""
        ...

    @property
    def resolution_divisor(self) -> int:
        """Every realised resolution is a multiple of this."""
        ...


def _nearest(values: Floats, divisor: int) -> Ints:
    """The nearest multiple of `divisor`, at least one divisor; halves go up."""
    return _whole(np.maximum(1, np.floor(values / divisor + 0.5)), divisor) * divisor


def _whole(values: Floats, divisor: int = 1) -> Ints:
    """As whole numbers. Raises InvalidInput where they are none in floating point: beyond, integers
    would run over into other networks, negative ones among them."""
    if values.size and not float(values.max()) * divisor < _BEYOND:
        raise InvalidInput(
            f"{float(values.max()) * divisor:.3g} channels, blocks or pixels are more than any "
            "network that can be described has: give a smaller phi, multiplier or budget"
        )
    return values.astype(np.int64)


def _between(values: NDArray[np.float64], low: float, high: float) -> Floats:
    return np.unique(values[(values > low) & (values < high)])


#: The part that arithmetic may add to a whole number of blocks before the paper's ceil sees it.
_NOISE = 1e-9


@dataclass(frozen=True)
class PaperRounding:
    """The published rule (Tan & Le 2019, authors' code).

    Channels go to the nearest multiple of 8 but never below 90 % of the exact value, repeats to the
    next whole number, the resolution to the nearest pixel.
    """

    channel_divisor: int = 8
    resolution_divisor: int = 1
    #: Whether the last channels, of the head, never fall below the baseline's, as in MobileNetV2.
    keep_last: bool = False

    def channels(self, channels: Sequence[int], width_mult: ArrayLike) -> Ints:
        exact = np.atleast_1d(np.asarray(width_mult, float))[:, None] * np.asarray(channels, float)
        rounded = _nearest(exact, self.channel_divisor)
        too_low = (rounded < 0.9 * exact).astype(np.int64)
        lifted: Ints = rounded + self.channel_divisor * too_low
        if self.keep_last:
            lifted[:, -1] = np.maximum(lifted[:, -1], channels[-1])
        return lifted

    def repeats(self, repeats: Sequence[int], depth_mult: ArrayLike) -> Ints:
        exact = np.atleast_1d(np.asarray(depth_mult, float))[:, None] * np.asarray(repeats, float)
        return _whole(np.maximum(1, np.ceil(exact * (1 - _NOISE))))

    def resolution(self, resolution: int, resolution_mult: ArrayLike) -> Ints:
        exact = resolution * np.atleast_1d(np.asarray(resolution_mult, float))
        return _nearest(exact, self.resolution_divisor)

    def width_changes(self, channels: Sequence[int], low: float, high: float) -> Floats:
        multiples = np.arange(1, int(max(channels) * high / self.channel_divisor) + 2)
        exact = multiples * float(self.channel_divisor)
        edges = [(exact + self.channel_divisor / 2) / c for c in channels]
        floors = [exact / 0.9 / c for c in channels]
        return _between(np.concatenate(edges + floors), low, high)

    def depth_changes(self, repeats: Sequence[int], low: float, high: float) -> Floats:
        blocks = np.arange(1, int(max(repeats) * high) + 2)
        return _between(np.concatenate([blocks / n / (1 - _NOISE) for n in repeats]), low, high)


@dataclass(frozen=True)
class FineRounding:
    """A policy with small steps, for networks so small that the paper's rule would jump.

    Channels and resolution go to the nearest multiple of their divisor. The total number of blocks
    is rounded once and handed out one block at a time by Webster's divisor method in proportion to
    the baseline's repeats, so no stage ever loses a block when the depth grows.
    """

    channel_divisor: int = 2
    resolution_divisor: int = 1

    def channels(self, channels: Sequence[int], width_mult: ArrayLike) -> Ints:
        exact = np.atleast_1d(np.asarray(width_mult, float))[:, None] * np.asarray(channels, float)
        return _nearest(exact, self.channel_divisor)

    def repeats(self, repeats: Sequence[int], depth_mult: ArrayLike) -> Ints:
        exact = np.atleast_1d(np.asarray(depth_mult, float)) * sum(repeats)
        totals = _whole(np.maximum(len(repeats), np.floor(exact + 0.5)))
        return _handed_out(np.asarray(repeats), totals)

    def resolution(self, resolution: int, resolution_mult: ArrayLike) -> Ints:
        exact = resolution * np.atleast_1d(np.asarray(resolution_mult, float))
        return _nearest(exact, self.resolution_divisor)

    def width_changes(self, channels: Sequence[int], low: float, high: float) -> Floats:
        multiples = np.arange(1, int(max(channels) * high / self.channel_divisor) + 2)
        exact = (multiples + 0.5) * self.channel_divisor
        return _between(np.concatenate([exact / c for c in channels]), low, high)

    def depth_changes(self, repeats: Sequence[int], low: float, high: float) -> Floats:
        total = sum(repeats)
        return _between((np.arange(1, int(total * high) + 2) + 0.5) / total, low, high)


def _handed_out(repeats: Ints, totals: Ints) -> Ints:
    """Blocks of each stage, (n, stages), when `totals` (n,) blocks are handed out.

    Webster's method gives the next block to the greatest claim repeats / (2 * blocks + 1), after
    one block for every stage. All rows start from what is certainly theirs, so few are left.
    """
    stages = len(repeats)
    certain = repeats * (totals[:, None] - stages) / repeats.sum()
    given: Ints = np.maximum(1, np.floor(certain + 0.5 - 1e-9)).astype(np.int64)
    left = totals - given.sum(axis=1)
    while (left > 0).any():
        claims = repeats / (2 * given + 1)
        # Equal claims go to the later stage: its blocks see more of the image.
        claimant = stages - 1 - np.argmax(claims[:, ::-1], axis=1)
        given[np.arange(len(given)), claimant] += left > 0
        left = left - (left > 0)
    return given
