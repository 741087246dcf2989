"""The baselines that come with the package: published ones, and siblings for proxy runs of seconds.

Rounding of the published ones: channels to the nearest multiple of 8 but never below 90 % of the
exact value, each stage's repeats to the next whole number, the resolution to the nearest pixel.
That is the EfficientNet authors' code (tensorflow/tpu, models/official/efficientnet). Its channels
are those of MobileNetV2's too (`make_divisible` of tensorflow/models,
research/slim/nets/mobilenet); V1's own code cuts to whole channels of at least 8, which comes to
the same at its published multipliers 0.25, 0.5, 0.75 and 1. Neither of these two papers scales
depth. Of ResNet-50 width scales the stem and the channels inside the bottlenecks, and a block's
output has four times as many (He et al. 2015, Table 1), so that every layer grows with the
multiplier, as in Tan & Le 2019, Table 3; Wide ResNet-50-2 instead doubles the inside alone. Neither
of those papers states a rounding. The deeper networks of He et al. (3, 4, 23, 3 and 3, 8, 36, 3)
deepen two stages only and are no multiples.

The micro siblings have a total stride of 4, which keeps the cost smooth in the resolution: each
stride rounds the size of the feature map up, and every further one makes the staircase steeper.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from scaling_search.scaling import (
    Architecture,
    FineRounding,
    PaperRounding,
    Rounding,
    Stage,
    scale_architecture,
)


class StageTable(NamedTuple):
    """A baseline at phi = 0; whoever loads it sets the classes and channels of the data."""

    architecture: Architecture
    #: In pixels.
    resolution: int
    rounding: Rounding


def _network(
    stem_channels: int,
    stages: tuple[Stage, ...],
    head_channels: int = 0,
    stem_stride: int = 2,
    **more: Any,
) -> Architecture:
    return Architecture(
        stem_channels, stem_stride, stages, head_channels, num_classes=1000, in_channels=3, **more
    )


def _published(architecture: Architecture, keep_last: bool = False) -> StageTable:
    return StageTable(architecture, 224, PaperRounding(keep_last=keep_last))


def _micro(architecture: Architecture, resolution: int = 20) -> StageTable:
    return StageTable(architecture, resolution, FineRounding(channel_divisor=1))


def _mbconv(repeats: int, channels: int, kernel: int, stride: int, expansion: int) -> Stage:
    return Stage("mbconv", repeats, channels, kernel, stride, expansion, se_ratio=0.25)


def _inverted(repeats: int, channels: int, stride: int, expansion: int) -> Stage:
    return Stage("mbconv", repeats, channels, 3, stride, expansion, se_ratio=0)


def _separable(repeats: int, channels: int, stride: int) -> Stage:
    return Stage("separable", repeats, channels, kernel=3, stride=stride, expansion=1, se_ratio=0)


def _bottleneck(repeats: int, channels: int, stride: int) -> Stage:
    return Stage("bottleneck", repeats, channels, kernel=3, stride=stride, expansion=4, se_ratio=0)


#: Tan & Le 2019, Table 1.
_B0 = _network(
    32,
    (
        _mbconv(1, 16, 3, 1, 1),
        _mbconv(2, 24, 3, 2, 6),
        _mbconv(2, 40, 5, 2, 6),
        _mbconv(3, 80, 3, 2, 6),
        _mbconv(3, 112, 5, 1, 6),
        _mbconv(4, 192, 5, 2, 6),
        _mbconv(1, 320, 3, 1, 6),
    ),
    1280,
)

#: Width and depth multipliers and resolution in pixels of B0 to B7 (authors' code).
_B_MEMBERS = (
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 300),
    (1.4, 1.8, 380),
    (1.6, 2.2, 456),
    (1.8, 2.6, 528),
    (2.0, 3.1, 600),
)

#: Howard et al. 2017, Table 1; its last block keeps the size of 7 pixels.
_MOBILENET_V1 = _network(
    32,
    (
        _separable(1, 64, 1),
        _separable(2, 128, 2),
        _separable(2, 256, 2),
        _separable(6, 512, 2),
        _separable(2, 1024, 2),
    ),
    activation="relu",
)

#: Sandler et al. 2018, Table 2; below width 1 the head stays (section 4).
_MOBILENET_V2 = _network(
    32,
    (
        _inverted(1, 16, 1, 1),
        _inverted(2, 24, 2, 6),
        _inverted(3, 32, 2, 6),
        _inverted(4, 64, 2, 6),
        _inverted(3, 96, 1, 6),
        _inverted(3, 160, 2, 6),
        _inverted(1, 320, 1, 6),
    ),
    1280,
    activation="relu6",
)

#: He et al. 2015, Table 1, striding in the 3x3 convolution. The paper strides in the first 1x1, at
#: 3.9 instead of 4.1 billion multiply-adds; today's libraries follow Gross & Wilber 2016
#: (fb.resnet.torch), as the reference figures do.
_RESNET50 = _network(
    64,
    (
        _bottleneck(3, 64, 1),
        _bottleneck(4, 128, 2),
        _bottleneck(6, 256, 2),
        _bottleneck(3, 512, 2),
    ),
    activation="relu",
    stem_kernel=7,
    stem_pool=True,
)

#: What `+sweep=baseline` found on glyphs at 250,000 multiply-adds, docs/proxy_task.md.
_SEARCHED_MICRO = _network(
    10, (_mbconv(2, 20, 3, 2, 1), _mbconv(2, 30, 3, 2, 1)), stem_stride=1, identity_start=True
)

#: At a seven-hundredth of B0's cost; no search chose it, and it is starved of resolution.
_EFFICIENTNET_MICRO = _network(
    10, (_mbconv(4, 10, 3, 1, 2), _mbconv(4, 24, 3, 2, 2)), 96, identity_start=True
)

#: Nothing is added around its blocks, so none can start as the identity. Four blocks, not eight as
#: in efficientnet_micro: without residuals a deeper one of equal cost starts to learn too late for
#: a short run.
_MOBILENET_V1_MICRO = _network(16, (_separable(2, 34, 1), _separable(2, 72, 2)), activation="relu")

#: Expands 3 times.
_MOBILENET_V2_MICRO = _network(
    10, (_inverted(4, 8, 1, 3), _inverted(4, 18, 2, 3)), 96, identity_start=True, activation="relu6"
)

#: The stem is a 3x3 convolution without pooling: as on CIFAR (He et al. 2015, section 4.2), small
#: images have no pixels to spare. Four blocks, of three convolutions each, are as deep as a short
#: run can train: with eight of equal cost it starts to learn too late.
_RESNET50_MICRO = _network(
    16, (_bottleneck(2, 8, 1), _bottleneck(2, 16, 2)), identity_start=True, activation="relu"
)

STAGE_TABLES = {
    **{
        f"efficientnet_b{index}": StageTable(
            scale_architecture(_B0, PaperRounding(), depth_mult, width_mult),
            resolution,
            PaperRounding(),
        )
        for index, (width_mult, depth_mult, resolution) in enumerate(_B_MEMBERS)
    },
    "efficientnet_micro": _micro(_EFFICIENTNET_MICRO),
    "mobilenet_v1": _published(_MOBILENET_V1),
    "mobilenet_v1_micro": _micro(_MOBILENET_V1_MICRO),
    "mobilenet_v2": _published(_MOBILENET_V2, keep_last=True),
    "mobilenet_v2_micro": _micro(_MOBILENET_V2_MICRO),
    "resnet50": _published(_RESNET50),
    "resnet50_micro": _micro(_RESNET50_MICRO),
    "searched_micro": _micro(_SEARCHED_MICRO, 24),
}
