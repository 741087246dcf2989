"""One picture from its file or its bytes: the first frame, upright, or an error that names it."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.left_out import shown_name

#: How a pointer begins that git-lfs leaves in place of a large file.
LFS_POINTER = b"version https://git-lfs"
#: What is read, whatever a file is called: no EPS, for which Pillow calls another program.
_FORMATS = (
    *("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "JPEG2000", "TGA", "ICO", "AVIF"),
    *("SGI", "PCX"),
)
#: Where a picture may say how it is turned; a TIFF says it in its own tags.
_TURNED_BY = ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp")


class Picture(NamedTuple):
    """A decoded picture, and what is known of its file alone."""

    image: Image.Image
    #: Stands for it in messages.
    name: str
    #: How the file holds the values, such as RGB;16B.
    raw_mode: str
    several_frames: bool


def open_image(content: Path | str | bytes, name: str) -> Picture:
    """The picture in a file, or in the bytes of one. `name` stands for it in messages.

    Raises InvalidInput where it cannot be decoded, OSError where the disk refuses.
    """
    try:
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        opened = Image.open(stream, formats=_formats())
        raw_mode = _raw_mode(opened)
        _require_readable(opened)
        several = bool(getattr(opened, "is_animated", False))
        opened.load()
        return Picture(_upright(opened), name, raw_mode, several)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # a decoder may fail in any way on a broken file
        raise InvalidInput(f"{shown_name(name)} {_fault(content, error)}") from error


@lru_cache(maxsize=1)
def _formats() -> list[str]:
    """Those that the Pillow here has."""
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _upright(image: Image.Image) -> Image.Image:
    # Of a small picture that says nothing, asking takes a fourth of the time to decode it.
    if image.format != "TIFF" and not any(name in image.info for name in _TURNED_BY):
        return image
    return ImageOps.exif_transpose(image)


def _require_readable(image: Image.Image) -> None:
    tags = getattr(image, "tag_v2", {})
    if image.mode == "L" and tags.get(339, (1,))[0] == 2:
        raise ValueError("signed 8-bit values; write them as 16 bits")


def _raw_mode(image: Image.Image) -> str:
    """Known until the image is decoded."""
    tiles = getattr(image, "tile", None)
    args = tiles[0][3] if tiles else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def _fault(content: Path | str | bytes, error: Exception) -> str:
    """What is wrong with a file that cannot be decoded, and what to do."""
    head = content[:200] if isinstance(content, bytes) else _head(content)
    if head.startswith(LFS_POINTER):
        return (
            "is a pointer of git-lfs and not the picture itself: fetch the files with `git lfs "
            "pull` in that repository"
        )
    if not head:
        return "is empty: copy it again or remove it"
    lower = head.lstrip().lower()
    if lower.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"{")):
        return "holds text and no picture: download it again or remove it"
    said = str(error)
    if "truncated" in said or "Truncated" in said or isinstance(error, EOFError | SyntaxError):
        return f"is cut off or damaged ({said}): copy it again or remove it"
    if isinstance(error, UnidentifiedImageError):
        return "is no picture that can be read: convert it to PNG or JPEG, or remove it"
    return f"cannot be decoded ({type(error).__name__}: {said}): mend it or remove it"


def _head(path: Path | str) -> bytes:
    with open(path, "rb") as file:
        return file.read(200)
