"""Pictures that are stored on their side, however their file says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import opened
from PIL import Image, PngImagePlugin


def plain_exif(turned: Image.Exif) -> dict[str, Any]:
    return {"exif": turned}


def exif_of_imagemagick(turned: Image.Exif) -> dict[str, Any]:
    content, info = turned.tobytes(), PngImagePlugin.PngInfo()
    text = f"\nexif\n{len(content):8d}\n{content.hex()}\n"
    info.add_text("Raw profile type exif", text, zip=True)
    return {"pnginfo": info}


def xmp(turned: Image.Exif) -> dict[str, Any]:
    info = PngImagePlugin.PngInfo()
    text = f'<rdf:Description tiff:Orientation="{turned[0x0112]}"/>'
    info.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta><rdf:RDF>{text}</rdf:RDF></x:xmpmeta>")
    return {"pnginfo": info}


@pytest.mark.parametrize(
    ("ending", "said_by"),
    [
        ("jpg", plain_exif),
        ("png", plain_exif),
        ("webp", plain_exif),
        ("png", exif_of_imagemagick),
        ("png", xmp),
    ],
)
def test_a_photo_stored_on_its_side_is_turned(
    tmp_path: Path, ending: str, said_by: Callable[[Image.Exif], dict[str, Any]]
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    for number in range(12):
        path = tmp_path / "set" / "ab"[number % 2] / f"{number:02d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        wide = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (16, 1))
        Image.fromarray(wide).save(path, quality=95, **said_by(turned))
    picture = opened(tmp_path / "set").read_image("train", 0)[:, :, 0].astype(int)
    assert picture.shape == (32, 16)
    # A quarter turn to the right: left becomes top.
    assert picture[2].mean() < 40 < 200 < picture[-2].mean()
