"""Every kind of picture as 8 bits of grey or of red, green and blue, by one rule for a set.

What is transparent is laid on a ground. Greys of more than 8 bits, and floats, are scaled by the
range that a sample of the set reaches, the same for all images, so that they stay comparable.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageColor

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.image_files import Picture
from scaling_search.proxy.images.left_out import shown_name
from scaling_search.proxy.resampling import Pixels

#: Images that a rule is made of.
_SAMPLE = 500
#: Values of an image that its range is read from.
_VALUES = 100_000
#: Part of an image's values, and of the images, that may lie far outside of the range.
_RARE_VALUES, _RARE_IMAGES = 1e-4, 0.01
#: A set is refused of which so large a part has one value in all pixels.
_MOST_CONSTANT = 0.9
#: 16-bit colour of which only so many of 255 steps would be left is refused.
_FEW_STEPS = 48


@dataclass(frozen=True)
class PixelRule:
    """How images become 8 bits."""

    #: 1 for grey, 3 for colour.
    in_channels: int
    #: What lies under transparent pixels.
    ground: str
    #: Values of deep greys that become 0 and 255; None where the sample has none.
    span: tuple[float, float] | None = None
    #: Whether these are floats.
    floats: bool = False

    def pixels(self, picture: Picture) -> Pixels:
        """(h, w, in_channels). Raises InvalidInput, which names it, where no rule is known."""
        mode, image = "L" if self.in_channels == 1 else "RGB", picture.image
        if _is_deep(image):
            image = self._scaled(picture)
        elif image.has_transparency_data:
            above = image.convert("RGBA")
            below = Image.new("RGBA", image.size, (*ImageColor.getrgb(self.ground)[:3], 255))
            image = Image.alpha_composite(below, above).convert("RGB")
        elif image.mode == "LAB":
            image = _from_lab(image)
        pixels = np.asarray(image if image.mode == mode else image.convert(mode), np.uint8)
        return pixels[:, :, None] if mode == "L" else pixels

    def _scaled(self, picture: Picture) -> Image.Image:
        floats = picture.image.mode == "F"
        if self.span is None or floats != self.floats:
            have = "floats" if floats else "whole numbers of more than 8 bits"
            raise InvalidInput(
                f"{shown_name(picture.name)} holds {have}, unlike the images that the range of "
                "values was read from: bring all images to one kind, such as 8-bit PNG"
            )
        low, high = self.span
        scaled = (_deep_values(picture) - low) * (255 / (high - low))
        scaled = np.rint(np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0), 0, 255))
        return Image.fromarray(scaled.astype(np.uint8))


def sample_rows(count: int) -> list[int]:
    """The images that are looked at to know a set: the same on any machine."""
    return [int(i) for i in np.linspace(0, count - 1, min(count, _SAMPLE))]


def _is_deep(image: Image.Image) -> bool:
    """Whether the greys have more than 8 bits, or are floats."""
    return image.mode[0] in "IF"


def _deep_values(picture: Picture) -> NDArray[np.float64]:
    """The greys of such an image, (h, w)."""
    values = np.asarray(picture.image)
    if picture.raw_mode == "I;32N":
        # Pillow knows signed numbers alone.
        values = values.view(np.uint32)
    return values.astype(np.float64)


@dataclass
class Survey:
    """What a sample of a set shows of its images."""

    ground: str
    sides: list[int] = field(default_factory=list)
    modes: Counter[str] = field(default_factory=Counter)
    #: (lowest, low, high, highest) of each deep image; low and high leave out rare values.
    ranges: list[tuple[float, float, float, float]] = field(default_factory=list)
    #: How many images are so.
    transparent: int = 0
    several_frames: int = 0
    no_numbers: int = 0
    constant: int = 0
    #: Of 16-bit colour the largest value that is left in 8 bits, and who has it.
    deep_colour: list[tuple[int, str]] = field(default_factory=list)

    def look(self, picture: Picture) -> None:
        """Take an image into account."""
        image = picture.image
        self.sides.append(min(image.size))
        self.modes[image.mode] += 1
        self.several_frames += picture.several_frames
        if _is_deep(image):
            self._look_deep(picture)
            return
        if image.has_transparency_data:
            lowest: Any = image.convert("RGBA").getchannel("A").getextrema()
            self.transparent += lowest[0] < 255
        seen = Image.fromarray(PixelRule(3, self.ground).pixels(picture))
        extremes: Any = seen.getextrema()
        self.constant += all(low == high for low, high in extremes)
        if ";16" in picture.raw_mode:
            self.deep_colour.append((max(high for _, high in extremes), picture.name))

    def _look_deep(self, picture: Picture) -> None:
        values = _deep_values(picture).ravel()
        finite = values[np.isfinite(values)]
        self.no_numbers += len(finite) < len(values)
        if not len(finite):
            self.constant += 1
            return
        few = finite[:: max(1, len(finite) // _VALUES)]
        low, high = np.quantile(few, [_RARE_VALUES, 1 - _RARE_VALUES])
        lowest, highest = float(finite.min()), float(finite.max())
        self.constant += lowest == highest
        self.ranges.append((lowest, float(low), float(high), highest))

    @property
    def native_resolution(self) -> int:
        """The side in pixels that nine of ten images reach."""
        return sorted(self.sides)[len(self.sides) // 10]

    @property
    def _is_grey(self) -> bool:
        return all(mode in ("1", "L", "LA", "La") or mode[0] in "IF" for mode in self.modes)

    def rule(self, where: str) -> PixelRule:
        """The rule for a set. Raises InvalidInput where its images cannot be shown by one."""
        if self.constant >= _MOST_CONSTANT * len(self.sides):
            raise InvalidInput(
                f"{self.constant} of {len(self.sides)} images of {where} that were looked at have "
                "one value in all pixels: look at the files; where the shapes lie in the "
                f"transparency, another ground than data.ground={self.ground} may show them"
            )
        if self.deep_colour and max(self.deep_colour)[0] < _FEW_STEPS:
            steps, name = max(self.deep_colour)
            raise InvalidInput(
                f"{where} holds colour of 16 bits, of which Pillow keeps the upper 8: at most "
                f"{steps + 1} of 256 steps would be left ({shown_name(name)}): convert the images "
                "to 8 bits, scaled to the range that they reach"
            )
        deep = [mode for mode in self.modes if mode[0] in "IF"]
        if "F" in deep and len(deep) > 1:
            raise InvalidInput(
                f"{where} holds greys as floats and as whole numbers of more than 8 bits "
                f"({', '.join(sorted(deep))}), which have no scale in common: bring all images to "
                "one kind"
            )
        span = _span(self.ranges) if self.ranges else None
        red, green, blue = ImageColor.getrgb(self.ground)[:3]
        grey = self._is_grey and (red == green == blue or not self.transparent)
        return PixelRule(1 if grey else 3, self.ground, span, "F" in deep)

    def notes(self, rule: PixelRule) -> list[str]:
        """What is done with the images, in sentences."""
        said = [f"{'grey' if rule.in_channels == 1 else 'colour'}"]
        if rule.span is not None:
            kind = "floats" if rule.floats else "greys of more than 8 bits"
            low, high = rule.span
            said.append(
                f"{kind} from {low:g} to {high:g}, the range of the {len(self.ranges)} that were "
                "looked at, become 0 to 255"
            )
            if len(self.ranges) < len(self.sides):
                said.append("beside images of 8 bits, which stay as they are")
        if self.no_numbers:
            said.append(f"{self.no_numbers} with values that are no numbers, which become 0")
        if self.transparent:
            said.append(
                f"{self.transparent} of {len(self.sides)} that were looked at are partly "
                f"transparent: laid on {self.ground} (data.ground=)"
            )
        if self.several_frames:
            said.append(f"{self.several_frames} have several frames, of which the first is taken")
        if self.constant:
            said.append(f"{self.constant} have one value in all pixels")
        unusual = sorted({"CMYK", "LAB", "HSV", "YCbCr"} & set(self.modes))
        if unusual:
            said.append(f"{' and '.join(unusual)} converted to sRGB")
        return said


def _span(ranges: list[tuple[float, float, float, float]]) -> tuple[float, float]:
    """From the lowest to the highest value, without what is rare and lies far outside.

    Far is more than half of the range that is left: in up to one image of a hundred, at least in
    one of ten and more, or in one value of ten thousand of any image.
    """
    lowest, low, high, highest = (np.sort(column) for column in np.transpose(ranges))
    aside = max(int(len(ranges) >= 10), int(_RARE_IMAGES * len(ranges)))
    bottom, top = float(low[aside]), float(high[len(high) - 1 - aside])
    near = (top - bottom) / 2
    if near <= 0:
        return float(lowest[0]), float(highest[-1])
    within = [
        float(v) for v in (*lowest, *low, *high, *highest) if bottom - near <= v <= top + near
    ]
    return min(within), max(within)


@lru_cache(maxsize=1)
def _lab_to_rgb() -> Any:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    # Without the cache of colours, which threads would share.
    return ImageCms.buildTransform(lab, rgb, "LAB", "RGB", flags=ImageCms.Flags.NOCACHE)


def _from_lab(image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, _lab_to_rgb())
    assert converted is not None
    return converted
