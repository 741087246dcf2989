"""A small detector in the manner of YOLO: one pass, no anchors, two maps of cells."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Side of a cell of each map in pixels.
STRIDES = (8, 16)


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.SiLU(inplace=True),
        )


class Bottleneck(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            ConvBlock(channels, channels, 1), ConvBlock(channels, channels, 3)
        )
        # Starts as the identity: otherwise a short training is the worse the deeper the network.
        nn.init.zeros_(self.inner[1][1].weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class C3(nn.Module):
    """Half of the channels go through the bottlenecks, half past them."""

    def __init__(self, inputs: int, outputs: int, repeats: int) -> None:
        super().__init__()
        half = outputs // 2
        self.past = ConvBlock(inputs, half)
        self.through = nn.Sequential(
            ConvBlock(inputs, half), *(Bottleneck(half) for _ in range(repeats))
        )
        self.out = ConvBlock(2 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.cat([self.through(x), self.past(x)], 1))


class Detector(nn.Module):
    """Scaled as YOLOv5 is: multiples of the repeats and of the channels."""

    def __init__(self, depth_mult: float, width_mult: float, num_classes: int) -> None:
        super().__init__()

        def wide(channels: int) -> int:
            return max(4, 2 * round(channels * width_mult / 2))

        def deep(repeats: int) -> int:
            return max(1, round(repeats * depth_mult))

        c1, c2, c3, c4 = map(wide, (12, 24, 48, 96))
        self.near = nn.Sequential(
            ConvBlock(3, c1, 3, 2),
            ConvBlock(c1, c2, 3, 2),
            C3(c2, c2, deep(2)),
            ConvBlock(c2, c3, 3, 2),
            C3(c3, c3, deep(4)),
        )
        self.far = nn.Sequential(ConvBlock(c3, c4, 3, 2), C3(c4, c4, deep(4)))
        self.merge = C3(c3 + c4, c3, deep(2))
        self.heads = nn.ModuleList(nn.Conv2d(channels, 4 + num_classes, 1) for channels in (c3, c4))
        for head in self.heads:
            nn.init.constant_(head.bias[4:], -3.0)  # most cells hold nothing

    def forward(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (B, cells, 4) in pixels: left, top, right, bottom; scores (B, cells, K), logits."""
        near = self.near(x_BCHW)
        far = self.far(near)
        merged = self.merge(torch.cat([near, F.interpolate(far, near.shape[2:])], 1))
        maps = [head(x).flatten(2) for head, x in zip(self.heads, (merged, far))]
        out = torch.cat(maps, 2).transpose(1, 2)
        centres, strides = cells(x_BCHW.shape[-1], out.device)
        middles = centres + strides * 2 * out[..., :2].tanh()
        halves = strides / 2 * out[..., 2:4].clamp(-4, 4).exp()
        return torch.cat([middles - halves, middles + halves], -1), out[..., 4:]


def cells(side: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Of a square image: the centres of all cells (cells, 2) and their sides (cells, 1), pixels."""
    centres, strides = [], []
    for stride in STRIDES:
        along = stride * (torch.arange(-(-side // stride), device=device) + 0.5)
        centre = torch.stack(torch.meshgrid(along, along, indexing="xy"), -1).flatten(0, 1)
        centres.append(centre)
        strides.append(torch.full_like(centre[:, :1], stride))
    return torch.cat(centres), torch.cat(strides)
