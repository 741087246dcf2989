"""The drawn set: the same images everywhere, each on its own."""

from pathlib import Path

import matplotlib
import numpy as np

from scaling_search.proxy import DataSettings, ProxyTask
from scaling_search.proxy.glyphs import CHARACTERS, NATIVE_RESOLUTION, draw_glyph

FONTS = Path(matplotlib.__file__).parent / "mpl-data" / "fonts" / "ttf"


def test_image_depends_on_seed_and_index_only() -> None:
    first = draw_glyph(FONTS, seed=3, index=41)
    for index in (0, 40, 42):
        assert not np.array_equal(draw_glyph(FONTS, 3, index), first)
    assert not np.array_equal(draw_glyph(FONTS, 4, 41), first)
    assert np.array_equal(draw_glyph(FONTS, 3, 41), first)


def test_images_are_grey_bytes_with_something_to_see() -> None:
    for index in range(0, 360, 37):
        image = draw_glyph(FONTS, 0, index)
        assert image.shape == (NATIVE_RESOLUTION, NATIVE_RESOLUTION)
        assert image.dtype == np.uint8
        assert image.std() > 10


def test_one_character_is_more_like_itself_than_like_others() -> None:
    # Centred means of 12 drawings of I and of M; the label is the index modulo 36.
    def mean_of(character: str, first: int) -> np.ndarray:
        label = CHARACTERS.index(character)
        images = [draw_glyph(FONTS, 0, label + 36 * (first + i)) for i in range(12)]
        mean = np.mean(images, axis=0)
        return mean - mean.mean()

    one, other, different = mean_of("I", 0), mean_of("I", 12), mean_of("M", 0)
    assert (
        np.corrcoef(one.ravel(), other.ravel())[0, 1]
        > np.corrcoef(one.ravel(), different.ravel())[0, 1]
    )


def test_classes_are_balanced(glyph_task: ProxyTask) -> None:
    source = glyph_task.image_set
    assert source.num_classes == len(CHARACTERS) == 36
    assert np.all(np.bincount(source.train_labels, minlength=36) == 180 // 36)
    assert np.all(np.bincount(source.test_labels, minlength=36) == 72 // 36)


def test_test_images_are_other_images(glyph_task: ProxyTask) -> None:
    source = glyph_task.image_set
    assert source.train_labels[0] == source.test_labels[0]
    assert not np.array_equal(source.read_image("train", 0), source.read_image("test", 0))


def test_seed_and_size_are_part_of_the_identity() -> None:
    plain = DataSettings(train_images=180, test_images=72)
    identities = {
        ProxyTask(settings).image_set.identity
        for settings in (
            plain,
            DataSettings(train_images=180, test_images=72, seed=1),
            DataSettings(train_images=216, test_images=72),
        )
    }
    assert len(identities) == 3
