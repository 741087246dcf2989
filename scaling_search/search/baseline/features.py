"""A network as numbers: its choices, each in a unit that can be said in a phrase, and what the cost
leaves for its sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import Bools, Floats
from scaling_search.scaling import Architecture
from scaling_search.scaling.architecture import SQUEEZED


@dataclass(frozen=True)
class Choice:
    """One number of a network; its unit is what the phrase says."""

    #: What one unit more is, at equal cost.
    phrase: str
    #: Of (architecture, resolution in px).
    value: Callable[[Architecture, int], float]


def _share(count: int, architecture: Architecture) -> float:
    return count / len(architecture.stages)


def _block_share(block: str) -> Callable[[Architecture, int], float]:
    return lambda a, _: _share(sum(s.block == block for s in a.stages), a)


def _outputs(architecture: Architecture) -> list[int]:
    """Channels behind each stage."""
    return [
        s.channels * (s.expansion if s.block == "bottleneck" else 1) for s in architecture.stages
    ]


def _mean_log2(values: Sequence[float]) -> float:
    return float(np.mean(np.log2(values)))


CHOICES = (
    Choice("fused_mbconv instead of mbconv blocks", _block_share("fused_mbconv")),
    Choice("basic instead of mbconv blocks", _block_share("basic")),
    Choice("bottleneck instead of mbconv blocks", _block_share("bottleneck")),
    Choice("separable instead of mbconv blocks", _block_share("separable")),
    Choice("twice the resolution", lambda _, px: math.log2(px)),
    Choice("twice the blocks", lambda a, _: math.log2(sum(a.repeats))),
    Choice("one stage more of as many blocks in all", lambda a, _: len(a.stages)),
    Choice("twice the stride in all", lambda a, _: math.log2(a.total_stride)),
    Choice("stride 2 in the stem", lambda a, _: float(a.stem_stride > 1)),
    Choice("kernels of twice the side", lambda a, _: _mean_log2([s.kernel for s in a.stages])),
    Choice("twice the expansion", lambda a, _: _mean_log2([s.expansion for s in a.stages])),
    Choice(
        "squeeze-excitation where there can be",
        lambda a, _: _share(sum(s.block in SQUEEZED and s.se_ratio > 0 for s in a.stages), a),
    ),
    Choice(
        "twice the channels of the last stage over the stem's",
        lambda a, _: math.log2(_outputs(a)[-1] / a.stem_channels),
    ),
    Choice(
        "a head of twice the channels",
        lambda a, _: math.log2(1 + a.head_channels / _outputs(a)[-1]),
    ),
    Choice("relu instead of silu", lambda a, _: float(a.activation == "relu")),
)


def _pixels(architecture: Architecture, resolution: int) -> list[int]:
    """On a side, behind each stage."""
    pixels, left = -(-resolution // architecture.stem_stride), []
    for stage in architecture.stages:
        pixels = -(-pixels // stage.stride)
        left.append(pixels)
    return left


def sizes_of(architecture: Architecture, resolution: int) -> tuple[float, float]:
    """log2 of the last stage's channels, and of a block's pixels on a side, on average.

    At one cost they follow from the choices, but not by adding up what each choice does. Of 345
    networks of the default space, trained on glyphs, a Gaussian process foretells the log error of
    the one left out to .16 by choices and sizes, and to .22 by choices alone.
    """
    pixels = np.log2(_pixels(architecture, resolution))
    return (
        math.log2(_outputs(architecture)[-1]),
        float(np.average(pixels, weights=architecture.repeats)),
    )


def choices_of(
    networks: Sequence[tuple[Architecture, int]], proposed: Bools
) -> tuple[list[Choice], Floats]:
    """The choices in which the proposed networks (architecture, px) differ, and the values (n, p)
    of all."""
    table = np.array([[choice.value(*network) for choice in CHOICES] for network in networks])
    differ = np.flatnonzero(np.ptp(table[proposed], axis=0) > 0)
    return [CHOICES[i] for i in differ], table[:, differ]
