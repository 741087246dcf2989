"""Image-classification sets: drawn (glyphs), local (parquet, image folder) or from the hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy import glyphs

if TYPE_CHECKING:
    from scaling_search.proxy.task import DataSettings

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class ImageSet:
    """A train part, a test part where there is one, and what is known of the images."""

    name: str
    #: Stands for the content: equal sets have equal identities, on any machine.
    identity: str
    num_classes: int
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


@lru_cache(maxsize=4)
def open_image_set(settings: DataSettings) -> ImageSet:
    """The set that the settings name. Raises InvalidInput where it cannot be read."""
    if settings.kind == "glyphs":
        return _glyphs(settings)
    return _from_datasets(settings)


def _glyphs(settings: DataSettings) -> ImageSet:
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

    def read_image(part: str, index: int) -> Pixels:
        number = index if part == "train" else train + index
        return glyphs.draw_glyph(fonts, settings.seed, number)[:, :, None]

    return ImageSet(
        name="glyphs",
        identity=content.hexdigest()[:16],
        num_classes=classes,
        in_channels=1,
        native_resolution=glyphs.NATIVE_RESOLUTION,
        train_labels=np.arange(train, dtype=np.int64) % classes,
        test_labels=np.arange(train, train + test, dtype=np.int64) % classes,
        read_image=read_image,
        drawn=True,
    )


def _from_datasets(settings: DataSettings) -> ImageSet:
    try:
        import datasets
    except ImportError as error:
        raise InvalidInput(
            f"data={settings.kind} needs Hugging Face datasets, which is not installed: "
            "pip install 'scaling-search[data]'"
        ) from error
    datasets.disable_progress_bars()
    is_local = settings.kind == "parquet"
    parts = _load_local(settings) if is_local else _load_hub(settings)
    train = parts[_choose("train", ["train"], parts, settings)]
    names = [settings.test_split] if settings.test_split else ["test", "validation", "valid"]
    test_name = next((n for n in names if n in parts and n != "train"), None)
    if settings.test_split and test_name is None:
        _choose("test", names, parts, settings)
    test = parts[test_name] if test_name else None

    image_column = _column("image", settings.image_column, train, "Image")
    label_column = _column("label", settings.label_column, train, "ClassLabel")
    train_labels, classes = _labels(train, label_column, settings)
    test_labels = np.zeros(0, np.int64)
    if test is not None:
        test_labels, _ = _labels(test, label_column, settings, classes)
    undecoded = train.cast_column(image_column, datasets.Image())
    sample = [
        undecoded[int(i)][image_column]
        for i in np.linspace(0, len(train) - 1, min(len(train), 500))
    ]
    in_channels = 1 if all(image.mode in ("1", "L", "I;16") for image in sample) else 3
    sides = sorted(min(image.size) for image in sample)
    images = {"train": undecoded}
    if test is not None:
        images["test"] = test.cast_column(image_column, datasets.Image())

    def read_image(part: str, index: int) -> Pixels:
        image = images[part][index][image_column].convert("L" if in_channels == 1 else "RGB")
        pixels = np.asarray(image, np.uint8)
        return pixels[:, :, None] if in_channels == 1 else pixels

    return ImageSet(
        name=settings.name or Path(settings.path).name,
        identity=_content_hash(settings, train, test),
        num_classes=len(classes),
        in_channels=in_channels,
        native_resolution=sides[len(sides) // 10],
        train_labels=train_labels,
        test_labels=test_labels,
        read_image=read_image,
    )


def _load_local(settings: DataSettings) -> Any:
    import datasets

    if not settings.path:
        raise InvalidInput(
            "data.path is empty: give a parquet file, a folder with train*.parquet and "
            "test*.parquet, or an image folder with one folder for each class"
        )
    path = Path(settings.path).expanduser()
    if not path.exists():
        raise InvalidInput(f"data.path is {settings.path!r}, but there is no such file or folder")
    files: dict[str, list[str]] = {}
    for file in sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]:
        files.setdefault(_part_of(file, path), []).append(str(file))
    try:
        if files:
            return datasets.load_dataset(
                "parquet", data_files=files, cache_dir=str(settings.cache_folder() / "datasets")
            )
        return datasets.load_dataset(
            "imagefolder",
            data_dir=str(path),
            drop_labels=False,
            cache_dir=str(settings.cache_folder() / "datasets"),
        )
    except OSError:
        raise
    except Exception as error:
        cause = _root_cause(error)
        raise InvalidInput(
            f"data.path is {settings.path!r}, but it cannot be read as images with labels "
            f"({type(cause).__name__}: {cause}): each parquet file must be whole and hold an "
            "image and a label column, an image folder one folder for each class"
        ) from error


def _part_of(file: Path, folder: Path) -> str:
    """train, test or valid, by the file's name or else by the folders that it lies in."""
    inside = file.relative_to(folder).parts[:-1] if folder.is_dir() else ()
    for name in (file.stem, *reversed(inside)):
        for part in ("train", "test", "valid"):
            if part in name.lower():
                return part
    return "train"


