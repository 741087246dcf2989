"""Images that are decoded when they are needed, instead of being kept at each resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.proxy.random_crop import RandomCrops
from scaling_search.proxy.resampling import Pixels, averaged, resample


@dataclass(frozen=True)
class TaskImages:
    """The images of a task at their own size: train, val, test. It travels to other processes."""

    #: (part, index) of the set -> (h, w, C).
    read: Callable[[str, int], Pixels]
    #: Of each image of the task its place in the set, the train part first.
    rows: NDArray[np.int64]
    #: Where the set's test part begins.
    first_test: int

    def __call__(self, index: int) -> Pixels:
        """Image `index` of the task, (h, w, C). Raises InvalidInput where it cannot be decoded."""
        row = int(self.rows[index])
        return (
            self.read("train", row)
            if row < self.first_test
            else self.read("test", row - self.first_test)
        )


@dataclass(frozen=True)
class Decoder:
    """The images of a task at one resolution: what a pixel cache would hold, but made anew."""

    images: Callable[[int], Pixels]
    resolution: int
    in_channels: int
    #: Processes that read ahead of a training; 0 lets it decode itself.
    processes: int = 0

    @property
    def image_bytes(self) -> int:
        """Of one image at the resolution."""
        return self.resolution**2 * self.in_channels

    def read(self, rows: NDArray[np.int64], crops: RandomCrops | None = None) -> Pixels:
        """Images of the task, (N, H, W, C): the central squares, or random crops.

        What an image shows depends on its number and the crops alone.
        """
        shape = (len(rows), self.resolution, self.resolution, self.in_channels)
        pixels = np.empty(shape, np.uint8)
        for place, index in enumerate(rows.tolist()):
            image = self.images(index)
            if crops is None:
                pixels[place] = resample(image, self.resolution)
            else:
                pixels[place] = averaged(crops.crop(image, index), self.resolution)
        return pixels
