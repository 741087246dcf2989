"""The parquet files of a set, and which of them belong to which part."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.images.file_kinds import FileKind, kind_of_file
from scaling_search.proxy.images.folder_scan import Scan, scan
from scaling_search.proxy.images.parts import find_parts, part_of

#: How every parquet file begins.
_MAGIC = b"PAR1"


@dataclass(frozen=True)
class ParquetListing:
    """Parquet files with images."""

    root: Path
    #: Relative to the root, with /.
    paths: tuple[str, ...]
    #: (files, 2): bytes, and ns of the last change.
    status: NDArray[np.int64]


def local_path(settings: DataSettings) -> Path:
    """data.path. Raises InvalidInput where nothing is there."""
    if not settings.path:
        raise InvalidInput(
            "data.path is empty: give a parquet file, a folder with train*.parquet and "
            "test*.parquet, or an image folder with one folder for each class"
        )
    path = settings.local_path()
    if not os.path.exists(path):
        raise InvalidInput(f"data.path is {settings.path!r}, but there is no such file or folder")
    if not (path.is_file() or path.is_dir()):
        raise InvalidInput(
            f"data.path is {settings.path!r}, but that is neither a file nor a folder: give a "
            "parquet file, or a folder"
        )
    return path


def list_parquet(settings: DataSettings) -> ParquetListing:
    """The parquet files at data.path. Raises InvalidInput where there are none."""
    path = local_path(settings)
    if path.is_file():
        _require_parquet(path, settings.path)
        status = path.stat()
        times = np.array([[status.st_size, status.st_mtime_ns]], np.int64)
        return ParquetListing(path.parent, (path.name,), times)
    listing = find_parquet(scan(path))
    if listing is None:
        raise InvalidInput(f"data.path is {settings.path!r}, but it holds no parquet files")
    return listing


def _require_parquet(path: Path, asked: str) -> None:
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head != _MAGIC:
        raise InvalidInput(
            f"data.path is {asked!r}, but that is no parquet file: give a parquet file, or a "
            "folder; unpack an archive, give the folder of a single image or of a table of "
            "labels, and write arrays (npz, idx, pickle) as images"
            if head
            else f"data.path is {asked!r}, but it cannot be read, since it is empty: copy it again"
        )


def find_parquet(found: Scan) -> ParquetListing | None:
    """The parquet files of a folder; None where it is one of images."""
    if not found.may_hold(b".parquet"):
        return None
    names = [
        (f"{folder}/{name}" if folder else name, kind_of_file(name))
        for folder, inside in zip(found.folders, found.names)
        for name in inside
        if name.endswith((".parquet", ".PARQUET"))
    ]
    paths = {path for path, kind in names if kind is FileKind.TABLE}
    if not paths:
        return None
    has_images = any(
        kind_of_file(name) is FileKind.IMAGE for name in chain.from_iterable(found.names)
    )
    if has_images and not any(_holds_images(os.path.join(found.root, path)) for path in paths):
        # A table of labels beside the images.
        return None
    every = (
        f"{folder}/{name}" if folder else name
        for folder, inside in zip(found.folders, found.names)
        for name in inside
    )
    places = {path: index for index, path in enumerate(every) if path in paths}
    ordered = tuple(sorted(places))
    return ParquetListing(Path(found.root), ordered, found.status[[places[p] for p in ordered]])


def _holds_images(path: str) -> bool:
    """Whether a parquet file has a column that could hold images."""
    try:
        from pyarrow import ArrowException, parquet, types
    except ImportError:
        return False
    try:
        kinds = parquet.read_schema(path).types
    except (ArrowException, OSError):
        return True
    return any(
        types.is_struct(kind) or types.is_binary(kind) or types.is_large_binary(kind)
        for kind in kinds
    )


def parts_of_files(paths: Sequence[str], where: str) -> dict[str, list[str]]:
    """Part -> its files. Paths are relative to the root, with /.

    The folders directly below the root say the parts, or else the names of the files; where
    neither do, all is train. Folders that hold everything are passed by. Raises InvalidInput where
    some files are of no part, or parts lie deeper.
    """
    inner = {path: path for path in paths}
    while len({p.partition("/")[0] for p in inner.values()}) == 1 and all(
        "/" in p for p in inner.values()
    ):
        first = next(iter(inner.values())).partition("/")[0]
        if part_of(first) and part_of(first) == ("train", ()):
            break
        inner = {path: rest.partition("/")[2] for path, rest in inner.items()}
    folders = {path: rest.partition("/")[0] for path, rest in inner.items() if "/" in rest}
    names = {path: posixpath.splitext(posixpath.basename(path))[0] for path in paths}
    for says in (folders, names):
        parts = find_parts(sorted(set(says.values())))
        if not parts:
            continue
        strays = [path for path in paths if says.get(path) not in parts]
        if strays:
            raise InvalidInput(
                f"{where} has parts ({', '.join(sorted(parts))}), but {', '.join(strays[:3])} "
                "belongs to none: move it elsewhere, or name it after a part"
            )
        found: dict[str, list[str]] = {}
        for path in paths:
            found.setdefault(parts[says[path]], []).append(path)
        return found
    _require_no_others(list(paths), names, where)
    return {"train": list(paths)}


def _require_no_others(paths: list[str], names: dict[str, str], where: str) -> None:
    """Refuse parts without train, and parts in folders of folders."""
    strong = {path: found[0] for path in paths if (found := part_of(names[path])) and not found[1]}
    if len(strong) == len(paths) and len(set(strong.values())) > 1:
        raise InvalidInput(
            f"{where} has no train part, only {', '.join(sorted(set(names.values())))}: name the "
            "files of the training images train*.parquet"
        )
    for path in paths:
        for folder in posixpath.dirname(path).split("/"):
            if (found := part_of(folder)) and not found[1] and found[0] != "train":
                raise InvalidInput(
                    f"{where} holds {path}, whose folder is a part, but not directly below the "
                    "root: give data.path= the folder that holds the parts"
                )
