"""What exported networks need beside their blocks: plain torch, copied as it stands."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def stage(
    block: Any, repeats: int, in_channels: int, channels: int, stride: int, **options: Any
) -> nn.Sequential:
    """A row of equal blocks; only the first one strides and changes the number of channels."""
    first = block(in_channels, channels, stride, **options)
    further = (block(first.out_channels, channels, **options) for _ in range(repeats - 1))
    return nn.Sequential(first, *further)


def initialise(network: nn.Module) -> None:
    """Fan-out scaled normal weights, as in the published EfficientNet."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            bound = 1 / module.out_features**0.5
            nn.init.uniform_(module.weight, -bound, bound)
            nn.init.zeros_(module.bias)


def normalise(images: Tensor) -> Tensor:
    """What the network expects of pixels: bytes, 0 to 255, as numbers around 0."""
    return (images.float() - 127.5) / 64
