"""The networks of STEP 0: what can be chosen, and the architecture that the choices make.

Widths are chosen relative to each other. The width of the whole network, or where its steps are too
coarse its resolution, then brings it to the cost that was asked for, so that no proposal is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scaling_search.baselines import MACS, ArchitectureBaseline, FamilyMember, Quantity, scale_by
from scaling_search.scaling import Architecture, FineRounding, Grid, Stage, scale_architecture
from scaling_search.scaling.architecture import EXPANSIONS, SQUEEZED, Activation, BlockKind
from scaling_search.scaling.rounding import Floats

#: Makes one choice: (name, options) -> one of the options.
Choose = Callable[[str, Sequence[Any]], Any]

#: Channels of the stem before the whole network is brought to its cost, and the fewest after that;
#: the second number only where the first one is too dear at any resolution.
_STEM, _FEWEST = 16, (4, 2)
#: Pixels on a side of the last feature map. A stride that would leave fewer is left out, and one
#: that is needed to come down is put in: wide maps to the end take all the cost there is.
_FEWEST_PIXELS, _MOST_PIXELS = 3, 8
#: How far the resolution may be moved from the chosen one.
_MOVE = 0.5
#: Widths between which the one of a cost is interpolated, over the proposed ones.
_WIDTHS = [2.0**power for power in range(-3, 9)]


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
    #: Whether block, kernel, expansion and squeeze-excitation are chosen once for all stages. Most
    #: published networks are of that kind, and of choices stage by stage few would be.
    alike: tuple[bool, ...]
    stem_strides: tuple[int, ...]
    #: Channels of the head over those of the last stage; 0 leaves the head out.
    heads: tuple[float, ...]
    activations: tuple[Activation, ...]
    resolutions: tuple[int, ...]
    #: Of the channels of every network.
    channel_divisor: int
    #: What networks are brought to an equal amount of.
    quantity: Quantity = MACS

    def propose(self, choose: Choose, num_classes: int, in_channels: int) -> Proposed:
        """A network at full width, of any cost."""
        resolution = choose("resolution", self.resolutions)
        stem_stride = choose("stem.stride", self.stem_strides)
        pixels = -(-resolution // stem_stride)
        count = choose("stages", self.stages)
        alike = choose("stages alike", self.alike)
        stages: list[Stage] = []
        channels = float(_STEM)
        for index in range(1, count + 1):
            most = _MOST_PIXELS * 2 ** (count - index)
            name = f"stage{index}"
            # The first stage's choices exist in every network, so a sampler learns them together.
            block = stages[0] if alike and stages else self._block(choose, name)
            stage, channels = self._stage(choose, name, block, channels, pixels, most)
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

    def _block(self, choose: Choose, name: str) -> Stage:
        """A stage of one block and one channel, whose kind is chosen.

        All is asked of every block, also what it cannot have: a sampler learns little of a choice
        that only some networks have.
        """
        block = choose(f"{name}.block", self.blocks)
        expansion = choose(f"{name}.expansion", self.expansions)
        se_ratio = choose(f"{name}.squeeze-excitation", self.se_ratios)
        return Stage(
            block=block,
            repeats=1,
            channels=1,
            kernel=choose(f"{name}.kernel", self.kernels),
            stride=1,
            expansion=self.nearest_expansion(block, expansion),
            se_ratio=se_ratio if block in SQUEEZED else 0.0,
        )

    def _stage(
        self, choose: Choose, name: str, block: Stage, before: float, pixels: int, most: int
    ) -> tuple[Stage, float]:
        """A stage behind `before` channels at so many pixels, and the channels at its output.

        block: its kind. most: pixels that it may leave.
        """
        stride = choose(f"{name}.stride", self.strides)
        if pixels > most:
            stride = max(stride, 2)
        if -(-pixels // stride) < _FEWEST_PIXELS:
            stride = 1
        after = before * choose(f"{name}.growth", self.growths)
        # Of a bottleneck the channels inside it scale.
        width = after / block.expansion if block.block == "bottleneck" else after
        repeats = choose(f"{name}.repeats", self.repeats)
        return replace(block, repeats=repeats, channels=max(1, round(width)), stride=stride), after

    def nearest_expansion(self, block: BlockKind, expansion: int) -> int:
        """That expansion, or the nearest of the options that the block can have, or its least."""
        low, high = EXPANSIONS[block]
        able = [e for e in self.expansions if low <= e <= high] or [low]
        return min(able, key=lambda e: (abs(e - expansion), e))

    def about(self, proposed: Proposed, amount: float) -> Architecture:
        """About what `at_cost` makes: the width is interpolated, the resolution kept."""
        amounts = self._amounts(proposed.architecture, proposed.resolution, _WIDTHS)
        width = 2 ** np.interp(math.log2(amount), np.log2(amounts), np.log2(_WIDTHS))
        return scale_architecture(proposed.architecture, self.rounding, 1.0, float(width))

    def at_cost(
        self, proposed: Proposed, amount: float, tolerance: float, native_resolution: int
    ) -> tuple[FamilyMember, float]:
        """The network of the proposed shape nearest to the cost, and its cost over that.

        Its width is scaled; where no width comes within the tolerance, the nearest resolution at
        which one does is taken.
        """
        wanted = proposed.resolution
        furthest = max(1, round(_MOVE * wanted))
        moves = sorted(range(-furthest, furthest + 1), key=lambda by: (abs(by), by))
        sizes = [wanted + by for by in moves if 1 <= wanted + by <= native_resolution]
        seen: list[tuple[float, float, int]] = []
        for fewest in _FEWEST:
            for resolution in sizes:
                found = self._nearest_width(proposed.architecture, resolution, amount, fewest)
                seen.append((*found, resolution))
                if abs(found[0] - 1) <= tolerance:
                    return self._member(proposed, *found, resolution)
        return self._member(proposed, *min(seen, key=lambda entry: abs(math.log(entry[0]))))

    def _member(
        self, proposed: Proposed, ratio: float, width: float, resolution: int
    ) -> tuple[FamilyMember, float]:
        architecture = scale_architecture(proposed.architecture, self.rounding, 1.0, width)
        return member_of(architecture, resolution, self.rounding, self.quantity), ratio

    def _nearest_width(
        self, architecture: Architecture, resolution: int, amount: float, fewest: int
    ) -> tuple[float, float]:
        """(cost over `amount`, width multiplier) of the width that comes nearest."""
        rounding, channels = self.rounding, architecture.channels
        low = fewest / _STEM
        least = float(self._amounts(architecture, resolution, [low])[0]) / amount
        if least >= 1:
            return least, low
        high = 2 * low
        while self._amounts(architecture, resolution, [high])[0] < amount and high < 2**12:
            high *= 2
        edges = np.r_[low, rounding.width_changes(channels, low, high), high]
        widths = np.sqrt(edges[:-1] * edges[1:])
        costs = self._amounts(architecture, resolution, widths) / amount
        best = int(np.argmin(np.abs(np.log(costs))))
        return float(costs[best]), float(widths[best])

    def _amounts(
        self, architecture: Architecture, resolution: int, widths: Sequence[float]
    ) -> Floats:
        ones = np.ones(len(widths))
        grid = Grid.of(architecture, resolution, self.rounding, ones, widths, ones)
        return self.quantity.of_grid(grid)

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


def member_of(
    architecture: Architecture, resolution: int, rounding: FineRounding, quantity: Quantity = MACS
) -> FamilyMember:
    """The network as a baseline of its own, unscaled."""
    baseline = ArchitectureBaseline("found", architecture, resolution, rounding, quantity)
    return scale_by(baseline, depth_mult=1, width_mult=1, resolution=resolution)
