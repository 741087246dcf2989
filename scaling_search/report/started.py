"""Runs that start from trained weights, which a reader must know of."""

from __future__ import annotations

from scaling_search.proxy.recipe import BASELINE, BEFORE
from scaling_search.study import StudyDefinition


def start_remarks(definition: StudyDefinition) -> list[str]:
    """What trainings start from, where that is not nothing, and what it does to comparisons."""
    start, epochs = definition.settings.recipe.start, definition.settings.recipe.epochs
    if not start:
        return []
    if start == BASELINE:
        return [
            f"Networks start from the trained baseline: its {epochs} epochs come on top of the "
            f"{epochs} of each other network, so that beside the baseline they are trained longer."
        ]
    if start == BEFORE:
        return [
            "Each size of the family starts from the one before it, so that the trainings behind a "
            "size add up: what more compute buys is told of such a chain, not of single trainings."
        ]
    return [
        "Networks start from exported weights. Whether those were trained on images that judge "
        "here is not known: where they were, errors are too low."
    ]
