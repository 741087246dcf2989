"""Image files that a test writes itself."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scaling_search.proxy import DataSettings, ProxyTask
from scaling_search.proxy.image_set import ImageSet
from scaling_search.proxy.images.local_files import local_set

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


def put(path: Path, number: int = 0, ending: str = "") -> Path:
    """A small grey picture that no other number has, under this path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels).save(path, ending or None)
    return path


def put_tree(root: Path, folders: dict[str, int], start: int = 0) -> Path:
    """So many pictures in each folder."""
    for number, (folder, count) in enumerate(folders.items()):
        for i in range(count):
            put(root / folder / f"img_{i:03d}.png", start + 1000 * number + i)
    return root


def settings_of(path: Path, **settings: object) -> DataSettings:
    """Of local files; caches lie beside them."""
    cache = path.parent / "cache"
    return DataSettings(kind="parquet", path=str(path), cache_dir=str(cache), **settings)


def opened(path: Path, **settings: object) -> ImageSet:
    """The set as a new command opens it."""
    return local_set(settings_of(path, **settings))


def counts(source: ImageSet) -> tuple[dict[str, int], dict[str, int]]:
    """How many images of each class are in the train part, and in the test part."""
    return tuple(  # type: ignore[return-value]
        {source.classes[i]: int(n) for i, n in enumerate(np.bincount(labels)) if n}
        for labels in (source.train_labels, source.test_labels)
    )
