"""Image folders of any size for `speed.py opening`: a few JPEGs under many names."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

#: Different files; a file system has a limit for the names of each.
_FILES = 500


def make_folder(root: Path, images: int, classes: int, side: int = 64) -> Path:
    """A folder for each class with its share of the images, which are hard links."""
    rng = np.random.default_rng(0)
    sources = root.parent / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    for number in range(_FILES):
        coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        picture.save(sources / f"{number}.jpg", quality=90)
    for number in range(images):
        folder = root / f"class_{number % classes:04d}"
        if number < classes:
            folder.mkdir(parents=True)
        os.link(sources / f"{number % _FILES}.jpg", folder / f"image_{number:07d}.jpg")
    return root


def cpu_seconds(what: Callable[[], object]) -> float:
    """CPU time that commands take, on all cores together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    what()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
