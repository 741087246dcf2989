"""Images at one resolution as one file of bytes, made once by all cores and mapped by everybody."""

from __future__ import annotations

import hashlib
import io
import math
import os
import shutil
import stat
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock

from scaling_search.errors import InvalidInput
from scaling_search.long_work import counted
from scaling_search.proxy.resampling import Pixels, resample
from scaling_search.whole_files import whole_file, write_whole

#: Images that are resampled and written together.
_CHUNK = 64
#: Files that this process has compared with their digests: path, inode, size, time of change.
_compared: set[tuple[str, int, int, int]] = set()


def open_pixels(
    folder: Path,
    name: str,
    shape: tuple[int, int, int, int],
    read_image: Callable[[int], Pixels],
    title: str = "",
) -> Pixels | None:
    """The images (N, H, W, C) of a set at one resolution, mapped from disk.

    None where they are not there and the disk has no room for them.

    Where `name`.npy is missing or is not what was written it is made from `read_image`, which gives
    image i as (h, w, C) at any size and is called by as many threads as there are cores: decoders
    let go of Python's lock. With a title it is said how far that is. A second builder waits for
    the first. The file appears under its name only when it is whole.

    Beside it lies `name`.npy.sha256, as sha256sum writes it. Once in a process each file is
    compared with its digest, so that no damage and no cache of other images or of another size, be
    it copied with its digest, is trained on. What somebody makes on purpose, with the right digest
    and name, cannot be told. Nor can a change while the process has the file open.
    """
    path = folder / f"{name}.npy"
    pixels = _open_written(path, shape)
    if pixels is not None:
        return pixels
    require_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        pixels = _open_written(path, shape)
        if pixels is None:
            if not has_room(math.prod(shape), free_bytes(folder)):
                return None
            with _resampled(shape, read_image) as chunks:
                if title:
                    chunks = counted(((len(c), c) for c in chunks), title, shape[0])
                _write(path, _content(shape, chunks))
            pixels = _open_written(path, shape)
    if pixels is None:
        raise OSError(f"{path} cannot be read back after it was written: is the disk in order?")
    return pixels


def is_cached(folder: Path, name: str) -> bool:
    """Whether the images are there with their digest, which is not compared here."""
    path = folder / f"{name}.npy"
    return os.path.isfile(path) and os.path.isfile(_digest_path(path))


def _open_written(path: Path, shape: tuple[int, int, int, int]) -> Pixels | None:
    """The images, or None where they are missing or not what was written."""
    if not is_cached(path.parent, path.stem):
        return None
    try:
        status = path.stat()
        file = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
        if file not in _compared:
            with path.open("rb") as stream:
                content = iter(lambda: stream.read(1 << 20), b"")
                if _digest_path(path).read_bytes() != _digest_line(path, content):
                    return None
            _compared.add(file)
        pixels = np.lib.format.open_memmap(path, mode="r")
    except (FileNotFoundError, ValueError, EOFError):
        return None
    is_whole = pixels.shape == shape and pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    return pixels if is_whole else None


def _digest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest_line(path: Path, content: Iterator[bytes]) -> bytes:
    """What sha256sum says of a file with this content."""
    digest = hashlib.sha256()
    for part in content:
        digest.update(part)
    return f"{digest.hexdigest()}  {path.name}\n".encode()


def _write(path: Path, content: Iterator[bytes]) -> None:
    """The file, and then its digest: one without the other is none."""
    _digest_path(path).unlink(missing_ok=True)
    # Written, not mapped: a full disk is then an error and not a killed process.
    with whole_file(path) as file:

        def written() -> Iterator[bytes]:
            for part in content:
                file.write(part)
                yield part

        line = _digest_line(path, written())
    write_whole(_digest_path(path), line)


@contextmanager
def _resampled(
    shape: tuple[int, int, int, int], read_image: Callable[[int], Pixels]
) -> Iterator[Iterator[Pixels]]:
    """The images in order, some at a time, resampled by all cores."""
    count, side, _, channels = shape

    def chunk(start: int) -> Pixels:
        images = [resample(read_image(i), side) for i in range(start, min(start + _CHUNK, count))]
        return np.stack(images).reshape(-1, side, side, channels)

    def chunks() -> Iterator[Pixels]:
        # Alone, so that what the first image makes ready is made ready once.
        yield chunk(0)
        waiting: deque[Future[Pixels]] = deque()
        for start in range(_CHUNK, count, _CHUNK):
            waiting.append(pool.submit(chunk, start))
            # No more than a few, lest they outgrow the memory while the disk is slow.
            if len(waiting) > 2 * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    cores = os.cpu_count() or 1
    pool = ThreadPoolExecutor(cores, "pixels")
    try:
        yield chunks()
    finally:
        pool.shutdown(cancel_futures=True)


def _content(shape: tuple[int, int, int, int], chunks: Iterator[Pixels]) -> Iterator[bytes]:
    """The parts of a .npy file of the images."""
    header = io.BytesIO()
    described = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    yield header.getvalue()
    for chunk in chunks:
        yield chunk.tobytes()


def require_folder(folder: Path) -> None:
    """Refuse a folder of caches that cannot be made or written to. Makes nothing."""
    hindrance = _hindrance(folder)
    if hindrance:
        raise InvalidInput(
            f"data.cache_dir is {str(folder)!r}, but {hindrance}: set it to a folder that can be "
            "made and written to"
        )


def _hindrance(folder: Path) -> str:
    """Why nothing can be written in the folder; empty where something can."""
    for existing in (folder, *folder.parents):
        try:
            mode = existing.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            if existing.is_symlink():
                return f"{existing} links to nothing"
            continue  # it is made when it is needed, in what is there
        except (OSError, ValueError) as error:
            return f"that is no folder's name ({error})"
        if not stat.S_ISDIR(mode):
            return f"{existing} is no folder"
        return "" if os.access(existing, os.W_OK | os.X_OK) else f"{existing} cannot be written to"
    return "no part of it is there"


def has_room(size: int, free: int) -> bool:
    """Whether a cache of `size` bytes is made on a disk with `free` ones: not where it would take
    more than half of them, since a study makes a cache for each of its resolutions."""
    return size <= free // 2


def free_bytes(folder: Path) -> int:
    """What can be written in a folder that need not be there yet. Raises InvalidInput."""
    require_folder(folder)
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(existing).free
