"""Image-classification sets: drawn (glyphs), local (parquet, image folder) or from the hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy import glyphs
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.resampling import Pixels

Labels = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """A train part, a test part where there is one, and what is known of the images."""

    name: str
    #: Stands for the content: equal sets have equal identities, on any machine.
    identity: str
    #: Names of the classes, in the order of their numbers.
    classes: tuple[str, ...]
    in_channels: int
    #: The side in pixels that nine of ten images reach.
    native_resolution: int
    train_labels: Labels
    #: Empty where the set has no test part.
    test_labels: Labels
    #: (part, index) -> (h, w, in_channels); part is "train" or "test".
    read_image: Callable[[str, int], Pixels]
    #: Reading is so slow that the native images are worth a cache of their own.
    drawn: bool = False
    #: What the plan says of the set: parts, labels, files left out, values. Sentences.
    notes: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """How many classes there are to tell apart."""
        return len(self.classes)


@dataclass(frozen=True)
class _Glyphs:
    """Draws the images of a set."""

    fonts: Path
    seed: int
    #: Images of the train part, after which those of the test part are numbered.
    train: int

    def __call__(self, part: str, index: int) -> Pixels:
        number = index if part == "train" else self.train + index
        return glyphs.draw_glyph(self.fonts, self.seed, number)[:, :, None]


def glyph_set(settings: DataSettings) -> ImageSet:
    """The set that glyphs.py draws. Raises InvalidInput where matplotlib lacks a typeface."""
    train = settings.train_images or 7000
    test = settings.test_images or 2000
    classes = len(glyphs.CHARACTERS)
    spec = util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise InvalidInput("data=glyphs needs matplotlib, which is not installed")
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    content = hashlib.sha256()
    for name in glyphs.FONTS:
        path = fonts / f"{name}.ttf"
        if not path.exists():
            raise InvalidInput(
                f"the typeface {path} is missing from matplotlib's package: install matplotlib "
                "again, or use data=parquet"
            )
        content.update(path.read_bytes())
    # Pillow draws the characters, so its version is part of what determines the pixels.
    drawn_by = [metadata.version("pillow"), glyphs.VERSION, settings.seed, train, test]
    content.update(json.dumps(drawn_by).encode())

    return ImageSet(
        name="glyphs",
        identity=content.hexdigest()[:16],
        classes=tuple(glyphs.CHARACTERS),
        in_channels=1,
        native_resolution=glyphs.NATIVE_RESOLUTION,
        train_labels=np.arange(train, dtype=np.int64) % classes,
        test_labels=np.arange(train, train + test, dtype=np.int64) % classes,
        read_image=_Glyphs(fonts, settings.seed, train),
        drawn=True,
    )
