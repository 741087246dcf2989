"""Image files that a test writes itself."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WriteParquet = Callable[..., Path]


def encode_png(pixels: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def make_pixels(count: int, side: int, rgb: bool, seed: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    shape = (side, side, 3) if rgb else (side, side)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]
