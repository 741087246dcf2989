"""The networks of STEP 0: what can be chosen, and the architecture that the choices make.

Widths are chosen relative to each other. The width of the whole network, or where its steps are too
coarse its resolution, then brings it to the cost that was asked for, so that no proposal is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_search.baselines import ArchitectureBaseline, FamilyMember, scale_by
from scaling_search.scaling import Architecture, FineRounding, Stage, price, scale_architecture
from scaling_search.scaling.architecture import EXPANSIONS, SQUEEZED, Activation, BlockKind

#: Makes one choice: (name, options) -> one of the options.
Choose = Callable[[str, Sequence[Any]], Any]

#: Channels of the stem before the whole network is brought to its cost, and the fewest after that.
_STEM, _FEWEST = 16, 2
#: Pixels on a side of the last feature map. A stride that would leave fewer is left out, and one
#: that is needed to come down is put in: wide maps to the end take all the cost there is.
_FEWEST_PIXELS, _MOST_PIXELS = 3, 8
#: How far the resolution may be moved from the chosen one.
_MOVE = 0.5


@dataclass(frozen=True)
class Space:
    """What can be chosen; each tuple holds the options of one choice."""

    blocks: tuple[BlockKind, ...]
    kernels: tuple[int, ...]
    #: Of blocks that expand; a block that cannot takes what it can.
    expansions: tuple[int, ...]
    se_ratios: tuple[float, ...]
    strides: tuple[int, ...]
    repeats: tuple[int, ...]
    #: Channels of a stage over those of the stage before it.
    growths: tuple[float, ...]
    #: Numbers of stages.
    stages: tuple[int, ...]
    stem_strides: tuple[int, ...]
    #: Channels of the head over those of the last stage; 0 leaves the head out.
    heads: tuple[float, ...]
    activations: tuple[Activation, ...]
    resolutions: tuple[int, ...]
    #: Of the channels of every network.
    channel_divisor: int

    def propose(self, choose: Choose, num_classes: int, in_channels: int) -> Proposed:
        """A network at full width, of any cost."""
        resolution = choose("resolution", self.resolutions)
        stem_stride = choose("stem.stride", self.stem_strides)
        pixels = -(-resolution // stem_stride)
        count = choose("stages", self.stages)
        stages: list[Stage] = []
        channels = float(_STEM)
        for index in range(1, count + 1):
            most = _MOST_PIXELS * 2 ** (count - index)
            stage, channels = self._stage(choose, f"stage{index}", channels, pixels, most)
            pixels = -(-pixels // stage.stride)
            stages.append(stage)
        head = round(channels * choose("head", self.heads))
        architecture = Architecture(
            stem_channels=_STEM,
            stem_stride=stem_stride,
            stages=tuple(stages),
            head_channels=head,
            num_classes=num_classes,
            in_channels=in_channels,
            # Otherwise deeper networks learn too late in a short run, and lose for that.
            identity_start=True,
            activation=choose("activation", self.activations),
        )
        return Proposed(architecture, resolution)

    def _stage(
        self, choose: Choose, name: str, before: float, pixels: int, most: int
    ) -> tuple[Stage, float]:
        """A stage behind `before` channels at so many pixels, and the channels at its output.

        most: pixels that it may leave.
        """
        block = choose(f"{name}.block", self.blocks)
        stride = choose(f"{name}.stride", self.strides)
        if pixels > most:
            stride = max(stride, 2)
        if -(-pixels // stride) < _FEWEST_PIXELS:
            stride = 1
        expansions = self.expansions_of(block)
        expansion = choose(f"{name}.expansion of {block}", expansions)
        se_ratio = 0.0
        if block in SQUEEZED:
            se_ratio = choose(f"{name}.squeeze-excitation", self.se_ratios)
        after = before * choose(f"{name}.growth", self.growths)
        # Of a bottleneck the channels inside it scale.
        width = after / expansion if block == "bottleneck" else after
        stage = Stage(
            block=block,
            repeats=choose(f"{name}.repeats", self.repeats),
            channels=max(1, round(width)),
            kernel=choose(f"{name}.kernel", self.kernels),
            stride=stride,
            expansion=expansion,
            se_ratio=se_ratio,
        )
        return stage, after

    def expansions_of(self, block: BlockKind) -> tuple[int, ...]:
        """Those of the options that a block can have; its least one where there is none."""
        low, high = EXPANSIONS[block]
        return tuple(e for e in self.expansions if low <= e <= high) or (low,)

    def at_cost(
        self, proposed: Proposed, macs: float, tolerance: float, native_resolution: int
    ) -> tuple[FamilyMember, float]:
        """The network of the proposed shape nearest to the cost, and its cost over that.

        Its width is scaled; where no width comes within the tolerance, the nearest resolution at
        which one does is taken.
        """
        wanted = proposed.resolution
        furthest = max(1, round(_MOVE * wanted))
        nearest: tuple[float, Architecture, int] | None = None
        for move in sorted(range(-furthest, furthest + 1), key=lambda by: (abs(by), by)):
            resolution = wanted + move
            if not 1 <= resolution <= native_resolution:
                continue
            ratio, width = self._nearest_width(proposed.architecture, resolution, macs)
            if nearest is None or abs(math.log(ratio)) < abs(math.log(nearest[0])):
                scaled = scale_architecture(proposed.architecture, self.rounding, 1.0, width)
                nearest = (ratio, scaled, resolution)
            if abs(ratio - 1) <= tolerance:
                break
        assert nearest is not None
        ratio, architecture, resolution = nearest
        return member_of(architecture, resolution, self.rounding), ratio

    def _nearest_width(
        self, architecture: Architecture, resolution: int, macs: float
    ) -> tuple[float, float]:
        """(cost over `macs`, width multiplier) of the width that comes nearest."""
        rounding, channels = self.rounding, architecture.channels
        low = _FEWEST / _STEM
        high = 2 * low
        while self._macs(architecture, resolution, [high])[0] < macs and high < 2**12:
            high *= 2
        edges = np.r_[low, rounding.width_changes(channels, low, high), high]
        widths = np.sqrt(edges[:-1] * edges[1:])
        costs = self._macs(architecture, resolution, widths) / macs
        best = int(np.argmin(np.abs(np.log(costs))))
        return float(costs[best]), float(widths[best])

    def _macs(
        self, architecture: Architecture, resolution: int, widths: Sequence[float]
    ) -> np.ndarray:
        ones = np.ones(len(widths))
        return price(architecture, resolution, self.rounding, ones, widths, ones).macs

    @property
    def rounding(self) -> FineRounding:
        """Of every network of the space."""
        return FineRounding(channel_divisor=self.channel_divisor)


@dataclass(frozen=True)
class Proposed:
    """A network before it is brought to a cost."""

    architecture: Architecture
    #: In pixels.
    resolution: int


def member_of(architecture: Architecture, resolution: int, rounding: FineRounding) -> FamilyMember:
    """The network as a baseline of its own, unscaled."""
    baseline = ArchitectureBaseline("found", architecture, resolution, rounding)
    return scale_by(baseline, depth_mult=1, width_mult=1, resolution=resolution)
