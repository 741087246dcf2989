"""The memory that a network takes, in closed form, for one network or for a whole grid.

Counted are the tensors that are alive at once, at the worst moment of a training step or of an
inference: weights, batch norm's statistics, the optimizer's states, the averaged weights,
gradients, what autograd saves for the backward pass, the images, and the maps that come and go.
What libraries take beside them (code, work space) is not.

Parts of a network follow each other. Going forward each leaves what autograd saves of it; going
backward that goes again, while gradients take its place. So the peak of a network of any depth
follows from its few distinct parts: from what each leaves, and how far it rises above what the
parts before it have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.cost import Grid
from scaling_search.scaling.layers import Count
from scaling_search.scaling.memory_parts import Inference, Part, TrainingStep, Walk
from scaling_search.scaling.memory_setup import MemorySetup
from scaling_search.scaling.passes import passes
from scaling_search.scaling.rounding import Ints

__all__ = ["MemorySetup", "grid_peak_bytes", "peak_bytes"]


def peak_bytes(architecture: Architecture, resolution: int, setup: MemorySetup) -> int:
    """The memory of one network at a square input of `resolution` pixels, in bytes."""
    parts = _parts(architecture, architecture.channels, resolution, setup)
    images = setup.images(architecture.in_channels, resolution)
    return int(_peak(parts, architecture.repeats) + images)


def grid_peak_bytes(grid: Grid, setup: MemorySetup) -> Ints:
    """(n,): the same for each network of a grid."""
    parts = _parts(grid.architecture, grid.channels, grid.size, setup)
    images = np.asarray(setup.images(grid.architecture.in_channels, grid.size))
    found = np.empty(grid.pair_of.shape, np.int64)
    for depth, repeats in enumerate(grid.repeats):
        which = np.flatnonzero(grid.depth_of == depth)
        pairs = grid.pair_of[which]
        if len(pairs) < len(images):
            few = [part.at(pairs) for part in parts]
            found[which] = _peak(few, repeats.tolist()) + images[pairs]
        else:
            found[which] = (_peak(parts, repeats.tolist()) + images)[pairs]
    return found


def _parts(
    architecture: Architecture, channels: Sequence[Count], size: Count, setup: MemorySetup
) -> list[Part]:
    """Stem, of each stage the first and a further block, head."""
    walk: Walk = (TrainingStep if setup.training else Inference)(setup, architecture.activation)
    layers = passes(architecture, channels, size)
    stem, *blocks, head = (list(part) for _, part in groupby(layers, lambda p: id(p.block)))
    found = []
    for fill, part_layers in (
        (walk.stem, stem),
        *((walk.block, b) for b in blocks),
        (walk.head, head),
    ):
        part = Part(part_layers[0].stage, sum(map(setup.held, part_layers)))
        fill(part, part_layers)
        found.append(part)
    return found


def _peak(parts: Sequence[Part], repeats: Sequence[int]) -> Count:
    """All but the images."""
    held: Count = 0
    kept: Count = 0
    gradients: Count = 0
    high: Count = 0
    for part in parts:
        times = 1 if part.stage is None else repeats[part.stage] - 1
        if not times:
            continue
        # From block to block what is kept grows, and so do the gradients that are not there yet:
        # of equal blocks the first or the last is the worst.
        backward = kept - gradients + part.backward
        more = (times - 1) * part.kept
        high = np.maximum(high, kept + more + part.forward)
        high = np.maximum(high, backward)
        high = np.maximum(high, backward + more - (times - 1) * part.gradients)
        held = held + times * part.held
        kept = kept + times * part.kept
        gradients = gradients + times * part.gradients
    return held + gradients + high
