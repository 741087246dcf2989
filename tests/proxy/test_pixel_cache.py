"""One whole file of pixels, made once, whatever happens while it is made."""

import errno
import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pixel_files import SHAPE, Pixels, flip, names, never_read, read_image

from scaling_search.proxy import pixel_cache
from scaling_search.proxy.pixel_cache import is_cached, open_pixels

pytestmark = pytest.mark.usefixtures("new_process")


def test_built_once_and_then_mapped(tmp_path: Path) -> None:
    first = open_pixels(tmp_path, "set", SHAPE, read_image)
    again = open_pixels(tmp_path, "set", SHAPE, never_read)
    assert isinstance(again, np.memmap)
    assert again.shape == SHAPE
    assert np.array_equal(first, again)
    assert [int(again[i, 0, 0, 0]) for i in (0, 255, 299)] == [0, 255, 299 - 256]
    assert names(tmp_path) == ["set.npy", "set.npy.sha256"]


def test_compared_once_in_a_process_and_again_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.array(open_pixels(tmp_path, "set", SHAPE, read_image))
    read: list[Path] = []
    digest_line = pixel_cache._digest_line

    def counted(path: Path, content: Iterator[bytes]) -> bytes:
        read.append(path)
        return digest_line(path, content)

    monkeypatch.setattr(pixel_cache, "_digest_line", counted)
    for _ in range(3):
        open_pixels(tmp_path, "set", SHAPE, never_read)
    assert read == []
    pixel_cache._compared.clear()
    for _ in range(3):
        open_pixels(tmp_path, "set", SHAPE, never_read)
    assert len(read) == 1
    flip(700)(tmp_path)
    os.utime(tmp_path / "set.npy", (1, 1))
    assert np.array_equal(open_pixels(tmp_path, "set", SHAPE, read_image), whole)


def test_digest_is_one_that_sha256sum_reads(tmp_path: Path) -> None:
    open_pixels(tmp_path, "set", SHAPE, read_image)
    expected = hashlib.sha256((tmp_path / "set.npy").read_bytes()).hexdigest()
    assert (tmp_path / "set.npy.sha256").read_text() == f"{expected}  set.npy\n"


def test_a_cache_counts_only_with_its_digest(tmp_path: Path) -> None:
    assert not is_cached(tmp_path, "set")
    open_pixels(tmp_path, "set", SHAPE, read_image)
    assert is_cached(tmp_path, "set")
    (tmp_path / "set.npy.sha256").unlink()
    assert not is_cached(tmp_path, "set")
    (tmp_path / "set.npy").unlink()
    assert not is_cached(tmp_path, "set")


def test_while_it_is_made_again_there_is_none(tmp_path: Path) -> None:
    open_pixels(tmp_path, "set", SHAPE, read_image)
    flip(900)(tmp_path)
    pixel_cache._compared.clear()

    def watched(index: int) -> Pixels:
        assert not is_cached(tmp_path, "set")
        return read_image(index)

    open_pixels(tmp_path, "set", SHAPE, watched)
    assert is_cached(tmp_path, "set")


def test_nothing_appears_under_the_name_until_it_is_whole(tmp_path: Path) -> None:
    seen: list[bool] = []

    def watched(index: int) -> Pixels:
        seen.append((tmp_path / "set.npy").exists())
        return read_image(index)

    open_pixels(tmp_path, "set", SHAPE, watched)
    assert len(seen) == SHAPE[0]
    assert not any(seen)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_interrupted_build_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def fail(index: int) -> Pixels:
        if index == 280:
            raise error
        return read_image(index)

    with pytest.raises(type(error)):
        open_pixels(tmp_path, "set", SHAPE, fail)
    assert names(tmp_path) == []
    assert open_pixels(tmp_path, "set", SHAPE, read_image).shape == SHAPE


def test_disk_full_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        open_pixels(tmp_path, "set", SHAPE, read_image)
    assert names(tmp_path) == []


def _slowly(counter: Path) -> Callable[[int], Pixels]:
    def read(index: int) -> Pixels:
        with counter.open("a") as log:
            log.write(f"{index}\n")
        return read_image(index)

    return read


def _build(folder: str, counter: str) -> int:
    return int(open_pixels(Path(folder), "set", SHAPE, _slowly(Path(counter))).sum())


@pytest.mark.parametrize("damaged", [False, True])
def test_two_processes_build_one_file(tmp_path: Path, damaged: bool) -> None:
    counter = tmp_path / "read.txt"
    if damaged:
        open_pixels(tmp_path / "c", "set", SHAPE, read_image)
        flip(3000)(tmp_path / "c")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.starmap(_build, [(str(tmp_path / "c"), str(counter))] * 2, chunksize=1)
    expected = sum(i % 256 for i in range(300)) * 36
    assert sums == [expected, expected]
    # The second builder waited for the first instead of reading the images again.
    assert sorted(map(int, counter.read_text().split())) == list(range(300))
