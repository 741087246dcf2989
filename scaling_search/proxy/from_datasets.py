"""Image sets read by Hugging Face `datasets`: parquet files, image folders and sets of the hub."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.image_set import ImageSet, Labels, Pixels
from scaling_search.proxy.pixel_cache import require_folder


def image_set_from_datasets(settings: DataSettings) -> ImageSet:
    """The set that the settings name. Raises InvalidInput where it cannot be read."""
    try:
        import datasets
    except ImportError as error:
        raise InvalidInput(
            f"data={settings.kind} needs Hugging Face datasets, which is not installed: "
            "pip install 'scaling-search[data]'"
        ) from error
    datasets.disable_progress_bars()
    loaded = _load(settings)
    for what, asked in (("train", "train"), ("test", settings.test_split)):
        if asked and asked not in loaded:
            raise InvalidInput(
                f"{settings.source} has no {what} part, only {', '.join(loaded)}: "
                "name its files train*.parquet and test*.parquet, or give data.test_split="
            )
    parts = {"train": loaded["train"]}
    for name in [settings.test_split] if settings.test_split else ["test", "validation", "valid"]:
        if name in loaded and name != "train":
            parts.setdefault("test", loaded[name])
    train = parts["train"]
    image_column = _column("image", settings.image_column, train, "Image")
    label_column = _column("label", settings.label_column, train, "ClassLabel")
    train_labels, classes = _labels(train, label_column, settings)
    test_labels = np.zeros(0, np.int64)
    if "test" in parts:
        test_labels, _ = _labels(parts["test"], label_column, settings, classes)
    images = {name: _as_images(part, image_column, settings) for name, part in parts.items()}

    def decode(part: str, index: int) -> Image.Image:
        try:
            image = images[part][index][image_column]
            image.load()
        except Exception as error:  # a decoder may fail in any way on a broken file
            raise InvalidInput(
                f"image {index} of the {part} part of {settings.source} cannot be decoded "
                f" ({type(error).__name__}: {error}): mend it or leave it out"
            ) from error
        return image  # type: ignore[no-any-return]

    sample = [decode("train", int(i)) for i in np.linspace(0, len(train) - 1, min(len(train), 500))]
    in_channels = 1 if all(image.mode == "1" or image.mode[0] in "LI" for image in sample) else 3
    sides = sorted(min(image.size) for image in sample)

    def read_image(part: str, index: int) -> Pixels:
        image = decode(part, index)
        if image.mode.startswith("I"):
            # 16 bits of grey; Pillow would cut them off at 255.
            image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        pixels = np.asarray(image.convert("L" if in_channels == 1 else "RGB"), np.uint8)
        return pixels[:, :, None] if in_channels == 1 else pixels

    return ImageSet(
        name=settings.name or Path(settings.path).name,
        identity=_content_hash(settings, parts.values()),
        num_classes=len(classes),
        in_channels=in_channels,
        native_resolution=sides[len(sides) // 10],
        train_labels=train_labels,
        test_labels=test_labels,
        read_image=read_image,
    )


def _load(settings: DataSettings) -> Any:
    """Every part of the set. Raises InvalidInput, and OSError where the disk refuses."""
    import datasets

    is_local = settings.kind == "parquet"
    given = _local_files(settings) if is_local else {"path": settings.name}
    if not given["path"]:
        raise InvalidInput(
            "data.name is empty: give the name of an image-classification set on the hub, "
            "such as uoft-cs/cifar10"
        )
    cache = settings.cache_folder()
    require_folder(cache)
    try:
        return datasets.load_dataset(**given, cache_dir=str(cache / "datasets"))
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
            "image and a label column, an image folder one folder for each class"
            if is_local
            else f"data.name is {settings.name!r}, but it cannot be had from the hub "
            f"({type(cause).__name__}: {str(cause)[:200]}): check the name and the network, or "
            "use a local copy with data=parquet data.path="
        ) from error


def _local_files(settings: DataSettings) -> dict[str, Any]:
    """What `datasets` is to read: the parquet files of each part, or a folder of images."""
    if not settings.path:
        raise InvalidInput(
            "data.path is empty: give a parquet file, a folder with train*.parquet and "
            "test*.parquet, or an image folder with one folder for each class"
        )
    path = settings.local_path()
    if not os.path.exists(path):
        raise InvalidInput(f"data.path is {settings.path!r}, but there is no such file or folder")
    files: dict[str, list[str]] = {}
    for file in sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]:
        files.setdefault(_part_of(file, path), []).append(str(file))
    if files:
        return {"path": "parquet", "data_files": files}
    return {"path": "imagefolder", "data_dir": str(path), "drop_labels": False}


def _part_of(file: Path, folder: Path) -> str:
    """train, test or valid, by the file's name or else by the folders that it lies in."""
    inside = file.relative_to(folder).parts[:-1] if folder.is_dir() else ()
    for name in (file.stem, *reversed(inside)):
        found = re.search(r"(?<![a-z])(train|test|valid)(?:ing|ation)?(?![a-z])", name.lower())
        if found:
            return found[1]
    return "train"


