"""Sets in rows, read by Hugging Face `datasets`: parquet files and sets of the hub."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.image_set import ImageSet
from scaling_search.proxy.images.columns import (
    as_images,
    image_column,
    label_column,
    label_values,
)
from scaling_search.proxy.images.folder_layout import TEST_PARTS
from scaling_search.proxy.images.image_files import Picture, open_image
from scaling_search.proxy.images.known_sets import (
    READING_VERSION,
    KnownSet,
    load_known,
    save_known,
)
from scaling_search.proxy.images.labels import number_labels
from scaling_search.proxy.images.manifest import Manifest
from scaling_search.proxy.images.parquet_files import (
    ParquetListing,
    list_parquet,
    parts_of_files,
)
from scaling_search.proxy.images.parts import part_of
from scaling_search.proxy.images.pixel_values import PixelRule, Survey, sample_rows
from scaling_search.proxy.images.set_notes import NO_TEST, alike_note, part_note
from scaling_search.proxy.pixel_cache import require_folder
from scaling_search.proxy.resampling import Pixels


@dataclass(frozen=True)
class Source:
    """A set in rows that is loaded when its rows are needed."""

    settings: DataSettings
    #: Of parquet files, where they were listed.
    listed: ParquetListing | None = None

    @cached_property
    def listing(self) -> ParquetListing:
        """The parquet files."""
        return self.listed or list_parquet(self.settings)

    @cached_property
    def files(self) -> dict[str, list[str]]:
        """Part -> its parquet files, relative to the root; empty for a set of the hub."""
        if self.settings.kind == "hub":
            return {}
        return parts_of_files(self.listing.paths, self.settings.path)

    @cached_property
    def loaded(self) -> Any:
        """All parts. Raises InvalidInput, and OSError where the disk refuses."""
        return _load(self)

    @cached_property
    def names(self) -> dict[str, str]:
        """train, and test where there is one -> what they are called in the set."""
        settings, loaded = self.settings, self.loaded
        if "train" not in loaded:
            raise InvalidInput(
                f"{settings.source} has no train part, only {', '.join(loaded)}: name its files "
                "train*.parquet and test*.parquet"
            )
        parts = {name: found[0] for name in loaded if (found := part_of(name))}
        wanted: tuple[str, ...] = TEST_PARTS
        if asked := settings.test_split:
            found = part_of(asked)
            wanted = (found[0],) if found else ()
        first = next((n for part in wanted for n, p in parts.items() if p == part), "")
        test = asked if asked in loaded else first
        if asked and test in ("", "train"):
            raise InvalidInput(
                f"data.test_split is {asked!r}, but {settings.source} has only the parts "
                f"{', '.join(loaded)}: name another of these than train, or leave it out"
            )
        return {"train": "train", **({"test": test} if test else {})}

    @cached_property
    def parts(self) -> dict[str, Any]:
        """The rows of train, and of test where there is one."""
        return {part: self.loaded[name] for part, name in self.names.items()}

    @cached_property
    def image_column(self) -> str:
        """The column that holds the images."""
        return image_column(self.parts["train"].features, self.settings)

    @cached_property
    def _images(self) -> dict[str, Any]:
        column, where = self.image_column, self.settings.source
        return {
            name: as_images(part, column, f"the {name} part of {where}")
            for name, part in self.parts.items()
        }

    def picture(self, part: str, index: int) -> Picture:
        """One image, decoded. Raises InvalidInput, which names it."""
        cell = self._images[part][index][self.image_column] or {}
        name = f"image {index} of the {part} part of {self.settings.source}"
        if path := cell.get("path"):
            name += f" ({path[:100]})"
        # Of sets of the hub `datasets` keeps the files itself.
        content = cell.get("bytes") or (path if self.settings.kind == "hub" else None)
        if content is None:
            raise InvalidInput(
                f"{name} is the name of a file and no image: write the content of the files into "
                "the column, or give data.path= a folder of them with a metadata.csv of the "
                "columns file_name and label"
                if path
                else f"{name} is missing: give every row an image, or leave it out"
            )
        return open_image(content, name)


@dataclass(frozen=True)
class RowImages:
    """Reads images of a set in rows."""

    source: Source
    rule: PixelRule

    def __call__(self, part: str, index: int) -> Pixels:
        """(h, w, C). Raises InvalidInput, which names the image, where it cannot be decoded."""
        return self.rule.pixels(self.source.picture(part, index))


def image_set_from_hub(settings: DataSettings) -> ImageSet:
    """The set of the hub that the settings name. Raises InvalidInput where it cannot be had."""
    if not settings.name:
        raise InvalidInput(
            "data.name is empty: give the name of an image-classification set on the hub, "
            "such as uoft-cs/cifar10"
        )
    source = Source(settings)
    infos = [part.info for part in source.parts.values()]
    content = repr([[i.download_checksums for i in infos], [i.splits for i in infos]])
    known, notes = _find_out(source, _digest(settings, content))
    return row_set(source, known, notes)


def image_set_from_parquet(settings: DataSettings, listing: ParquetListing) -> ImageSet:
    """The set in parquet files that were just listed. Raises InvalidInput where it is none."""
    source = Source(settings, listing)
    cache = settings.cache_folder()
    require_folder(cache)
    manifest = Manifest.of(cache, settings.local_path())
    state = _digest(settings, repr([listing.paths, listing.status.tolist()]))
    if (remembered := manifest.recall(state)) is not None:
        identity, notes = remembered
        if (known := load_known(cache, identity)) is not None:
            return row_set(source, known, notes)
    made = replace(manifest, root=listing.root).hashes(list(listing.paths), listing.status)
    hashes = dict(zip(listing.paths, made))
    content = [
        (part, [hashes[path].tobytes().hex() for path in paths])
        for part, paths in source.files.items()
    ]
    known, notes = _find_out(source, _digest(settings, repr(content)))
    train, test = (source.files.get(source.names.get(p, ""), []) for p in ("train", "test"))
    trained = {hashes[path].tobytes() for path in train}
    if same := [path for path in test if hashes[path].tobytes() in trained]:
        notes = (*notes, f"the same files twice: {', '.join(same[:3])} of test, also in train")
    manifest.remember(state, known.identity, notes)
    return row_set(source, known, notes)


def row_set(source: Source, known: KnownSet, notes: tuple[str, ...] = ()) -> ImageSet:
    """A set in rows of which all is known, without a look at its rows."""
    settings = source.settings
    return ImageSet(
        name=settings.name or Path(os.path.abspath(settings.local_path())).name,
        identity=known.identity,
        classes=known.classes,
        in_channels=known.rule.in_channels,
        native_resolution=known.native_resolution,
        train_labels=known.train_labels,
        test_labels=known.test_labels,
        read_image=RowImages(source, known.rule),
        notes=notes,
    )


def _find_out(source: Source, identity: str) -> tuple[KnownSet, tuple[str, ...]]:
    """Read the labels, and look at a sample of the images."""
    settings, parts = source.settings, source.parts
    train = parts["train"]
    column = label_column(train.features, settings)
    names = getattr(train.features[column], "names", None)
    numbered = number_labels(
        label_values(train, column, names),
        label_values(parts["test"], column, names) if "test" in parts else None,
        f"column {column} of {settings.source}",
        names,
    )
    survey = Survey(settings.ground)
    for row in sample_rows(len(train)):
        survey.look(source.picture("train", row))
    known = KnownSet(
        identity=identity,
        classes=numbered.classes,
        rule=survey.rule(settings.source),
        native_resolution=survey.native_resolution,
        train_labels=numbered.train,
        test_labels=np.zeros(0, np.int64) if numbered.test is None else numbered.test,
    )
    save_known(settings.cache_folder(), known)
    labels = {"train": known.train_labels, "test": known.test_labels}
    notes = [
        part_note(
            part, labels[part], known.classes, source.files.get(name, [name]), f"column {column}"
        )
        for part, name in source.names.items()
        if len(labels[part])
    ]
    if alike := alike_note(known.classes):
        notes.append(alike)
    if numbered.note:
        notes.append(f"{source.names['test']} is left out: {numbered.note}")
    if numbered.test is None:
        notes.append(f"no test part: {NO_TEST}")
    for name in source.loaded:
        if name not in source.names.values():
            notes.append(
                f"{name} is not used: its {len(source.loaded[name]):,} images are neither trained "
                f"nor tested on (val is split from train; data.test_split={name} tests on them)"
            )
    notes.append(f"values of column {source.image_column}: {'; '.join(survey.notes(known.rule))}")
    return known, tuple(notes)


def _load(source: Source) -> Any:
    """Every part of the set. Raises InvalidInput, and OSError where the disk refuses."""
    settings = source.settings
    try:
        import datasets
    except ImportError as error:
        raise InvalidInput(
            f"data={settings.kind} needs Hugging Face datasets for anything but image folders, "
            "and it is not installed: pip install 'scaling-search[data]'"
        ) from error
    datasets.disable_progress_bars()
    is_local = settings.kind != "hub"
    require_folder(settings.cache_folder())
    cache = str(settings.cache_folder() / "datasets")
    try:
        if not is_local:
            return datasets.load_dataset(settings.name, cache_dir=cache)
        loaded: dict[str, Any] = {}
        # One after the other: a test part may lack the column of labels.
        for part, paths in source.files.items():
            files = {part: [str(source.listing.root / path) for path in paths]}
            loaded |= datasets.load_dataset("parquet", data_files=files, cache_dir=cache)
        return loaded
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        number = cause.errno if isinstance(cause, OSError) else None
        if number in (errno.ENOSPC, errno.EDQUOT) or (is_local and number is not None):
            raise cause from error
        raise InvalidInput(
            f"data.path is {settings.path!r}, but it cannot be read as images with labels "
            f"({type(cause).__name__}: {cause}): each parquet file must be whole and hold an "
            "image and a label column"
            if is_local
            else f"data.name is {settings.name!r}, but it cannot be had from the hub "
            f"({type(cause).__name__}: {str(cause)[:200]}): check the name and the network, or "
            "use a local copy with data=parquet data.path="
        ) from error


def _digest(settings: DataSettings, content: str) -> str:
    """Stands for content that is read by these settings."""
    asked = [settings.image_column, settings.label_column, settings.test_split, settings.ground]
    plain = json.dumps([READING_VERSION, settings.name, *asked, content])
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
