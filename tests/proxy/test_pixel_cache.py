"""Resampling by area, and one whole file whatever happens while it is made."""

import errno
import hashlib
import multiprocessing
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_disk import small_disk

from scaling_search.errors import InvalidInput
from scaling_search.proxy import pixel_cache
from scaling_search.proxy.pixel_cache import (
    is_cached,
    open_pixels,
    require_disk,
    require_folder,
    resample,
)

SHAPE = (300, 6, 6, 1)
Pixels = pixel_cache.Pixels


def read_image(index: int) -> Pixels:
    return np.full((6, 6, 1), index % 256, np.uint8)


def never_read(index: int) -> Pixels:
    raise AssertionError(f"image {index} was read although it is cached")


def names(folder: Path) -> list[str]:
    """All that lies in the folder, locks apart."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.fixture(autouse=True)
def new_process() -> None:
    """What an earlier test has compared is forgotten."""
    pixel_cache._compared.clear()


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
    assert names(tmp_path) == ["set.npy", "set.npy.sha256"]


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "set.npy"
        path.write_bytes(change(path.read_bytes()))

    return spoil


def flip(position: int) -> Callable[[Path], None]:
    def flipped(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[position] ^= 0x10
        return bytes(changed)

    return rewrite(flipped)


def keep_time(folder: Path) -> None:
    """As a disk changes a byte: without a trace."""
    status = (folder / "set.npy").stat()
    flip(5000)(folder)
    os.utime(folder / "set.npy", ns=(status.st_atime_ns, status.st_mtime_ns))


def plant_other_images(folder: Path) -> None:
    """A cache of other images, copied under this name with its digest."""
    other = folder / "elsewhere"
    open_pixels(other, "other", SHAPE, lambda i: read_image(i + 1))
    for suffix in ("npy", "npy.sha256"):
        shutil.move(other / f"other.{suffix}", folder / f"set.{suffix}")


def plant_pixels_alone(folder: Path) -> None:
    open_pixels(folder / "elsewhere", "set", SHAPE, lambda i: read_image(i + 1))
    shutil.move(folder / "elsewhere" / "set.npy", folder / "set.npy")


def plant_transposed(folder: Path) -> None:
    """The right shape in Fortran's order, with a digest that is its own."""
    np.save(folder / "set.npy", np.asfortranarray(np.load(folder / "set.npy")))
    sign(folder)


def plant_archive(folder: Path) -> None:
    with (folder / "set.npy").open("wb") as file:
        np.savez(file, images=np.zeros(SHAPE, np.uint8))
    sign(folder)


def plant_objects(folder: Path) -> None:
    np.save(folder / "set.npy", np.array([{}], object), allow_pickle=True)
    sign(folder)


def plant_other_shape(folder: Path) -> None:
    np.save(folder / "set.npy", np.zeros((3, 6, 6, 1), np.uint8))
    sign(folder)


def sign(folder: Path) -> None:
    digest = hashlib.sha256((folder / "set.npy").read_bytes()).hexdigest()
    (folder / "set.npy.sha256").write_text(f"{digest}  set.npy\n")


def without_digest(folder: Path) -> None:
    """As versions before this one left it."""
    (folder / "set.npy.sha256").unlink()


def spoil_digest(content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "set.npy.sha256").write_bytes(content)

    return spoil


