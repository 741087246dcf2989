"""Images at one resolution as one file of bytes, made once and mapped by everybody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput

#: Images that are resampled and written together.
_CHUNK = 256

Pixels = NDArray[np.uint8]


def open_pixels(
    folder: Path,
    name: str,
    shape: tuple[int, int, int, int],
    read_image: Callable[[int], Pixels],
) -> Pixels:
    """The images (N, H, W, C) of a set at one resolution, mapped from disk.

    Where the file `name`.npy is missing or torn it is made from `read_image`, which gives image i
    as (h, w, C) at any size. A second builder waits for the first. The file appears under its name
    only when it is whole.
    """
    path = folder / f"{name}.npy"
    pixels = _open_whole(path, shape)
    if pixels is not None:
        return pixels
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        pixels = _open_whole(path, shape)
        if pixels is None:
            require_disk(folder, int(np.prod(shape)))
            _write(path, shape, read_image)
            pixels = _open_whole(path, shape)
    if pixels is None:
        raise OSError(f"{path} cannot be read back after it was written: is the disk in order?")
    return pixels


def _open_whole(path: Path, shape: tuple[int, int, int, int]) -> Pixels | None:
    try:
        pixels = np.load(path, mmap_mode="r")
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return pixels if pixels.shape == shape and pixels.dtype == np.uint8 else None


def _write(
    path: Path, shape: tuple[int, int, int, int], read_image: Callable[[int], Pixels]
) -> None:
    count, side, _, channels = shape
    partial = path.with_suffix(f".partial-{os.getpid()}")
    try:
        # Written, not mapped: a full disk is then an error and not a killed process.
        with partial.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, count, _CHUNK):
                chunk = [
                    resample(read_image(i), side) for i in range(start, min(start + _CHUNK, count))
                ]
                file.write(np.stack(chunk).reshape(-1, side, side, channels).tobytes())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def require_disk(folder: Path, size: int) -> None:
    """Refuse to start what the disk cannot hold; `folder` or a parent of it must exist."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if size > 0.95 * free:
        raise InvalidInput(
            f"the pixel cache needs {size / 1e9:.1f} GB in {folder}, but only {free / 1e9:.1f} GB "
            "are free: set data.cache_dir= to a larger disk, or take fewer images with "
            "data.train_images="
        )


def resample(image: Pixels, side: int) -> Pixels:
    """The central square of (h, w, C), averaged over areas to (side, side, C)."""
    height, width = image.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    image = image[top : top + square, left : left + square]
    if square == side:
        return image
    weights = _area_weights(square, side)
    averaged = np.einsum("yh,hwc,xw->yxc", weights, image, weights, optimize=True)
    resampled: Pixels = np.rint(averaged).astype(np.uint8)
    return resampled


def _area_weights(before: int, after: int) -> NDArray[np.float32]:
    """Row i: how much of each pixel before lies under pixel i after; rows add up to 1."""
    edges = np.linspace(0, before, after + 1)
    pixel = np.arange(before)
    low = np.maximum(edges[:-1, None], pixel)
    high = np.minimum(edges[1:, None], pixel + 1)
    weights: NDArray[np.float32] = (np.clip(high - low, 0, None) * (after / before)).astype(
        np.float32
    )
    return weights
