"""What a user says about the data."""

from __future__ import annotations

import os
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PIL import ImageColor

from scaling_search.errors import InvalidInput, require_seed, whole_number
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.text_file import expanded

#: Data that are never opened here.
OWN = "own"


@dataclass(frozen=True)
class DataSettings:
    """Which images the networks learn to classify, or what is known of a user's own data."""

    #: glyphs (drawn here), parquet (local files), hub (Hugging Face), or own: a trainer of your own
    #: reads them.
    kind: str = "glyphs"
    #: parquet: a file, a folder with train*.parquet and test*.parquet, or an image folder
    #: (docs/data.md).
    path: str = ""
    #: hub: the name of the set, such as uoft-cs/cifar10; own: what reports call it.
    name: str = ""
    #: The column of images; empty finds it.
    image_column: str = ""
    #: The column of labels; empty finds it.
    label_column: str = ""
    #: The part that test_error is measured on; empty takes test, else eval, else validation.
    test_split: str = ""
    #: The colour that is laid under transparent pixels: white, black, grey, #rrggbb.
    ground: str = "white"
    #: Go on where more than a tenth of an image folder's images cannot be used.
    allow_left_out: bool = False
    #: At most so many images to train and validate on, the same part of each class; null takes all.
    #: own: images that an epoch passes over; null: not known.
    train_images: int | None = None
    #: At most so many test images, the same part of each class; null takes all.
    #: own: images on which the metric counts mistakes; null: unknown, or it counts none.
    test_images: int | None = None
    #: Part of the training images that is split off as val, the same part of each class.
    val_fraction: float = 0.2
    #: Seed of the drawn set, of the choice of images and of the split.
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    #: Where pixel caches live; empty takes the user's cache folder.
    cache_dir: str = ""
    #: auto keeps the images at each resolution where they take no more than half of the free disk,
    #: and no random crops are made of them; else, and with none, they are decoded as needed.
    cache: str = "auto"
    #: Processes that decode ahead of each run where nothing is kept; 0 lets the run do it, null
    #: takes the cores that the runs leave over.
    loading_processes: int | None = None
    #: own: how many classes the network tells apart, as far as its size depends on that.
    num_classes: int = 1000
    #: own: channels of an image.
    in_channels: int = 3
    #: own: side of the images in pixels, above which nothing is trained; null: no limit.
    native_resolution: int | None = None
    #: own: how many images val_error is measured on; null: not known.
    val_images: int | None = None
    #: own: any text; change it when the data change, and runs train again.
    identity: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("glyphs", "parquet", "hub", OWN):
            raise InvalidInput(
                f"data.kind is {self.kind!r}, but must be glyphs, parquet, hub or {OWN}"
            )
        if not 0.01 <= self.val_fraction <= 0.9:
            raise InvalidInput(
                f"data.val_fraction is {self.val_fraction!r}, but must lie between 0.01 and 0.9"
            )
        for name in ("num_classes", "in_channels"):
            whole_number(f"data.{name}", getattr(self, name))
        for name in ("train_images", "test_images", "val_images", "native_resolution"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise InvalidInput(
                    f"data.{name} is {value!r}, but must be a whole number, at least 1, or null"
                )
            if self.kind == "glyphs" and (value or 0) > MOST_GLYPHS:
                raise InvalidInput(
                    f"data.{name} is {value!r}, but data=glyphs draws at most {MOST_GLYPHS:,} "
                    "images for each part: take fewer"
                )
        if self.cache not in ("auto", "none"):
            raise InvalidInput(f"data.cache is {self.cache!r}, but must be auto or none")
        count = self.loading_processes
        if count is not None and not (type(count) is int and 0 <= count <= MOST_PROCESSES):
            raise InvalidInput(
                f"data.loading_processes is {count!r}, but must be a whole number from 0 to "
                f"{MOST_PROCESSES}, or null"
            )
        require_seed("data.seed", self.seed)
        try:
            ImageColor.getrgb(self.ground)
        except ValueError as error:
            raise InvalidInput(
                f"data.ground is {self.ground!r}, but must be a colour, such as white, black, grey "
                "or '#20a0ff'"
            ) from error
        for name, kinds in _ONLY_OF.items():
            value, one = getattr(self, name), type(self).__dataclass_fields__[name]
            default = Augmentation() if one.default is MISSING else one.default
            if value != default and self.kind not in kinds:
                raise InvalidInput(
                    f"data.{name} is {value!r}, but data={self.kind} has no use for it: leave it "
                    f"out, or take data={' or data='.join(kinds)}"
                )

    def shared(self, cores: int, slots: int) -> DataSettings:
        """The same with processes that decode for each of `slots` runs at a time."""
        if self.loading_processes is not None:
            return self
        left = max(0, min(MOST_PROCESSES, cores // slots - 1))
        return replace(self, loading_processes=left)

    def seen_from(self, folder: Path) -> DataSettings:
        """The same for a process with another working directory than this folder."""
        return replace(
            self, path=_below(folder, self.path), cache_dir=_below(folder, self.cache_dir)
        )

    @property
    def is_own(self) -> bool:
        """Whether a trainer of the user's own reads them."""
        return self.kind == OWN

    def plain(self) -> dict[str, Any]:
        """For study.yaml: what its kind looks at, and what changes a result."""
        names = {f.name for f in fields(self)} - _OF_THIS_MACHINE
        if self.is_own:
            names &= {"kind", "name", "train_images", "test_images", *OF_OWN}
        else:
            names -= OF_OWN
        if self.kind == "glyphs":
            names.discard("ground")  # nothing that is drawn is transparent
        values = {name: value for name, value in asdict(self).items() if name in names}
        if not self.is_own:
            values["augmentation"] = self.augmentation.to_plain()
        return values

    @property
    def source(self) -> str:
        """What the user calls the set."""
        return self.name or self.path

    def cache_folder(self) -> Path:
        """The folder of pixel caches."""
        if self.cache_dir:
            return expanded(self.cache_dir, "data.cache_dir")
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return expanded(home, "XDG_CACHE_HOME") / "scaling_search"

    def local_path(self) -> Path:
        """Where local files are."""
        return expanded(self.path, "data.path")


#: The most images of a part that glyphs draws, at 0.7 ms an image.
MOST_GLYPHS = 1_000_000
#: How images are kept and decoded changes no result, nor does the switch: the identity says what is
#: used.
_OF_THIS_MACHINE = {"cache_dir", "cache", "loading_processes", "allow_left_out"}
#: Settings of data that a trainer of the user's own reads.
OF_OWN = {"num_classes", "in_channels", "native_resolution", "val_images", "identity"}
#: The most processes that decode for one run.
MOST_PROCESSES = 32
#: Settings that only some kinds of data look at.
_ONLY_OF = {
    "path": ("parquet",),
    "name": ("hub", OWN),
    "image_column": ("parquet", "hub"),
    "label_column": ("parquet", "hub"),
    "test_split": ("parquet", "hub"),
    "ground": ("parquet", "hub"),
    "allow_left_out": ("parquet",),
    **dict.fromkeys(("val_fraction", "seed", "augmentation"), ("glyphs", "parquet", "hub")),
    **dict.fromkeys(sorted(OF_OWN), (OWN,)),
}


def _below(folder: Path, place: str) -> str:
    # A home folder may be another on another machine.
    return place if not place or place.startswith("~") else str(folder / place)