DAMAGE: dict[str, Callable[[Path], None]] = {
    **{f"cut to {n}": rewrite(lambda content, n=n: content[:n]) for n in (0, 5, 100, 1000, -1)},
    **{f"flipped at {n}": flip(n) for n in (0, 7, 30, 127, 128, 6000, -1)},
    "flipped without a trace": keep_time,
    "longer": rewrite(lambda content: content + b"x"),
    "all zero": rewrite(lambda content: bytes(len(content))),
    "no digest": without_digest,
    "an empty digest": spoil_digest(b""),
    "another digest": spoil_digest(b"0" * 64 + b"  set.npy\n"),
    "a digest that is no text": spoil_digest(bytes(range(256))),
    "other images": plant_other_images,
    "other images without their digest": plant_pixels_alone,
    "transposed": plant_transposed,
    "an archive": plant_archive,
    "objects": plant_objects,
    "another shape": plant_other_shape,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_not_written_is_made_again(tmp_path: Path, name: str) -> None:
    whole = np.array(open_pixels(tmp_path, "set", SHAPE, read_image))
    content, digest = ((tmp_path / f"set.npy{end}").read_bytes() for end in ("", ".sha256"))
    DAMAGE[name](tmp_path)
    pixel_cache._compared.clear()
    assert np.array_equal(open_pixels(tmp_path, "set", SHAPE, read_image), whole)
    assert (tmp_path / "set.npy").read_bytes() == content
    assert (tmp_path / "set.npy.sha256").read_bytes() == digest


@settings(max_examples=100, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), in_digest=st.booleans())
def test_any_flipped_bit_is_told(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int, in_digest: bool
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    shape = (5, 6, 6, 1)
    whole = np.array(open_pixels(folder, "set", shape, read_image))
    path = folder / ("set.npy.sha256" if in_digest else "set.npy")
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    path.write_bytes(content)
    pixel_cache._compared.clear()
    assert np.array_equal(open_pixels(folder, "set", shape, read_image), whole)


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


def test_folder_in_place_of_a_cache_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "set.npy" / "below").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory") as raised:
        open_pixels(tmp_path, "set", SHAPE, read_image)
    assert str(raised.value.filename) == str(tmp_path / "set.npy")


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


def test_small_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "16k") as disk:
        with pytest.raises(InvalidInput, match=r"GB are free: set data\.cache_dir="):
            open_pixels(disk / "deep" / "down", "set", (1000, 6, 6, 1), never_read)
        assert names(disk / "deep" / "down") == []


def test_disk_that_fills_while_it_is_written_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Somebody else fills it after it was found large enough.
    monkeypatch.setattr(pixel_cache, "require_disk", lambda *_: None)
    with small_disk(tmp_path / "small", "16k") as disk:
        with pytest.raises(OSError, match="No space left") as raised:
            open_pixels(disk, "set", (1000, 6, 6, 1), read_image)
        assert raised.value.filename == str(disk / "set.npy")
        assert names(disk) == []


def in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine")
    return folder / "file"


def below_a_file(folder: Path) -> Path:
    return in_a_file(folder) / "deep" / "down"


def through_a_link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link" / "below"


def through_a_link_to_itself(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link" / "below"


def with_too_long_a_name(folder: Path) -> Path:
    return folder / ("long" * 100) / "below"


def with_a_null_byte(folder: Path) -> Path:
    return folder / "null\0byte"


@pytest.mark.parametrize(
    "make",
    [
        in_a_file,
        below_a_file,
        through_a_link_to_nothing,
        through_a_link_to_itself,
        with_too_long_a_name,
        with_a_null_byte,
    ],
)
def test_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for refuse in (
        lambda: require_folder(folder),
        lambda: require_disk(folder, 1),
        lambda: open_pixels(folder, "set", SHAPE, never_read),
    ):
        with pytest.raises(InvalidInput) as refused:
            refuse()
        assert str(refused.value).startswith(f"data.cache_dir is {str(folder)!r}, but ")
        assert "set it to a folder that can be made" in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_disk_that_is_read_only_is_refused_unless_all_is_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        open_pixels(disk, "set", SHAPE, read_image)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        require_disk(disk, 0)
        open_pixels(disk, "set", SHAPE, never_read)
        for folder in (disk, disk / "deep" / "down"):
            with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
                require_disk(folder, 1)
            with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
                open_pixels(folder, "other", SHAPE, read_image)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
        require_folder(tmp_path / "below")


def test_folder_that_is_to_be_made_is_not_made_by_looking(tmp_path: Path) -> None:
    require_folder(tmp_path / "deep" / "down")
    require_disk(tmp_path / "deep" / "down", 1)
    assert list(tmp_path.iterdir()) == []


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
