"""A cache that is not what was written is told from its digest and made again."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixel_files import SHAPE, flip, read_image, rewrite

from scaling_search.proxy import pixel_cache
from scaling_search.proxy.pixel_cache import open_pixels

pytestmark = pytest.mark.usefixtures("new_process")


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
