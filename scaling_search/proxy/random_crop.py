"""Random resized crops: what each image shows of itself at each epoch, from its number alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scaling_search.proxy.resampling import Pixels

#: The largest ratio of width over height, and of height over width, as in torchvision.
_RATIO = 4 / 3
#: Boxes that are drawn before the central one is taken.
_DRAWS = 10


@dataclass(frozen=True)
class RandomCrops:
    """The crops of one epoch of one run."""

    #: The smallest part of an image's area that is shown.
    smallest: float
    #: Of the run.
    seed: int
    epoch: int

    def crop(self, image: Pixels, index: int) -> Pixels:
        """A part of (h, w, C), which is image `index` of the task.

        As torchvision's RandomResizedCrop: of uniform area, and of a ratio whose log is uniform.
        """
        height, width = image.shape[:2]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        for _ in range(_DRAWS):
            area = height * width * rng.uniform(self.smallest, 1)
            ratio = math.exp(rng.uniform(-math.log(_RATIO), math.log(_RATIO)))
            h, w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
            if 0 < h <= height and 0 < w <= width:
                top, left = rng.integers(0, (height - h + 1, width - w + 1))
                return image[top : top + h, left : left + w]
        h, w = min(height, round(width * _RATIO)), min(width, round(height * _RATIO))
        top, left = (height - h) // 2, (width - w) // 2
        return image[top : top + h, left : left + w]
