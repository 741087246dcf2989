"""From multipliers to a realised architecture."""

from __future__ import annotations

from dataclasses import replace

from scaling_search.errors import positive_number
from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.rounding import Rounding


def scale_architecture(
    architecture: Architecture, rounding: Rounding, depth_mult: float, width_mult: float
) -> Architecture:
    """The architecture with its repeats and channels scaled and rounded."""
    require_multipliers(depth_mult, width_mult)
    stem, *widths = (int(c) for c in rounding.channels(architecture.channels, width_mult)[0])
    head = widths.pop() if architecture.head_channels else 0
    repeats = rounding.repeats(architecture.repeats, depth_mult)[0]
    stages = tuple(
        replace(stage, repeats=int(blocks), channels=width)
        for stage, blocks, width in zip(architecture.stages, repeats, widths)
    )
    return replace(architecture, stem_channels=stem, stages=stages, head_channels=head)


def require_multipliers(depth_mult: float, width_mult: float) -> None:
    """Raise InvalidInput unless both are finite and above 0."""
    for name, value in (("depth_mult", depth_mult), ("width_mult", width_mult)):
        positive_number(name, value)