def _load_hub(settings: DataSettings) -> Any:
    import datasets

    if not settings.name:
        raise InvalidInput(
            "data.name is empty: give the name of an image-classification set on the hub, "
            "such as uoft-cs/cifar10"
        )
    try:
        return datasets.load_dataset(
            settings.name, cache_dir=str(settings.cache_folder() / "datasets")
        )
    except Exception as error:
        cause = _root_cause(error)
        raise InvalidInput(
            f"data.name is {settings.name!r}, but it cannot be had from the hub "
            f"({type(cause).__name__}: {str(cause)[:200]}): check the name and the network, or "
            "use a local copy with data=parquet data.path="
        ) from error


def _root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _choose(what: str, names: list[str], parts: Any, settings: DataSettings) -> str:
    for name in names:
        if name in parts:
            return name
    raise InvalidInput(
        f"{settings.name or settings.path} has no {what} part, only {', '.join(parts)}: "
        "name its files train*.parquet and test*.parquet, or give data.test_split="
    )


def _column(what: str, asked: str, part: Any, feature: str) -> str:
    """The column of images or labels: the one asked for, of that type, or of that name."""
    columns = part.column_names
    if asked:
        if asked in columns:
            return asked
        raise InvalidInput(
            f"data.{what}_column is {asked!r}, but the columns are {', '.join(columns)}"
        )
    typed = [n for n in columns if type(part.features[n]).__name__ == feature]
    for name in (*typed, what):
        if name in columns:
            return str(name)
    raise InvalidInput(
        f"no {what} column among {', '.join(columns)}: name it with data.{what}_column="
    )


def _labels(
    part: Any, column: str, settings: DataSettings, classes: list[Any] | None = None
) -> tuple[Labels, list[Any]]:
    """Labels as 0..K-1 and the values that they stand for."""
    values = np.asarray(part.with_format(None)[column][:])
    where = settings.name or settings.path
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


def _content_hash(settings: DataSettings, *parts: Any) -> str:
    """Of local files their bytes; of a set on the hub the fingerprint of its content."""
    content = hashlib.sha256()
    if settings.kind == "parquet":
        path = Path(settings.path).expanduser()
        files: Iterable[Path] = [path] if path.is_file() else sorted(path.glob("**/*"))
        for file in files:
            if file.is_file():
                content.update(f"{file.relative_to(path.parent)}:{file.stat().st_size}".encode())
                with file.open("rb") as stream:
                    while chunk := stream.read(1 << 20):
                        content.update(chunk)
    else:
        checksums = [part.info.download_checksums for part in parts if part is not None]
        sizes = [part.info.splits for part in parts if part is not None]
        content.update(repr([settings.name, checksums, sizes]).encode())
    return content.hexdigest()[:16]
