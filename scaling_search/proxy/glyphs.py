"""`glyphs`: letters and digits drawn from the fonts in matplotlib's package.

An image-classification set that is always there. What stands in the way of a correct answer is
drawn per image: typeface, size, position, rotation, shear, contrast, parts of other
characters as distractors, strokes across the image and noise. Fine detail needs resolution, the
many typefaces need width, and telling the character from its distractors needs context, so each of
the three dimensions has something to give.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

#: Changes whenever the same seed would give other images.
VERSION = 1
#: Side of the images as drawn, in pixels.
NATIVE_RESOLUTION = 64
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Typefaces of matplotlib's package that hold all characters.
FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10"),
)
#: Characters are drawn once at this height and then transformed.
_MASTER = 96


@lru_cache(maxsize=1)
def _masters(fonts: Path) -> dict[tuple[int, int], Image.Image]:
    """Every character in every typeface, centred on a square canvas."""
    masters = {}
    for number, name in enumerate(FONTS):
        font = ImageFont.truetype(str(fonts / f"{name}.ttf"), _MASTER)
        for label, character in enumerate(CHARACTERS):
            canvas = Image.new("L", (2 * _MASTER, 2 * _MASTER), 0)
            centre = (_MASTER, _MASTER)
            ImageDraw.Draw(canvas).text(centre, character, fill=255, font=font, anchor="mm")
            masters[number, label] = canvas
    return masters


def _placed(
    fonts: Path, rng: np.random.Generator, label: int, centre: tuple[float, float], height: float
) -> NDArray[np.float32]:
    """One character under a random affine map, as ink from 0 to 1, (64, 64)."""
    master = _masters(fonts)[int(rng.integers(len(FONTS))), label]
    scale = _MASTER / height
    stretch = math.exp(rng.normal(0, 0.12))
    angle, shear = rng.normal(0, 0.13), rng.normal(0, 0.12)
    cos, sin = math.cos(angle), math.sin(angle)
    # PIL wants the map from output to input pixels.
    a, b = scale * stretch * (cos + shear * sin), scale * stretch * (-sin + shear * cos)
    d, e = scale / stretch * sin, scale / stretch * cos
    x, y = centre
    data = (a, b, _MASTER - a * x - b * y, d, e, _MASTER - d * x - e * y)
    size = (NATIVE_RESOLUTION, NATIVE_RESOLUTION)
    drawn = master.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.asarray(drawn, np.float32) / np.float32(255)


def draw_glyph(fonts: Path, seed: int, index: int) -> NDArray[np.uint8]:
    """Image number `index` of the set, (64, 64) grey values; its class is index modulo 36.

    `fonts` is the folder of the typefaces. Each image has a generator of its own, so any part of
    the set can be drawn alone.
    """
    rng = np.random.default_rng([seed, index])
    label = index % len(CHARACTERS)
    side = NATIVE_RESOLUTION
    height = rng.uniform(0.4, 0.65) * side
    centre = (side / 2 + rng.normal(0, 2.5), side / 2 + rng.normal(0, 2.5))
    ink = _placed(fonts, rng, label, centre, height)
    for _ in range(int(rng.integers(0, 3))):
        # Distractors stand around the character and reach into the image.
        direction, distance = rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 0.65) * side
        beside = (
            centre[0] + distance * math.cos(direction),
            centre[1] + distance * math.sin(direction),
        )
        other = _placed(
            fonts, rng, int(rng.integers(len(CHARACTERS))), beside, rng.uniform(0.4, 0.8) * side
        )
        ink = np.maximum(ink, other * rng.uniform(0.4, 0.9))
    if rng.random() < 0.3:
        stroke = Image.new("L", (side, side), 0)
        ends = [float(v) for v in rng.uniform(0, side, 4)]
        ImageDraw.Draw(stroke).line(ends, fill=255, width=int(rng.integers(1, 4)))
        ink = np.maximum(ink, np.asarray(stroke, np.float32) / 255 * rng.uniform(0.4, 1.0))
    contrast = rng.uniform(0.35, 0.9)
    grey = 0.5 - contrast / 2 + contrast * ink
    slope = rng.normal(0, 0.08, 2)
    ramp = np.linspace(-1, 1, side, dtype=np.float32)
    grey = grey + slope[0] * ramp[:, None] + slope[1] * ramp[None, :]
    grey = grey + rng.normal(0, rng.uniform(0.04, 0.18), (side, side))
    pixels: NDArray[np.uint8] = np.clip(np.rint(grey * 255), 0, 255).astype(np.uint8)
    return pixels
