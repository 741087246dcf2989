"""EfficientNet B0 to B7 as published, and a small sibling for proxy runs that take seconds.

Rounding of the published ones: the authors' code (tensorflow/tpu, models/official/efficientnet).
Channels to the nearest multiple of 8 but never below 90 % of the exact value, each stage's repeats
to the next whole number, the resolution to the nearest pixel.
"""

from __future__ import annotations

from scaling_search.scaling import (
    Architecture,
    FineRounding,
    PaperRounding,
    Rounding,
    Stage,
    scale_architecture,
)


def _mbconv(repeats: int, channels: int, kernel: int, stride: int, expansion: int) -> Stage:
    return Stage("mbconv", repeats, channels, kernel, stride, expansion, se_ratio=0.25)


def efficientnet_b0(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """Tan & Le 2019, Table 1, at 224 pixels under the paper's rounding."""
    architecture = Architecture(
        stem_channels=32,
        stem_stride=2,
        stages=(
            _mbconv(1, 16, 3, 1, 1),
            _mbconv(2, 24, 3, 2, 6),
            _mbconv(2, 40, 5, 2, 6),
            _mbconv(3, 80, 3, 2, 6),
            _mbconv(3, 112, 5, 1, 6),
            _mbconv(4, 192, 5, 2, 6),
            _mbconv(1, 320, 3, 1, 6),
        ),
        head_channels=1280,
        num_classes=num_classes,
        in_channels=in_channels,
    )
    return architecture, 224, PaperRounding()


#: Width and depth multipliers and resolution in pixels of B0 to B7 (authors' code).
_MEMBERS = (
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 300),
    (1.4, 1.8, 380),
    (1.6, 2.2, 456),
    (1.8, 2.6, 528),
    (2.0, 3.1, 600),
)


def efficientnet_member(
    index: int, num_classes: int, in_channels: int
) -> tuple[Architecture, int, Rounding]:
    """B0 to B7, as a baseline to be scaled further."""
    width_mult, depth_mult, resolution = _MEMBERS[index]
    b0, _, rounding = efficientnet_b0(num_classes, in_channels)
    return scale_architecture(b0, rounding, depth_mult, width_mult), resolution, rounding


def efficientnet_micro(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """The same blocks at a seven-hundredth of B0's cost; chosen by measurement, docs/proxy_task.md.

    A total stride of 4 keeps the cost smooth in the resolution: each stride rounds the size of the
    feature map up, and every further one makes the staircase steeper.
    """
    architecture = Architecture(
        stem_channels=10,
        stem_stride=2,
        stages=(_mbconv(4, 10, 3, 1, 2), _mbconv(4, 24, 3, 2, 2)),
        head_channels=96,
        num_classes=num_classes,
        in_channels=in_channels,
        identity_start=True,
    )
    return architecture, 20, FineRounding(channel_divisor=1)
