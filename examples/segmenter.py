"""A small segmenter in the manner of U-Net: down, and up again past what was seen on the way."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Stage(nn.Sequential):
    """Some 3x3 convolutions, each but the first added to what it is given."""

    def __init__(self, inputs: int, outputs: int, repeats: int, stride: int = 1) -> None:
        super().__init__(
            conv(inputs, outputs, stride), *(Residual(outputs) for _ in range(repeats))
        )


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        # Starts as the identity: otherwise a short training is the worse the deeper the network.
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Segmenter(nn.Module):
    """Scaled by multiples of the repeats and of the channels of each stage."""

    def __init__(self, depth_mult: float, width_mult: float, num_classes: int) -> None:
        super().__init__()
        widths = [max(2, round(channels * width_mult)) for channels in (8, 16, 32)]
        repeats = [max(1, round(count * depth_mult)) for count in (2, 2, 3)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        before = 3
        for width, count in zip(widths, repeats):
            self.down.append(Stage(before, width, count, stride=2))
            before = width
        for width, count in zip(widths[-2::-1], repeats[-2::-1]):
            self.up.append(Stage(before + width, width, count))
            before = width
        self.head = nn.Conv2d(before, num_classes, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Logits (B, K, H / 2, W / 2)."""
        x, seen = x_BCHW, []
        for stage in self.down:
            x = stage(x)
            seen.append(x)
        for stage, passed in zip(self.up, seen[-2::-1]):
            x = stage(torch.cat([F.interpolate(x, passed.shape[2:]), passed], 1))
        return self.head(x)
