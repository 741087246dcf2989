"""Resampling by area, whole and fractional ratios."""

import os
import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.proxy.resampling import _area_weights, averaged, resample


@settings(max_examples=30, deadline=None)
@given(
    side=st.integers(1, 12),
    block=st.integers(1, 6),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**16),
)
def test_whole_ratios_are_block_means(side: int, block: int, channels: int, seed: int) -> None:
    size = side * block
    image = np.random.default_rng(seed).integers(0, 256, (size, size, channels), dtype=np.uint8)
    means = image.reshape(side, block, side, block, channels).mean(axis=(1, 3))
    small = resample(image, side)
    assert small.shape == (side, side, channels)
    assert small.dtype == np.uint8
    assert np.abs(small - means).max() <= 0.5 + 1e-3


@settings(max_examples=40, deadline=None)
@given(before=st.integers(2, 40), after=st.integers(2, 40), seed=st.integers(0, 2**16))
def test_fractional_ratios_keep_the_mean(before: int, after: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (before, before, 1), dtype=np.uint8)
    resampled = resample(image, after)
    # Each output pixel is rounded by at most a half, and roundings do not all go one way.
    assert abs(float(resampled.mean()) - float(image.mean())) <= 0.5
    assert resampled.min() >= image.min()
    assert resampled.max() <= image.max()


def test_fractional_ratio_by_hand() -> None:
    # Three pixels to two: each takes one whole pixel and half of the middle one.
    row = np.array([30, 90, 240], np.uint8)
    image = np.repeat(row[None, :, None], 3, axis=0)
    expected = [(30 + 45) / 1.5, (45 + 240) / 1.5]
    assert np.array_equal(resample(image, 2)[0, :, 0], np.array(expected, np.uint8))


def test_same_size_is_untouched_and_oblong_images_lose_their_ends() -> None:
    image = np.arange(6 * 10, dtype=np.uint8).reshape(6, 10, 1)
    assert np.array_equal(resample(image, 6), image[:, 2:8])
    assert np.array_equal(resample(image.transpose(1, 0, 2), 6), image.transpose(1, 0, 2)[2:8])


@settings(max_examples=15, deadline=None)
@given(
    size=st.tuples(st.integers(90, 260), st.integers(90, 260)),
    side=st.integers(20, 120),
    seed=st.integers(0, 2**16),
)
def test_large_images_made_in_parts_are_what_all_weights_at_once_give(
    size: tuple[int, int], side: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    rows, columns = (_area_weights(length, side).astype(float) for length in size)
    exact = np.einsum("yh,hwc,xw->yxc", rows, image, columns, optimize=True)
    assert np.abs(averaged(image, side) - exact).max() <= 0.5 + 1e-3


def test_the_bits_do_not_depend_on_the_threads_of_numpy() -> None:
    script = """
import hashlib, numpy as np
from scaling_search.proxy.resampling import resample
rng, digest = np.random.default_rng(0), hashlib.sha256()
for size, side in ((600, 100), (375, 224), (105, 28)):
    for _ in range(8):
        digest.update(resample(rng.integers(0, 256, (size, size, 3), dtype=np.uint8), side))
print(digest.hexdigest())
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(said) == 1
