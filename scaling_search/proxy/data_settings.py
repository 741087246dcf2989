"""What a user says about the data."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.proxy.augmentation import Augmentation


@dataclass(frozen=True)
class DataSettings:
    """Which images the networks learn to classify."""

    #: glyphs (drawn here), parquet (local files) or hub (Hugging Face).
    kind: str = "glyphs"
    #: parquet: a file, a folder with train*.parquet and test*.parquet, or an image folder.
    path: str = ""
    #: hub: the name of the set, such as uoft-cs/cifar10.
    name: str = ""
    #: The column of images; empty finds it.
    image_column: str = ""
    #: The column of labels; empty finds it.
    label_column: str = ""
    #: The part that test_error is measured on; empty takes test, else validation.
    test_split: str = ""
    #: At most so many images to train and validate on, the same part of each class; null takes all.
    train_images: int | None = None
    #: At most so many test images, the same part of each class; null takes all.
    test_images: int | None = None
    #: Part of the training images that is split off as val, the same part of each class.
    val_fraction: float = 0.2
    #: Seed of the drawn set, of the choice of images and of the split.
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    #: Where pixel caches live; empty takes the user's cache folder.
    cache_dir: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("glyphs", "parquet", "hub"):
            raise InvalidInput(f"data.kind is {self.kind!r}, but must be glyphs, parquet or hub")
        if not 0.01 <= self.val_fraction <= 0.9:
            raise InvalidInput(
                f"data.val_fraction is {self.val_fraction!r}, but must lie between 0.01 and 0.9"
            )
        for name in ("train_images", "test_images"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidInput(f"data.{name} is {value!r}, but must be at least 1")
        if self.seed < 0:
            raise InvalidInput(f"data.seed is {self.seed!r}, but must not be negative")

    def cache_folder(self) -> Path:
        """The folder of pixel caches."""
        if self.cache_dir:
            return Path(self.cache_dir).expanduser()
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return Path(home).expanduser() / "scaling_search"
