"""The proxy task: which images, how they are split, and at which resolutions they are ready."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput, whole_number
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.decoding import Decoder, TaskImages
from scaling_search.proxy.image_set import ImageSet, glyph_set
from scaling_search.proxy.pixel_cache import is_cached, open_pixels
from scaling_search.proxy.resampling import Pixels
from scaling_search.proxy.split import Rows, balanced, require_members, stratified

#: A part of the training images that is kept aside where the set has no test part.
_TEST_FRACTION = 0.2
#: No set has more classes, pixels a side or images.
_LARGEST = 10**10
#: Of data whose resolution is not known.
LARGEST_RESOLUTION = 10_000


class Split(NamedTuple):
    """One part of the task at a resolution: rows of its images, and their labels."""

    images: Pixels | Decoder
    rows: Rows
    labels: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """What the rest of a study needs to know of its task; it can be read where the data are not."""

    name: str
    identity: str
    num_classes: int
    in_channels: int
    #: Of data that are the user's own this and what follows may be 0: not known.
    native_resolution: int
    train_images: int
    val_images: int
    test_images: int

    def __post_init__(self) -> None:
        for name, value in [*vars(self).items()][2:]:
            known = value != 0 or name in ("num_classes", "in_channels")
            if known and whole_number(f"facts.{name}", value) > _LARGEST:
                raise InvalidInput(f"facts.{name} is {value}, but must be at most {_LARGEST:,}")

    @property
    def largest_resolution(self) -> int:
        """The side in pixels above which no network is trained."""
        return self.native_resolution or LARGEST_RESOLUTION

    @property
    def epoch_images(self) -> int:
        """Images of an epoch, by which training is priced; 1 where they are not known."""
        return self.train_images or 1


def own_facts(settings: DataSettings) -> TaskFacts:
    """What is known of data that a trainer of the user's own reads."""
    name = settings.name or "own data"
    content = json.dumps([name, settings.identity])
    return TaskFacts(
        name=name,
        identity=hashlib.sha256(content.encode()).hexdigest()[:16],
        num_classes=settings.num_classes,
        in_channels=settings.in_channels,
        native_resolution=settings.native_resolution or 0,
        train_images=settings.train_images or 0,
        val_images=settings.val_images or 0,
        test_images=settings.test_images or 0,
    )


