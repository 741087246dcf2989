"""How the parts of a set are told in the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def alike_note(classes: Sequence[str]) -> str:
    """Which classes differ in capitals alone; empty where none do."""
    groups: dict[str, list[str]] = {}
    for name in classes:
        groups.setdefault(name.casefold(), []).append(name)
    alike = [" and ".join(names) for names in groups.values() if len(names) > 1]
    if not alike:
        return ""
    return f"classes that differ in capitals alone: {_list(alike[:_PLACES], len(alike))}"


def copies_note(hashes: NDArray[np.uint8], train_labels: Labels) -> str:
    """How many images have the same content as others; empty where none do.

    hashes: (N, bytes), of the train part and then of the test part.
    """
    content, width = hashes.tobytes(), hashes.shape[1]
    digests = [content[at : at + width] for at in range(0, len(content), width)]
    known: dict[bytes, int] = {}
    other_class = 0
    for digest, label in zip(digests, train_labels.tolist()):
        first = known.setdefault(digest, label)
        other_class += first != label
    copies = len(train_labels) - len(known)
    tested = sum(digest in known for digest in digests[len(train_labels) :])
    said = []
    if copies:
        said.append(f"{copies:,} of train are copies of others there, which val may hold")
    if other_class:
        said.append(f"{other_class:,} of these have another class than their first")
    if tested:
        said.append(f"{tested:,} of test are copies of train images")
    return f"the same files twice: {'; '.join(said)}" if said else ""


def _list(shown: list[str], count: int) -> str:
    return ", ".join([*shown, "..."] if count > len(shown) else shown)
