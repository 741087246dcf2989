"""How the parts of a set are told in the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scaling_search.proxy.image_set import Labels
from scaling_search.proxy.images.left_out import shown_name

#: Classes that are listed, and files or folders.
_CLASSES, _PLACES = 12, 3

NO_TEST = "a fifth of train is kept aside as test"


def part_note(
    part: str, labels: Labels, classes: Sequence[str], places: Sequence[str], by: str
) -> str:
    """`train: 160 images of training_set in 2 classes by the folders (bus 80, car 80)`"""
    counts = np.bincount(labels, minlength=len(classes))
    there = np.flatnonzero(counts)
    each = ", ".join(f"{classes[int(i)]} {counts[i]:,}" for i in there)
    if len(there) > _CLASSES:
        least, most = counts[there].min(), counts[there].max()
        each = f"{least:,} each" if least == most else f"{least:,} to {most:,} each"
    shown = [shown_name(place or "the folder itself") for place in places[:_PLACES]]
    return (
        f"{part}: {len(labels):,} images of {_list(shown, len(places))} in {len(there):,} "
        f"classes by {by} ({each})"
    )


def _list(shown: list[str], count: int) -> str:
    return ", ".join([*shown, "..."] if count > len(shown) else shown)