@dataclass(frozen=True)
class ProxyTask:
    """Data settings made concrete. Equal identities mean equal images, labels and split."""

    settings: DataSettings
    #: The set, where it has been opened.
    opened: ImageSet | None = field(default=None, compare=False, repr=False)

    @cached_property
    def image_set(self) -> ImageSet:
        """The set that the settings name. Raises InvalidInput where it cannot be used."""
        return self.opened or open_image_set(self.settings)

    @cached_property
    def _rows(self) -> tuple[Rows, Rows, Rows]:
        """Indices into the train part (train, val) and into all images, train first (test)."""
        source = self.image_set
        rng = np.random.default_rng(self.settings.seed)
        chosen = balanced(source.train_labels, self.settings.train_images, rng)
        labels = source.train_labels[chosen]
        has_test = len(source.test_labels) > 0
        require_members(labels, source, 2 if has_test else 3)
        if has_test:
            test = balanced(source.test_labels, self.settings.test_images, rng)
            test = test + len(source.train_labels)
        else:
            aside = stratified(labels, _TEST_FRACTION, rng)
            test, chosen, labels = chosen[aside], chosen[~aside], labels[~aside]
        is_val = stratified(labels, self.settings.val_fraction, rng)
        return chosen[~is_val], chosen[is_val], test

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many images are in train, val and test."""
        train, val, test = self._rows
        return len(train), len(val), len(test)

    @cached_property
    def identity(self) -> str:
        """Stands for everything that determines what a network gets to see."""
        return _identity(self.settings, self.image_set.identity)

    @property
    def facts(self) -> TaskFacts:
        """The facts of this task."""
        of_set = ("name", "num_classes", "in_channels", "native_resolution")
        known: dict[str, Any] = {name: getattr(self.image_set, name) for name in of_set}
        known.update(zip(("train_images", "val_images", "test_images"), self.sizes))
        return TaskFacts(identity=self.identity, **known)

    def require_batch(self, batch_size: int) -> None:
        """Refuse a batch that the training images cannot fill."""
        if self.sizes[0] < batch_size:
            raise InvalidInput(
                f"recipe.batch_size is {batch_size}, but there are only {self.sizes[0]} training "
                "images: take a smaller batch or more images"
            )

    def cache_shape(self, resolution: int) -> tuple[int, int, int, int]:
        """Shape of the pixel cache at a resolution, (N, H, W, C)."""
        return sum(self.sizes), resolution, resolution, self.image_set.in_channels

    def _cache_name(self, resolution: int) -> str:
        return f"{self.image_set.name}-{self.image_set.identity[:8]}-{self._part}-{resolution}px"

    @cached_property
    def _part(self) -> str:
        """Stands for the chosen images and their order."""
        content = repr([self.image_set.identity, *(rows.tobytes() for rows in self._rows)])
        return hashlib.sha256(content.encode()).hexdigest()[:8]

    def is_cached(self, resolution: int) -> bool:
        """Whether the images are ready at this resolution."""
        return is_cached(self.settings.cache_folder(), self._cache_name(resolution))

    @property
    def caches(self) -> bool:
        """Whether images may be kept at a resolution, where the disk has room for them."""
        # A crop needs more of an image than its central square.
        return self.settings.cache == "auto" and self.settings.augmentation.smallest_crop == 1

    def prepare(self, resolution: int) -> None:
        """Decode and resample now what `load` gives, if it is kept, and say how far it is."""
        self._pixels(resolution, f"Pixels of {self.image_set.name} at {resolution} px")

    def load(self, resolution: int) -> tuple[Split, Split, Split]:
        """Train, val and test at a resolution in pixels.

        Decoded and resampled the first time and then kept, or each time that they are needed.
        """
        source, (train, val, test) = self.image_set, self._rows
        pixels: Pixels | Decoder | None = self._pixels(resolution)
        if pixels is None:
            processes = self.settings.loading_processes or 0
            pixels = Decoder(self._images, resolution, source.in_channels, processes)
        labels = np.concatenate([source.train_labels, source.test_labels])
        starts = np.cumsum([0, len(train), len(val), len(test)])
        return tuple(  # type: ignore[return-value]
            Split(pixels, np.arange(start, end), labels[rows])
            for start, end, rows in zip(starts, starts[1:], (train, val, test))
        )

    @property
    def _images(self) -> TaskImages:
        source = self.image_set
        return TaskImages(source.read_image, np.concatenate(self._rows), len(source.train_labels))

    def _pixels(self, resolution: int, title: str = "") -> Pixels | None:
        """The images as they are kept; None where they are not."""
        if not self.caches:
            return None
        source, read_image = self.image_set, self._images
        native: Pixels | None = None
        if source.drawn and resolution != source.native_resolution:
            native = self._pixels(source.native_resolution)
        return open_pixels(
            self.settings.cache_folder(),
            self._cache_name(resolution),
            self.cache_shape(resolution),
            read_image if native is None else native.__getitem__,
            title,
        )


def _identity(settings: DataSettings, image_set: str) -> str:
    """Of the task that these settings make of the set with this identity."""
    names = ("train_images", "test_images", "val_fraction", "seed")
    asked = [getattr(settings, name) for name in names]
    content = [image_set, *asked, settings.augmentation.to_plain()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def open_image_set(settings: DataSettings) -> ImageSet:
    """The set that the settings name. Raises InvalidInput where it cannot be read."""
    if settings.kind == "glyphs":
        return glyph_set(settings)
    if settings.kind == "hub":
        from scaling_search.proxy.images.from_datasets import image_set_from_hub

        return image_set_from_hub(settings)
    from scaling_search.proxy.images.local_files import local_set

    return local_set(settings)


@lru_cache(maxsize=4)
def proxy_task(settings: DataSettings) -> ProxyTask:
    """The task of these settings; opened once in each process."""
    return ProxyTask(settings)


@lru_cache(maxsize=4)
def known_task(settings: DataSettings, identity: str) -> ProxyTask:
    """The task with this identity, as a driver has opened it: workers look at no file again.

    Where nothing is known of it, as on another machine, it is opened. Raises InvalidInput where the
    data are others by now.
    """
    if settings.kind != "glyphs":
        from scaling_search.proxy.images.known_sets import known_identities, load_known
        from scaling_search.proxy.images.local_files import known_set

        cache = settings.cache_folder()
        for found in known_identities(cache):
            if _identity(settings, found) == identity and (known := load_known(cache, found)):
                return ProxyTask(settings, known_set(settings, known))
    task = proxy_task(settings)
    if task.identity != identity:
        raise InvalidInput(
            f"the data of {task.image_set.name} are others than when this study was planned: "
            "repeat the command"
        )
    return task
