"""Drawn scenes to find things in: four shapes of all sizes and colours on cluttered ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

#: Side of a drawn scene in pixels.
SIDE = 96
#: Corners of each shape around (0, 0), within a circle of radius 1: (angle in turns, radius).
SHAPES = {
    "disc": [(i / 24, 0.9) for i in range(24)],
    "square": [(i / 4 + 1 / 8, 1.0) for i in range(4)],
    "triangle": [(i / 3 - 1 / 4, 1.0) for i in range(3)],
    "star": [(i / 10 - 1 / 4, 0.4 if i % 2 else 1.0) for i in range(10)],
}
#: The usual colour of each, from which single ones differ much.
COLOURS = ((190, 70, 70), (70, 170, 70), (70, 70, 190), (180, 170, 60))
#: Most shapes in a scene.
MOST = 6


@dataclass(frozen=True)
class Scenes:
    """Images, and what is on them."""

    #: (N, 3, side, side), 0 to 255.
    images: Tensor
    #: (N, SIDE, SIDE), 0 is the ground, 1 the first shape.
    masks: Tensor
    #: (N, MOST, 4), left, top, right, bottom as fractions of the side.
    boxes: Tensor
    #: (N, MOST), -1 where there is no box.
    labels: Tensor

    def resized(self, side: int) -> Scenes:
        """The same scenes with images of another side in pixels; masks stay."""
        images = F.interpolate(self.images, (side, side), mode="bilinear", antialias=True)
        return Scenes(images, self.masks, self.boxes, self.labels)


@cache
def load_scenes(part: str, count: int) -> Scenes:
    """The first `count` scenes of train, val or test: always the same ones."""
    seed = ("train", "val", "test").index(part)
    drawn = [_draw(np.random.default_rng((seed, i))) for i in range(count)]
    images, masks, boxes, labels = (torch.from_numpy(np.stack(some)) for some in zip(*drawn))
    return Scenes(images.permute(0, 3, 1, 2), masks, boxes, labels)


def _draw(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """One scene: (SIDE, SIDE, 3) image, mask, boxes and labels."""
    ground = random.integers(90, 166, (4, 4, 3), dtype=np.uint8)
    image = Image.fromarray(ground).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    mask = Image.new("L", (SIDE, SIDE))
    brush, stencil = ImageDraw.Draw(image), ImageDraw.Draw(mask)
    for _ in range(random.integers(4, 12)):  # clutter
        ends, like = random.integers(0, SIDE, 4).tolist(), int(random.integers(len(COLOURS)))
        brush.line(ends, _colour(random, like), width=int(random.integers(1, 4)))
    boxes = np.zeros((MOST, 4), np.float32)
    labels = np.full(MOST, -1)
    for place in range(random.integers(1, MOST + 1)):
        label = int(random.integers(len(SHAPES)))
        corners = _corners(random, list(SHAPES.values())[label])
        box = np.concatenate([corners.min(0), corners.max(0)])
        if any(_overlap(box, other) for other in boxes[:place]):
            continue
        points = [tuple(point) for point in (corners * SIDE).tolist()]
        brush.polygon(points, _colour(random, label))
        stencil.polygon(points, label + 1)
        boxes[place], labels[place] = box, label
    noise = random.normal(0, 12, (SIDE, SIDE, 3))
    noisy = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    return noisy, np.array(mask), boxes, labels


def _colour(random: np.random.Generator, label: int) -> tuple[int, ...]:
    return tuple(random.normal(COLOURS[label], 50).clip(0, 255).astype(int).tolist())


def _corners(random: np.random.Generator, shape: list[tuple[float, float]]) -> np.ndarray:
    """The corners of a slightly turned shape somewhere in the scene, as fractions of its side."""
    radius = np.exp(random.uniform(np.log(0.1), np.log(0.28)))
    centre = random.uniform(radius, 1 - radius, 2)
    turns, radii = np.array(shape).T
    angles = 2 * np.pi * (turns + random.uniform(-0.05, 0.05))
    return centre + radius * radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((np.maximum(one[:2], other[:2]) < np.minimum(one[2:], other[2:])).all())
