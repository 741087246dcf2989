"""Which part of an image a random crop shows."""

import math

import numpy as np
import pytest

from scaling_search.proxy.random_crop import RandomCrops

#: Each pixel holds where it is.
IMAGE = np.stack(np.meshgrid(np.arange(200), np.arange(150), indexing="xy"), 2).astype(np.uint8)


def boxes(smallest: float, image: np.ndarray = IMAGE) -> np.ndarray:
    """(crops, 4): top, left, height, width."""
    crops = (RandomCrops(smallest, 0, epoch).crop(image, index) for epoch in (1, 2)
             for index in range(400))  # fmt: skip
    return np.array([(c[0, 0, 1], c[0, 0, 0], *c.shape[:2]) for c in crops], int)


def test_areas_and_ratios_are_those_of_torchvision() -> None:
    _, _, height, width = boxes(0.08).T
    area, ratio = height * width / (150 * 200), np.log(width / height)
    assert 0.07 < area.min() < 0.12
    assert 0.9 < area.max() <= 1
    # Uniform, but for the large boxes that do not fit in one of their ratios.
    assert area[area < 0.5].mean() == pytest.approx(0.29, abs=0.03)
    assert np.abs(ratio).max() < math.log(4 / 3) + 0.05
    assert np.abs(ratio).max() > math.log(4 / 3) - 0.05
    assert (ratio > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_boxes_lie_everywhere_in_the_image() -> None:
    top, left, height, width = boxes(0.08).T
    assert top.min() == left.min() == 0
    assert (top + height).max() == 150
    assert (left + width).max() == 200
    middle = top + height / 2
    assert middle.mean() == pytest.approx(75, abs=3)


def test_of_an_oblong_image_that_no_box_fits_the_centre_is_shown() -> None:
    strip = IMAGE[:10]
    assert {tuple(box) for box in boxes(0.99, strip)} == {(0, 93, 10, 13)}


def test_a_crop_differs_by_seed_epoch_and_image() -> None:
    shown = {
        RandomCrops(0.08, seed, epoch).crop(IMAGE, index).tobytes()
        for seed in (0, 1) for epoch in (1, 2) for index in (0, 1)
    }  # fmt: skip
    assert len(shown) == 8
