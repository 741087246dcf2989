"""What is transparent is laid on a ground; sets that show nothing are refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_files import opened
from numpy.typing import NDArray
from PIL import Image

from scaling_search.errors import InvalidInput

Mask = NDArray[np.bool_]
BLACK, OPAQUE = np.zeros((10, 10), np.uint8), np.full((10, 10), 255, np.uint8)


def mask(number: int) -> Mask:
    shape = np.zeros((10, 10), bool)
    shape[2 : 5 + number % 4, 3:6] = True
    return shape


def rgba(shape: Mask) -> Image.Image:
    """A black shape that the alpha channel alone holds."""
    return Image.fromarray(np.dstack([BLACK, BLACK, BLACK, np.where(shape, 255, 0)]).astype("u1"))


def la(shape: Mask) -> Image.Image:
    return Image.fromarray(np.dstack([BLACK, np.where(shape, 255, 0)]).astype("u1"), "LA")


def palette(shape: Mask) -> Image.Image:
    image = Image.fromarray(shape.astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.info["transparency"] = 0
    return image


def keyed(shape: Mask) -> Image.Image:
    """Grey in which the value 7 counts as transparent."""
    image = Image.fromarray(np.where(shape, 0, 7).astype(np.uint8))
    image.info["transparency"] = 7
    return image


def junk(shape: Mask) -> Image.Image:
    """Noise that an editor left under transparent pixels."""
    colours = np.random.default_rng(int(shape.sum())).integers(0, 256, (10, 10, 3), np.uint8)
    colours[shape] = 0
    return Image.fromarray(np.dstack([colours, np.where(shape, 255, 0).astype(np.uint8)]))


def write(root: Path, make: Callable[[Mask], Image.Image], ending: str = "png") -> Path:
    for number in range(12):
        path = root / "set" / "ab"[number % 2] / f"{number:02d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = make(mask(number))
        keep = {k: v for k, v in image.info.items() if k == "transparency"}
        image.save(path, **keep)
    return root / "set"


@pytest.mark.parametrize("make", [rgba, la, palette, keyed, junk])
@pytest.mark.parametrize(("ground", "value"), [("white", 255), ("grey", 128), ("#404040", 64)])
def test_shapes_in_the_transparency_are_seen(
    tmp_path: Path, make: Callable[[Mask], Image.Image], ground: str, value: int
) -> None:
    source = opened(write(tmp_path, make), ground=ground)
    expected = np.where(mask(0), 0, value)
    assert np.array_equal(
        source.read_image("train", 0), np.repeat(expected[:, :, None], source.in_channels, 2)
    )
    assert (
        f"12 of 12 that were looked at are partly transparent: laid on {ground}"
        in (source.notes[-1])
    )


def test_half_transparent_pixels_are_mixed(tmp_path: Path) -> None:
    def half(shape: Mask) -> Image.Image:
        return Image.fromarray(np.dstack([BLACK, np.where(shape, 128, 0)]).astype("u1"), "LA")

    source = opened(write(tmp_path, half))
    assert source.in_channels == 1
    assert source.read_image("train", 0)[3, 3, 0] == 127
    coloured = opened(tmp_path / "set", ground="red")
    assert coloured.in_channels == 3
    assert coloured.read_image("train", 0)[3, 3].tolist() == [127, 0, 0]


def test_the_ground_is_part_of_the_identity(tmp_path: Path) -> None:
    root = write(tmp_path, rgba)
    assert opened(root).identity != opened(root, ground="grey").identity


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda shape: Image.fromarray(np.dstack([OPAQUE, np.where(shape, 255, 0)]).astype("u1"),
                                       "LA"), r"another ground than data\.ground=white"),
        (lambda shape: Image.fromarray(BLACK), "look at the files"),
        (lambda shape: Image.fromarray(BLACK.astype(np.float32)), "look at the files"),
        (lambda shape: Image.new("RGB", (10, 10), (9, 99, 200)), "look at the files"),
    ],
)  # fmt: skip
def test_a_set_that_shows_nothing_is_refused(
    tmp_path: Path, make: Callable[[Mask], Image.Image], remedy: str
) -> None:
    ending = "tif" if make(mask(0)).mode == "F" else "png"
    with pytest.raises(
        InvalidInput, match=rf"12 of 12 images .* one value in all pixels: .*{remedy}"
    ):
        opened(write(tmp_path, make, ending))


def test_blank_images_among_others_are_said(tmp_path: Path) -> None:
    root = write(tmp_path, rgba)
    Image.fromarray(OPAQUE).save(root / "a" / "blank.png")
    assert "1 have one value in all pixels" in opened(root).notes[-1]
