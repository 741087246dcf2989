"""ResNet-50 as it is trained today, and a small sibling for proxy runs that take seconds.

Rounding of ResNet-50: width scales the stem and the channels inside the bottlenecks, to the nearest
multiple of 8 but never below 90 % of the exact value, and a block's output has four times as many
(He et al. 2015, Table 1), so that every layer grows with the multiplier, as in Tan & Le 2019,
Table 3; Wide ResNet-50-2 instead doubles the inside alone. Neither paper states a rounding: it is
that of the other published baselines. Repeats of each stage go to the next whole number; the deeper
networks of He et al. (3, 4, 23, 3 and 3, 8, 36, 3) deepen two stages only and are no multiples.
Resolution: to the nearest pixel.
"""

from __future__ import annotations

from scaling_search.scaling import Architecture, FineRounding, PaperRounding, Rounding, Stage


def _bottleneck(repeats: int, channels: int, stride: int) -> Stage:
    return Stage("bottleneck", repeats, channels, kernel=3, stride=stride, expansion=4, se_ratio=0)


def resnet50(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """He et al. 2015, Table 1, at 224 pixels, striding in the 3x3 convolution.

    The paper strides in the first 1x1, at 3.9 instead of 4.1 billion multiply-adds; today's
    libraries follow Gross & Wilber 2016 (fb.resnet.torch), as the reference figures do.
    """
    architecture = Architecture(
        stem_channels=64,
        stem_stride=2,
        stages=(
            _bottleneck(3, 64, 1),
            _bottleneck(4, 128, 2),
            _bottleneck(6, 256, 2),
            _bottleneck(3, 512, 2),
        ),
        head_channels=0,
        num_classes=num_classes,
        in_channels=in_channels,
        activation="relu",
        stem_kernel=7,
        stem_pool=True,
    )
    return architecture, 224, PaperRounding()


def resnet50_micro(num_classes: int, in_channels: int) -> tuple[Architecture, int, Rounding]:
    """The same blocks at 20 pixels, starting as the identity.

    The stem is a 3x3 convolution without pooling: as on CIFAR (He et al. 2015, section 4.2), small
    images have no pixels to spare. Four blocks, of three convolutions each, are as deep as a short
    run can train: with eight of equal cost it starts to learn too late.
    """
    architecture = Architecture(
        stem_channels=16,
        stem_stride=2,
        stages=(_bottleneck(2, 8, 1), _bottleneck(2, 16, 2)),
        head_channels=0,
        num_classes=num_classes,
        in_channels=in_channels,
        identity_start=True,
        activation="relu",
    )
    return architecture, 20, FineRounding(channel_divisor=1)
