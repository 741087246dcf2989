"""Which images are train, val and test: every class keeps its part in each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy.image_set import ImageSet

Rows = NDArray[np.int64]


def require_members(labels: Rows, source: ImageSet, needed: int) -> None:
    """Refuse a class that has not got an image for each of train, val and what else there is."""
    counts = np.bincount(labels, minlength=source.num_classes)
    few = np.flatnonzero((counts > 0) & (counts < needed))
    if len(few):
        named = ", ".join(source.classes[i] for i in few[:5]) + ", ..." * (len(few) > 5)
        image = "one image only" if counts[few[0]] == 1 else "two images only"
        have = f"class {named} has {image}" if len(few) == 1 else f"{len(few)} classes ({named})"
        have += "" if len(few) == 1 else f" have less than {needed} images"
        raise InvalidInput(
            f"{have}, but a class needs one to train on and one for val"
            + (", and one for test, since there is no test part" if needed == 3 else "")
            + ": take more images with data.train_images=, add some, or leave the class out"
        )


def _members(labels: Rows) -> list[Rows]:
    """Of each class that there is its images, in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def stratified(labels: Rows, fraction: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask over images: this part of each class, at least one and never all of them."""
    mask = np.zeros(len(labels), bool)
    for images in _members(labels):
        members = rng.permutation(images)
        mask[members[: min(len(members) - 1, max(1, round(fraction * len(members))))]] = True
    return mask


def balanced(labels: Rows, count: int | None, rng: np.random.Generator) -> Rows:
    """Sorted indices of `count` images in which every class keeps its part."""
    if count is None or count >= len(labels):
        return np.arange(len(labels))
    classes = np.unique(labels)
    if count < 2 * len(classes):
        raise InvalidInput(
            f"data.train_images or data.test_images is {count}, but {len(classes)} classes need "
            f"at least {2 * len(classes)} images"
        )
    # Two for every class, the rest in proportion, what is left over to the greatest remainders.
    members = _members(labels)
    exact = (count - 2 * len(classes)) * np.array([len(m) / len(labels) for m in members])
    given = 2 + np.floor(exact + 1e-9).astype(int)
    given[np.argsort(given - exact, kind="stable")[: count - int(given.sum())]] += 1
    kept = [rng.permutation(images)[:number] for images, number in zip(members, given)]
    return np.sort(np.concatenate(kept))
