"""Images brought to another size by averages over areas, on any machine to the same bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

#: Rows of a large result that are made together, from the few that lie under them.
_TOGETHER = 8
#: Multiply-adds up to which OpenBLAS takes one thread. What several threads give depends on how
#: many there are, and small products are slower by them.
_ONE_THREAD = 1 << 18


def resample(image: Pixels, side: int) -> Pixels:
    """The central square of (h, w, C), averaged over areas to (side, side, C)."""
    height, width = image.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    return averaged(image[top : top + square, left : left + square], side)


def averaged(image: Pixels, side: int) -> Pixels:
    """All of (h, w, C), averaged over areas to (side, side, C)."""
    height, width, channels = image.shape
    if height == width == side:
        return image
    x_YWC = _along_rows(image.astype(np.float32).reshape(height, -1), side)
    x_WYC = x_YWC.reshape(side, width, channels).swapaxes(0, 1)
    x_XYC = _along_rows(x_WYC.reshape(width, -1), side)
    means = x_XYC.reshape(side, side, channels).swapaxes(0, 1)
    return np.asarray(np.rint(means), np.uint8, "C")


def _along_rows(x_HN: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """(h, n) -> (side, n)"""
    before, count = x_HN.shape
    weights = _area_weights(before, side)
    x_YN = np.empty((side, count), np.float32)
    together = max(_TOGETHER, _ONE_THREAD // x_HN.size)
    for y in range(0, side, together):
        end = min(y + together, side)
        under = slice(y * before // side, -(-end * before // side))
        few = weights[y:end, under]
        step = max(1, _ONE_THREAD // few.size)
        for n in range(0, count, step):
            x_YN[y:end, n : n + step] = few @ x_HN[under, n : n + step]
    return x_YN


@lru_cache(maxsize=16)
def _area_weights(before: int, after: int) -> NDArray[np.float32]:
    """Row i: how much of each pixel before lies under pixel i after; rows add up to 1."""
    edges = np.linspace(0, before, after + 1)
    pixel = np.arange(before)
    low = np.maximum(edges[:-1, None], pixel)
    high = np.minimum(edges[1:, None], pixel + 1)
    return np.asarray(np.clip(high - low, 0, None) * (after / before), np.float32)
