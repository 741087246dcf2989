"""Transfer as published: Tan & Le 2019 (arXiv:1905.11946), Table 5.

EfficientNets trained on ImageNet and fine-tuned, beside the best network of public weights that the
paper compares on each set. Accuracies are top-1, in percent; of sets whose classes are unbalanced
the paper does not say whether images or classes are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTransfer:
    """A row of the table, one side of it."""

    #: What the paper calls the set.
    data: str
    #: The best of public weights, its accuracy and its millions of parameters.
    other: str
    other_top1: float
    other_params: float
    #: The EfficientNet beside it.
    own: str
    own_top1: float
    own_params: float


PUBLISHED_TRANSFER = (
    PublishedTransfer("CIFAR-10", "NASNet-A", 98.0, 85, "EfficientNet-B0", 98.1, 4),
    PublishedTransfer("CIFAR-100", "NASNet-A", 87.5, 85, "EfficientNet-B0", 88.1, 4),
    PublishedTransfer("Birdsnap", "Inception-v4", 81.8, 41, "EfficientNet-B5", 82.0, 28),
    PublishedTransfer("Stanford Cars", "Inception-v4", 93.4, 41, "EfficientNet-B3", 93.6, 10),
    PublishedTransfer("Flowers", "Inception-v4", 98.5, 41, "EfficientNet-B5", 98.5, 28),
    PublishedTransfer("FGVC Aircraft", "Inception-v4", 90.9, 41, "EfficientNet-B3", 90.7, 10),
    PublishedTransfer("Oxford-IIIT Pets", "ResNet-152", 94.5, 58, "EfficientNet-B4", 94.8, 17),
    PublishedTransfer("Food-101", "Inception-v4", 90.8, 41, "EfficientNet-B4", 91.5, 17),
)
#: The sets by their names on the hub, or those of folders, without what stands before and dashes.
_NAMES = {
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "birdsnap": "Birdsnap",
    "stanfordcars": "Stanford Cars",
    "oxfordflowers": "Flowers",
    "flowers102": "Flowers",
    "fgvcaircraft": "FGVC Aircraft",
    "oxfordiiitpet": "Oxford-IIIT Pets",
    "food101": "Food-101",
}


def published_transfer(data: str) -> PublishedTransfer | None:
    """The row of a set by its name on the hub, or by its folder; None where it is another."""
    name = data.rstrip("/").split("/")[-1].lower().replace("-", "").replace("_", "")
    paper = _NAMES.get(name)
    return next((row for row in PUBLISHED_TRANSFER if row.data == paper), None)
