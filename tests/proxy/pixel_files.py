"""A cache of small images, and damage to it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from scaling_search.proxy import pixel_cache

SHAPE = (300, 6, 6, 1)
Pixels = pixel_cache.Pixels


def read_image(index: int) -> Pixels:
    return np.full((6, 6, 1), index % 256, np.uint8)


def never_read(index: int) -> Pixels:
    raise AssertionError(f"image {index} was read although it is cached")


def names(folder: Path) -> list[str]:
    """All that lies in the folder, locks apart."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "set.npy"
        path.write_bytes(change(path.read_bytes()))

    return spoil


def flip(position: int) -> Callable[[Path], None]:
    def flipped(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[position] ^= 0x10
        return bytes(changed)

    return rewrite(flipped)
