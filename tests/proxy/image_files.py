"""Image files that a test writes itself."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scaling_search.proxy import DataSettings, ProxyTask

WriteParquet = Callable[..., Path]


def encode_png(pixels: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def make_pixels(count: int, side: int, rgb: bool, seed: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    shape = (side, side, 3) if rgb else (side, side)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]


def task_of(path: Path, cache: Path, **settings: object) -> ProxyTask:
    return ProxyTask(DataSettings(kind="parquet", path=str(path), cache_dir=str(cache), **settings))


def write_folder(folder: Path, parts: tuple[str, ...], rgb: bool = True) -> Path:
    for seed, part in enumerate(parts):
        for name in ("ant", "bee", "cat"):
            (folder / part / name).mkdir(parents=True)
            for index, pixels in enumerate(make_pixels(6, 10, rgb, seed * 100 + ord(name[0]))):
                (folder / part / name / f"{index}.png").write_bytes(encode_png(pixels))
    return folder
