"""An image folder as a set: listed, understood, hashed once and sampled once."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.image_set import ImageSet
from scaling_search.proxy.images.folder_layout import Layout, arrange
from scaling_search.proxy.images.folder_scan import Scan
from scaling_search.proxy.images.image_files import open_image
from scaling_search.proxy.images.image_tree import nfc
from scaling_search.proxy.images.known_sets import (
    READING_VERSION,
    KnownSet,
    Paths,
    load_known,
    save_known,
)
from scaling_search.proxy.images.label_table import read_table
from scaling_search.proxy.images.labels import number_labels
from scaling_search.proxy.images.manifest import Manifest
from scaling_search.proxy.images.pixel_values import PixelRule, Survey, sample_rows
from scaling_search.proxy.images.set_notes import NO_TEST, alike_note, copies_note, part_note
from scaling_search.proxy.pixel_cache import require_folder
from scaling_search.proxy.resampling import Pixels

#: Changes whenever a folder may be understood otherwise: it is then looked at anew.
_LAYOUT_VERSION = 2


@dataclass(frozen=True)
class FolderImages:
    """Reads images of a folder."""

    root: str
    rule: PixelRule
    train: Paths
    test: Paths

    def __call__(self, part: str, index: int) -> Pixels:
        """(h, w, C). Raises InvalidInput, which names the file, where it cannot be decoded."""
        path = os.path.join(self.root, (self.train if part == "train" else self.test)[index])
        return self.rule.pixels(open_image(path, path))


def image_set_from_folder(settings: DataSettings, found: Scan) -> ImageSet:
    """The set in a folder that was just listed. Raises InvalidInput where it cannot be used."""
    cache, root = settings.cache_folder(), settings.local_path()
    if settings.image_column:
        raise InvalidInput(
            f"data.image_column is {settings.image_column!r}, but {settings.path} is an image "
            "folder, which has no columns of images: leave it out"
        )
    require_folder(cache)
    manifest = Manifest.of(cache, root)
    asked = [settings.test_split, settings.label_column, settings.ground, settings.allow_left_out]
    state = _digest(READING_VERSION, _LAYOUT_VERSION, found.fingerprint, *asked)
    if (remembered := manifest.recall(state)) is not None:
        identity, notes = remembered
        if (known := load_known(cache, identity)) is not None:
            return folder_set(settings, known, notes)
    layout = arrange(
        found, lambda path: read_table(root / path), settings.test_split, settings.label_column
    )
    known, notes = _find_out(settings, found, layout, manifest)
    save_known(cache, known)
    manifest.remember(state, known.identity, notes)
    return folder_set(settings, known, notes)


def folder_set(settings: DataSettings, known: KnownSet, notes: tuple[str, ...] = ()) -> ImageSet:
    """A folder of which all is known as a set, without a look at it."""
    root = settings.local_path()
    return ImageSet(
        name=root.name or Path(os.path.abspath(root)).name,
        identity=known.identity,
        classes=known.classes,
        in_channels=known.rule.in_channels,
        native_resolution=known.native_resolution,
        train_labels=known.train_labels,
        test_labels=known.test_labels,
        read_image=FolderImages(str(root), known.rule, known.train_paths, known.test_paths),
        notes=notes,
    )


def _find_out(
    settings: DataSettings, found: Scan, layout: Layout, manifest: Manifest
) -> tuple[KnownSet, tuple[str, ...]]:
    """Hash the files that are used, and look at a sample of them."""
    train, test = layout.train, layout.test
    numbered = number_labels(
        train.classes, test.classes if test else None, f"{settings.path} ({train.labelled_by})"
    )
    used = len(train.paths) + (len(test.paths) if test else 0)
    left_out = layout.left_out.line(used, settings.allow_left_out)
    test_paths = test.paths if test and numbered.test is not None else []
    test_labels = np.zeros(0, np.int64) if numbered.test is None else numbered.test
    files = [*train.files, *(test.files if test_paths and test else [])]
    paths = [*train.paths, *test_paths]
    hashes = manifest.hashes(paths, found.status[files])
    survey = Survey(settings.ground)
    for row in sample_rows(len(train.paths)):
        path = os.path.join(found.root, train.paths[row])
        survey.look(open_image(path, path))
    rule = survey.rule(settings.path)
    content = _digest(
        READING_VERSION,
        settings.ground,
        numbered.classes,
        # The same on a disk that parts accents from their letters.
        hashlib.sha256(Paths.of([nfc(path) for path in paths]).text).hexdigest(),
        hashlib.sha256(numbered.train.tobytes()).hexdigest(),
        hashlib.sha256(test_labels.tobytes()).hexdigest(),
        hashlib.sha256(hashes.tobytes()).hexdigest(),
    )
    known = KnownSet(
        identity=content,
        classes=numbered.classes,
        rule=rule,
        native_resolution=survey.native_resolution,
        train_labels=numbered.train,
        test_labels=test_labels,
        train_paths=Paths.of(train.paths),
        test_paths=Paths.of(test_paths),
    )
    by, tested = train.labelled_by, test if test_paths else None
    notes = [part_note("train", numbered.train, numbered.classes, train.folders, by)]
    if tested:
        by = tested.labelled_by
        notes.append(part_note("test", test_labels, numbered.classes, tested.folders, by))
    elif numbered.note:
        notes.append(f"test is left out: {numbered.note}")
    if not tested:
        notes.append(f"no test part: {NO_TEST}")
    notes += filter(
        None, (alike_note(numbered.classes), copies_note(hashes, numbered.train), *layout.notes)
    )
    notes += [f"files: {left_out}", f"values: {'; '.join(survey.notes(rule))}"]
    return known, tuple(notes)


def _digest(*content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
