"""Single dimensions against compound scaling on ImageNet, as published.

Tan & Le 2019 (arXiv:1905.11946), Table 3 (MobileNets, ResNet-50) and Table 7 (EfficientNet-B0).
FLOPS are multiply-adds of one 224 px image of the baseline, as the paper prints them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A row of the paper's tables."""

    baseline: str
    #: baseline, depth, width, resolution or compound.
    series: str
    #: Multiply-adds, in billions.
    flops: float
    #: ImageNet top-1 accuracy, percent.
    top1: float


PUBLISHED = (
    Published("efficientnet_b0", "baseline", 0.4, 77.3),
    Published("efficientnet_b0", "depth", 1.8, 79.0),
    Published("efficientnet_b0", "width", 1.8, 78.9),
    Published("efficientnet_b0", "resolution", 1.9, 79.1),
    Published("efficientnet_b0", "compound", 1.8, 81.1),
    Published("mobilenet_v1", "baseline", 0.6, 70.6),
    Published("mobilenet_v1", "width", 2.2, 74.2),
    Published("mobilenet_v1", "resolution", 2.2, 72.7),
    Published("mobilenet_v1", "compound", 2.3, 75.6),
    Published("mobilenet_v2", "baseline", 0.3, 72.0),
    Published("mobilenet_v2", "depth", 1.2, 76.8),
    Published("mobilenet_v2", "width", 1.1, 76.4),
    Published("mobilenet_v2", "resolution", 1.2, 74.8),
    Published("mobilenet_v2", "compound", 1.3, 77.4),
    Published("resnet50", "baseline", 4.1, 76.0),
    Published("resnet50", "depth", 16.2, 78.1),
    Published("resnet50", "width", 14.7, 77.7),
    Published("resnet50", "resolution", 16.4, 77.5),
    Published("resnet50", "compound", 16.7, 78.8),
)


def published(baseline: str, series: str) -> Published | None:
    """The row of a baseline, or of the one that a micro baseline is the small sibling of."""
    family = baseline.removesuffix("_micro")
    family = {"efficientnet": "efficientnet_b0"}.get(family, family)
    return next((p for p in PUBLISHED if (p.baseline, p.series) == (family, series)), None)
