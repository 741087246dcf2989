"""The blocks of which exported networks are written: plain torch, copied as they stand.

`model_source.py` copies those that a network needs, with those of plain_network.py, into its
model.py, where nothing else of this package is. They compute what `baselines/network.py` computes,
to the last bit. Names and shapes of parameters are those of timm's EfficientNets and MobileNets,
and of torchvision's ResNets.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Behind convolutions; each model.py names its own.
Activation: Any = nn.SiLU


def conv(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """A convolution without bias; of a map of n pixels it gives n / stride, rounded up."""
    return nn.Conv2d(
        in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False
    )


def drop_path(x: Tensor, rate: float) -> Tensor:
    """Stochastic depth (Huang et al. 2016): each image keeps or skips a whole block."""
    keep = 1 - rate
    mask = torch.rand((len(x), 1, 1, 1), device=x.device) < keep
    return x * (mask.to(x.dtype) / keep)


class PooledConv(nn.Conv2d):
    """A 1x1 convolution of a (B, C, 1, 1) map, as a matrix product."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.flatten(1), self.weight.flatten(1), self.bias)[:, :, None, None]


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate in (0, 1) (Hu et al. 2018)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.conv_reduce = PooledConv(channels, squeezed, 1)
        self.act = Activation()
        self.conv_expand = PooledConv(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.sum((2, 3), keepdim=True) / (x.shape[2] * x.shape[3])
        gate = self.conv_expand(self.act(self.conv_reduce(pooled))).sigmoid()
        return x * gate


class DepthwiseSeparable(nn.Module):
    """An inverted residual that expands nothing: depthwise, squeeze-excitation, pointwise."""

    def __init__(
        self, in_channels: int, channels: int, stride: int = 1, *, kernel: int, se_ratio: float = 0
    ) -> None:
        super().__init__()
        self.out_channels = channels
        self.residual = stride == 1 and in_channels == channels
        self.drop_path = 0.0
        self.conv_dw = conv(in_channels, in_channels, kernel, stride, groups=in_channels)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.act = Activation()
        squeezed = max(1, int(in_channels * se_ratio))
        self.se = SqueezeExcitation(in_channels, squeezed) if se_ratio else nn.Identity()
        self.conv_pw = conv(in_channels, channels, 1)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv_dw(x)))
        out = self.bn2(self.conv_pw(self.se(out)))
        if not self.residual:
            return out
        if self.training and self.drop_path > 0:
            out = drop_path(out, self.drop_path)
        return x + out


class InvertedResidual(nn.Module):
    """MBConv (Sandler et al. 2018, Tan & Le 2019): expand, depthwise, squeeze-excitation, project.

    The squeeze has `se_ratio` times the channels at the block's input.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        *,
        kernel: int,
        expansion: int,
        se_ratio: float = 0,
    ) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.out_channels = channels
        self.residual = stride == 1 and in_channels == channels
        self.drop_path = 0.0
        self.conv_pw = conv(in_channels, inner, 1)
        self.bn1 = nn.BatchNorm2d(inner)
        self.act = Activation()
        self.conv_dw = conv(inner, inner, kernel, stride, groups=inner)
        self.bn2 = nn.BatchNorm2d(inner)
        squeezed = max(1, int(in_channels * se_ratio))
        self.se = SqueezeExcitation(inner, squeezed) if se_ratio else nn.Identity()
        self.conv_pwl = conv(inner, channels, 1)
        self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv_pw(x)))
        out = self.act(self.bn2(self.conv_dw(out)))
        out = self.bn3(self.conv_pwl(self.se(out)))
        if not self.residual:
            return out
        if self.training and self.drop_path > 0:
            out = drop_path(out, self.drop_path)
        return x + out


class FusedInvertedResidual(nn.Module):
    """Fused-MBConv (Tan & Le 2021): one full convolution expands and sees the neighbourhood."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        *,
        kernel: int,
        expansion: int,
        se_ratio: float = 0,
    ) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.out_channels = channels
        self.residual = stride == 1 and in_channels == channels
        self.drop_path = 0.0
        self.conv_exp = conv(in_channels, inner, kernel, stride)
        self.bn1 = nn.BatchNorm2d(inner)
        self.act = Activation()
        squeezed = max(1, int(in_channels * se_ratio))
        self.se = SqueezeExcitation(inner, squeezed) if se_ratio else nn.Identity()
        self.conv_pwl = conv(inner, channels, 1)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv_exp(x)))
        out = self.bn2(self.conv_pwl(self.se(out)))
        if not self.residual:
            return out
        if self.training and self.drop_path > 0:
            out = drop_path(out, self.drop_path)
        return x + out


class Separable(nn.Module):
    """A depthwise and a pointwise convolution (Howard et al. 2017); nothing is added."""

    def __init__(self, in_channels: int, channels: int, stride: int = 1, *, kernel: int) -> None:
        super().__init__()
        self.out_channels = channels
        self.conv_dw = conv(in_channels, in_channels, kernel, stride, groups=in_channels)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.act = Activation()
        self.conv_pw = conv(in_channels, channels, 1)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv_dw(x)))
        return self.act(self.bn2(self.conv_pw(out)))


class BasicBlock(nn.Module):
    """A residual of two convolutions (He et al. 2015, Figure 5).

    A stride is given to the first block of a stage, which projects its input.
    """

    def __init__(
        self, in_channels: int, channels: int, stride: int | None = None, *, kernel: int
    ) -> None:
        super().__init__()
        self.out_channels = channels
        self.drop_path = 0.0
        self.conv1 = conv(in_channels, channels, kernel, stride or 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.act = Activation()
        self.conv2 = conv(channels, channels, kernel)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride is not None:
            self.downsample = nn.Sequential(
                conv(in_channels, channels, 1, stride), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.training and self.drop_path > 0:
            out = drop_path(out, self.drop_path)
        return self.act((x if self.downsample is None else self.downsample(x)) + out)


class Bottleneck(nn.Module):
    """A residual of three convolutions (He et al. 2015, Figure 5), striding in the middle one.

    `channels` are those inside it; its output has `expansion` times as many. A stride is given to
    the first block of a stage, which projects its input.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int | None = None,
        *,
        kernel: int,
        expansion: int,
    ) -> None:
        super().__init__()
        self.out_channels = out_channels = channels * expansion
        self.drop_path = 0.0
        self.conv1 = conv(in_channels, channels, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.act = Activation()
        self.conv2 = conv(channels, channels, kernel, stride or 1)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = conv(channels, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride is not None:
            self.downsample = nn.Sequential(
                conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv1(x)))
        out = self.act(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.training and self.drop_path > 0:
            out = drop_path(out, self.drop_path)
        return self.act((x if self.downsample is None else self.downsample(x)) + out)
