"""Every kind of picture becomes 8 bits by one rule, or is refused by name."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import pytest
from image_files import opened
from numpy.typing import NDArray
from PIL import Image, ImageCms

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings
from scaling_search.proxy.image_set import ImageSet

SIDE = 12
Values = NDArray[np.float64]


def ramp(number: int) -> Values:
    """Values from 0 to 1 that differ from image to image, with 0 and 1 among them."""
    return np.roll(np.linspace(0, 1, SIDE * SIDE), 7 * number).reshape(SIDE, SIDE)


def write(
    root: Path, make: Callable[[Values], Image.Image], ending: str = "png", count: int = 12
) -> ImageSet:
    """A set of such pictures of two classes, opened."""
    for number in range(count):
        path = root / "set" / "ab"[number % 2] / f"{number:02d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        make(ramp(number)).save(path)
    return opened(root / "set")


def first(source: ImageSet) -> NDArray[np.uint8]:
    """The picture that was made of ramp(0)."""
    return source.read_image("train", 0)


def said(source: ImageSet) -> str:
    return source.notes[-1]


def of_array(kind: str, scale: float, offset: float = 0) -> Callable[[Values], Image.Image]:
    return lambda v: Image.fromarray((v * scale + offset).astype(kind))


EIGHT = np.rint(ramp(0) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("make", "ending", "span"),
    [
        (of_array("uint16", 4095), "png", "0 to 4095"),
        (of_array("uint16", 250), "png", "0 to 250"),
        (of_array("uint16", 65535), "tif", "0 to 65535"),
        (of_array("uint16", 1000, 30000), "png", "30000 to 31000"),
        (of_array("int32", 1_000_000), "tif", "0 to 1e+06"),
        (of_array("int32", 3000, -1000), "tif", "-1000 to 2000"),
        (of_array("float32", 1), "tif", "0 to 1"),
        (of_array("float32", 0.02, -0.01), "tif", "-0.01 to 0.01"),
        (of_array("float32", 70000), "tif", "0 to 70000"),
        (
            lambda v: Image.frombytes("I;16B", v.shape, (v * 65535).astype(">u2").tobytes()),
            "tif",
            "0 to 65535",
        ),
    ],
)
def test_deep_greys_are_scaled_by_their_own_range(
    tmp_path: Path, make: Callable[[Values], Image.Image], ending: str, span: str
) -> None:
    source = write(tmp_path, make, ending)
    assert source.in_channels == 1
    assert f"from {span}, the range of the 12 that were looked at" in said(source)
    # Small ranges have steps of their own.
    assert np.abs(first(source)[:, :, 0].astype(int) - EIGHT).max() <= 2


def test_unsigned_32_bits_do_not_wrap(tmp_path: Path) -> None:
    def save(path: Path, values: Values) -> None:
        data = (values * 4e9).astype("<u4").tobytes()
        tags = [(256, SIDE), (257, SIDE), (258, 32), (259, 1), (262, 1), (273, 8), (277, 1)]
        tags += [(278, SIDE), (279, len(data)), (339, 1)]
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        head = b"II*\0" + struct.pack("<I", 8 + len(data)) + data
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + struct.pack("<H", len(tags)) + entries + bytes(4))

    for number in range(12):
        save(tmp_path / "set" / "ab"[number % 2] / f"{number:02d}.tif", ramp(number))
    source = opened(tmp_path / "set")
    assert "from 0 to 4e+09" in said(source)
    assert np.abs(first(source)[:, :, 0].astype(int) - EIGHT).max() <= 1


def test_one_scale_keeps_images_comparable(tmp_path: Path) -> None:
    number = iter(range(12))
    source = write(
        tmp_path, lambda v: Image.fromarray((v * 400 * (1 + next(number) % 2)).astype(np.uint16))
    )
    # The second class reaches twice as far.
    dim, bright = (source.train_labels == label for label in (0, 1))
    tops = np.array([source.read_image("train", i).max() for i in range(12)])
    assert set(tops[dim].tolist()) <= {127, 128}
    assert set(tops[bright].tolist()) == {255}


@pytest.mark.parametrize("outlier", [65535, 60000])
def test_one_outlier_does_not_take_the_scale(tmp_path: Path, outlier: int) -> None:
    number = iter(range(40))

    def make(values: Values) -> Image.Image:
        deep = (values * 1000).astype(np.uint16)
        if next(number) == 20:
            deep[3, 3] = outlier
        return Image.fromarray(deep)

    source = write(tmp_path, make, count=40)
    assert "from 0 to 1000" in said(source)
    assert len(np.unique(first(source))) > 100


def test_hot_pixels_in_every_large_image_do_not_take_the_scale(tmp_path: Path) -> None:
    def make(values: Values) -> Image.Image:
        deep = np.kron(values * 1000, np.ones((20, 20))).astype(np.uint16)
        deep[7, 7] = 65535
        return Image.fromarray(deep)

    assert "from 0 to 1000" in said(write(tmp_path, make))


def test_few_bright_pixels_in_every_image_are_not_rare(tmp_path: Path) -> None:
    def make(values: Values) -> Image.Image:
        deep = np.kron(values * 10, np.ones((20, 20))).astype(np.uint16)
        deep[:8, :8] = 5000
        return Image.fromarray(deep)

    assert "from 0 to 5000" in said(write(tmp_path, make))


def test_values_that_are_no_numbers_become_black(tmp_path: Path) -> None:
    def make(values: Values) -> Image.Image:
        floats = values.astype(np.float32)
        floats[0, 0], floats[0, 1], floats[0, 2] = np.nan, np.inf, -np.inf
        return Image.fromarray(floats)

    source = write(tmp_path, make, "tif")
    assert "12 with values that are no numbers" in said(source)
    assert first(source)[0, :3, 0].tolist() == [0, 255, 0]
    assert np.abs(first(source)[1:, :, 0].astype(int) - EIGHT[1:]).max() <= 1


def test_floats_beside_16_bits_are_refused(tmp_path: Path) -> None:
    write_some = of_array("float32", 1)
    write(tmp_path, write_some, "tif")
    Image.fromarray((ramp(0) * 65535).astype(np.uint16)).save(tmp_path / "set" / "a" / "x.png")
    with pytest.raises(InvalidInput, match=r"floats and as whole numbers .*F, I;16"):
        opened(tmp_path / "set")


def test_8_bits_beside_deep_greys_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, of_array("uint16", 4095))
    Image.fromarray(EIGHT // 2).save(tmp_path / "set" / "a" / "0.png")
    source = opened(tmp_path / "set")
    assert np.array_equal(first(source)[:, :, 0], EIGHT // 2)
    assert "beside images of 8 bits, which stay as they are" in said(source)


def test_16_bit_colour_of_a_small_range_is_refused(tmp_path: Path) -> None:
    def png(values: Values) -> bytes:
        deep = np.repeat((values * 4095).astype(">u2")[:, :, None], 3, 2)
        raw = b"".join(b"\0" + row.tobytes() for row in deep)
        parts = [(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 16, 2, 0, 0, 0))]
        parts += [(b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d))
            for n, d in parts
        )

    for number in range(12):
        path = tmp_path / "set" / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(ramp(number)))
    with pytest.raises(InvalidInput, match=r"colour of 16 bits.* at most 16 of 256 steps"):
        opened(tmp_path / "set")


def rgb(values: Values) -> Image.Image:
    return Image.fromarray(np.repeat((values * 255).round().astype(np.uint8)[:, :, None], 3, 2))


def to_lab(image: Image.Image) -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.applyTransform(image, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("make", "ending", "near", "channels"),
    [
        (rgb, "png", 0, 3),
        (lambda v: rgb(v).convert("L"), "png", 0, 1),
        (lambda v: rgb(v).convert("P"), "png", 26, 3),
        (lambda v: rgb(v).convert("CMYK"), "tif", 1, 3),
        pytest.param(
            *(lambda v: rgb(v).convert("YCbCr"), "tif", 4, 3),
            marks=pytest.mark.skipif(
                int(PIL.__version__.split(".")[0]) < 13, reason="earlier Pillow cannot read its own"
            ),
        ),
        (lambda v: to_lab(rgb(v)), "tif", 4, 3),
        (lambda v: rgb(v).convert("RGBA"), "webp", 20, 3),
        (lambda v: rgb(v), "bmp", 0, 3),
    ],
)
def test_kinds_of_colour(
    tmp_path: Path,
    make: Callable[[Values], Image.Image],
    ending: str,
    near: int,
    channels: int,
) -> None:
    source = write(tmp_path, make, ending)
    assert source.in_channels == channels
    difference = np.abs(first(source).astype(int) - EIGHT[:, :, None])
    assert np.median(difference) <= near
    assert first(source).shape == (SIDE, SIDE, channels)


def test_one_bit(tmp_path: Path) -> None:
    source = write(tmp_path, lambda v: Image.fromarray(v > 0.5))
    assert np.array_equal(first(source)[:, :, 0], np.where(ramp(0) > 0.5, 255, 0))


@pytest.mark.parametrize("ending", ["gif", "webp", "tif", "png"])
def test_of_several_frames_the_first_is_taken(tmp_path: Path, ending: str) -> None:
    def save(path: Path, number: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        frames = [Image.fromarray(np.rint(ramp(n) * 255).astype(np.uint8)) for n in (number, 90)]
        lossless = {"lossless": True} if ending == "webp" else {}
        frames[0].save(path, save_all=True, append_images=frames[1:], **lossless)

    for number in range(12):
        save(tmp_path / "set" / "ab"[number % 2] / f"{number:02d}.{ending}", number)
    source = opened(tmp_path / "set")
    assert np.abs(first(source)[:, :, 0].astype(int) - EIGHT).max() <= 2
    assert "12 have several frames, of which the first is taken" in said(source)


def test_ground_must_be_a_colour() -> None:
    with pytest.raises(InvalidInput, match=r"data\.ground is 'glass', but must be a colour"):
        DataSettings(kind="parquet", path="x", ground="glass")
    with pytest.raises(InvalidInput, match=r"data\.ground is 'black', but data=glyphs has no use"):
        DataSettings(ground="black")