def _as_images(part: Any, column: str, settings: DataSettings) -> Any:
    """The part with its column of images ready to be decoded."""
    import datasets

    try:
        return part.cast_column(column, datasets.Image())
    except Exception as error:
        raise InvalidInput(
            f"data.image_column is {column!r}, but that column of {settings.source} holds no "
            f"images ({error}): name another"
        ) from error


def _column(what: str, asked: str, part: Any, feature: str) -> str:
    """The column of images or labels: the one asked for, of that type, or of that name."""
    columns = part.column_names
    typed = [n for n in columns if type(part.features[n]).__name__ == feature]
    for name in [asked] if asked else [*typed, what]:
        if name in columns:
            return str(name)
    listed = ", ".join(columns)
    raise InvalidInput(
        f"data.{what}_column is {asked!r}, but the columns are {listed}"
        if asked
        else f"no {what} column among {listed}: name it with data.{what}_column="
    )


def _labels(
    part: Any, column: str, settings: DataSettings, classes: list[Any] | None = None
) -> tuple[Labels, list[Any]]:
    """Labels as 0..K-1 and the values that they stand for."""
    listed = list(part.with_format(None)[column][:])
    where = settings.source
    if None in listed:
        raise InvalidInput(
            f"the label column {column!r} of {where} has no value for image {listed.index(None)}: "
            "give every image a label, or name another column with data.label_column="
        )
    values = np.asarray(listed)
    if len(values) == 0:
        raise InvalidInput(f"{where} holds no images")
    if classes is None:
        classes = list(np.unique(values))
        if len(classes) < 2:
            raise InvalidInput(
                f"{where} has one class only ({classes[0]!r} in column {column!r}), "
                "but at least two are needed"
            )
    number = {value: index for index, value in enumerate(classes)}
    unknown = sorted({str(v) for v in np.unique(values) if v not in number})
    if unknown:
        raise InvalidInput(
            f"the test part of {where} has classes that the train part lacks: "
            f"{', '.join(unknown[:5])}"
        )
    return np.asarray([number[value] for value in values], np.int64), classes


def _content_hash(settings: DataSettings, parts: Iterable[Any]) -> str:
    """Of local files their bytes; of a set on the hub the fingerprint of its content."""
    content = hashlib.sha256()
    for asked in (settings.image_column, settings.label_column, settings.test_split):
        if asked:
            content.update(f"{asked};".encode())
    if settings.kind == "parquet":
        path = settings.local_path()
        for file in sorted([path, *path.glob("**/*")]):
            if file.is_file():
                content.update(f"{file.relative_to(path.parent)}:{file.stat().st_size}".encode())
                with file.open("rb") as stream:
                    while chunk := stream.read(1 << 20):
                        content.update(chunk)
    else:
        infos = [part.info for part in parts]
        known = [[i.download_checksums for i in infos], [i.splits for i in infos]]
        content.update(repr([settings.name, *known]).encode())
    return content.hexdigest()[:16]
