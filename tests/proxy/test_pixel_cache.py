"""Resampling by area, and one whole file whatever happens while it is made."""

import errno
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.proxy import pixel_cache
from scaling_search.proxy.pixel_cache import open_pixels, resample

SHAPE = (300, 6, 6, 1)
Pixels = pixel_cache.Pixels


def read_image(index: int) -> Pixels:
    return np.full((6, 6, 1), index % 256, np.uint8)


def never_read(index: int) -> Pixels:
    raise AssertionError(f"image {index} was read although it is cached")


@settings(max_examples=30, deadline=None)
@given(
    side=st.integers(1, 12),
    block=st.integers(1, 6),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**16),
)
def test_whole_ratios_are_block_means(side: int, block: int, channels: int, seed: int) -> None:
    size = side * block
    image = np.random.default_rng(seed).integers(0, 256, (size, size, channels), dtype=np.uint8)
    means = image.reshape(side, block, side, block, channels).mean(axis=(1, 3))
    small = resample(image, side)
    assert small.shape == (side, side, channels)
    assert small.dtype == np.uint8
    assert np.abs(small - means).max() <= 0.5 + 1e-3


@settings(max_examples=40, deadline=None)
@given(before=st.integers(2, 40), after=st.integers(2, 40), seed=st.integers(0, 2**16))
def test_fractional_ratios_keep_the_mean(before: int, after: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (before, before, 1), dtype=np.uint8)
    resampled = resample(image, after)
    # Each output pixel is rounded by at most a half, and roundings do not all go one way.
    assert abs(float(resampled.mean()) - float(image.mean())) <= 0.5
    assert resampled.min() >= image.min()
    assert resampled.max() <= image.max()


def test_fractional_ratio_by_hand() -> None:
    # Three pixels to two: each takes one whole pixel and half of the middle one.
    row = np.array([30, 90, 240], np.uint8)
    image = np.repeat(row[None, :, None], 3, axis=0)
    expected = [(30 + 45) / 1.5, (45 + 240) / 1.5]
    assert np.array_equal(resample(image, 2)[0, :, 0], np.array(expected, np.uint8))


def test_same_size_is_untouched_and_oblong_images_lose_their_ends() -> None:
    image = np.arange(6 * 10, dtype=np.uint8).reshape(6, 10, 1)
    assert np.array_equal(resample(image, 6), image[:, 2:8])
    assert np.array_equal(resample(image.transpose(1, 0, 2), 6), image.transpose(1, 0, 2)[2:8])


def test_built_once_and_then_mapped(tmp_path: Path) -> None:
    first = open_pixels(tmp_path, "set", SHAPE, read_image)
    again = open_pixels(tmp_path, "set", SHAPE, never_read)
    assert isinstance(again, np.memmap)
    assert again.shape == SHAPE
    assert np.array_equal(first, again)
    assert [int(again[i, 0, 0, 0]) for i in (0, 255, 299)] == [0, 255, 299 - 256]
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == ["set.npy"]


@pytest.mark.parametrize("kept", [0, 5, 100, 1000, -1])
def test_torn_file_is_made_again(tmp_path: Path, kept: int) -> None:
    whole = np.array(open_pixels(tmp_path, "set", SHAPE, read_image))
    path = tmp_path / "set.npy"
    content = path.read_bytes()
    path.write_bytes(content[:kept])
    assert np.array_equal(open_pixels(tmp_path, "set", SHAPE, read_image), whole)
    assert path.read_bytes() == content


def test_file_of_another_shape_is_made_again(tmp_path: Path) -> None:
    open_pixels(tmp_path, "set", (10, 6, 6, 1), read_image)
    assert open_pixels(tmp_path, "set", SHAPE, read_image).shape == SHAPE


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
    assert [p for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []
    assert open_pixels(tmp_path, "set", SHAPE, read_image).shape == SHAPE


def test_disk_full_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        open_pixels(tmp_path, "set", SHAPE, read_image)
    assert [p for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []


def test_small_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**4)
    )
    with pytest.raises(InvalidInput, match=r"data\.cache_dir"):
        open_pixels(tmp_path / "deep" / "down", "set", SHAPE, never_read)
    assert not list(tmp_path.rglob("*.npy"))


def _slowly(counter: Path) -> Callable[[int], Pixels]:
    def read(index: int) -> Pixels:
        with counter.open("a") as log:
            log.write(f"{index}\n")
        return read_image(index)

    return read


def _build(folder: str, counter: str) -> int:
    return int(open_pixels(Path(folder), "set", SHAPE, _slowly(Path(counter))).sum())


def test_two_processes_build_one_file(tmp_path: Path) -> None:
    counter = tmp_path / "read.txt"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.starmap(_build, [(str(tmp_path / "c"), str(counter))] * 2, chunksize=1)
    expected = sum(i % 256 for i in range(300)) * 36
    assert sums == [expected, expected]
    # The second builder waited for the first instead of reading the images again.
    assert sorted(map(int, counter.read_text().split())) == list(range(300))
