"""MobileNetV1 and V2 as published, and a small sibling of each for proxy runs that take seconds.

Rounding of the published two: channels by the width multiplier to the nearest multiple of 8 but
never below 90 % of the exact value (`make_divisible` of the authors' MobileNetV2 code,
tensorflow/models, research/slim/nets/mobilenet). V1's own code cuts to whole channels of at least
8, which comes to the same at its published multipliers 0.25, 0.5, 0.75 and 1. Neither paper scales
depth; as in EfficientNet, each stage's repeats go to the next whole number. Resolution: to the
nearest pixel.
"""

from __future__ import annotations

from scaling_search.scaling import Architecture, FineRounding, PaperRounding, Rounding, Stage


def _separable(repeats: int, channels: int, stride: int) -> Stage:
    return Stage("separable", repeats, channels, kernel=3, stride=stride, expansion=1, se_ratio=0)


def _inverted(repeats: int, channels: int, stride: int, expansion: int) -> Stage:
    return Stage("mbconv", repeats, channels, 3, stride, expansion, se_ratio=0)


def mobilenet_v1(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """Howard et al. 2017, Table 1, at 224 pixels; its last block keeps the size of 7 pixels."""
    architecture = Architecture(
        stem_channels=32,
        stem_stride=2,
        stages=(
            _separable(1, 64, 1),
            _separable(2, 128, 2),
            _separable(2, 256, 2),
            _separable(6, 512, 2),
            _separable(2, 1024, 2),
        ),
        head_channels=0,
        num_classes=num_classes,
        in_channels=in_channels,
        activation="relu",
    )
    return architecture, 224, PaperRounding()


def mobilenet_v1_micro(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """The same blocks at 20 pixels; nothing is added around them, so none can start as identity.

    Four blocks, not eight as in efficientnet_micro: without residuals a deeper one of equal cost
    starts to learn too late for a short run.
    """
    architecture = Architecture(
        stem_channels=16,
        stem_stride=2,
        stages=(_separable(2, 34, 1), _separable(2, 72, 2)),
        head_channels=0,
        num_classes=num_classes,
        in_channels=in_channels,
        activation="relu",
    )
    return architecture, 20, FineRounding(channel_divisor=1)


def mobilenet_v2(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """Sandler et al. 2018, Table 2, at 224 pixels; below width 1 the head stays (section 4)."""
    architecture = Architecture(
        stem_channels=32,
        stem_stride=2,
        stages=(
            _inverted(1, 16, 1, 1),
            _inverted(2, 24, 2, 6),
            _inverted(3, 32, 2, 6),
            _inverted(4, 64, 2, 6),
            _inverted(3, 96, 1, 6),
            _inverted(3, 160, 2, 6),
            _inverted(1, 320, 1, 6),
        ),
        head_channels=1280,
        num_classes=num_classes,
        in_channels=in_channels,
        activation="relu6",
    )
    return architecture, 224, PaperRounding(keep_last=True)


def mobilenet_v2_micro(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """The same blocks at 20 pixels, expanding 3 times and starting as the identity."""
    architecture = Architecture(
        stem_channels=10,
        stem_stride=2,
        stages=(_inverted(4, 8, 1, 3), _inverted(4, 18, 2, 3)),
        head_channels=96,
        num_classes=num_classes,
        in_channels=in_channels,
        identity_start=True,
        activation="relu6",
    )
    return architecture, 20, FineRounding(channel_divisor=1)
