"""The torch modules that an architecture stands for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scaling_search.scaling import Architecture
from scaling_search.scaling.layers import Conv, SqueezeExcitation, block_layers


def _conv(layer: Conv) -> list[nn.Module]:
    inputs, outputs = int(layer.in_channels), int(layer.out_channels)
    modules: list[nn.Module] = [
        nn.Conv2d(
            inputs,
            outputs,
            layer.kernel,
            layer.stride,
            # An odd kernel padded by half its width gives ceil(size / stride) pixels.
            padding=layer.kernel // 2,
            groups=inputs if layer.depthwise else 1,
            bias=False,
        ),
        nn.BatchNorm2d(outputs),
    ]
    if layer.activate:
        modules.append(nn.SiLU(inplace=True))
    return modules


class PooledConv(nn.Conv2d):
    """A 1x1 convolution of a (B, C, 1, 1) map, as a matrix product: half the time on a CPU."""

    def forward(self, x_BC11: Tensor) -> Tensor:
        out_BC: Tensor = nn.functional.linear(x_BC11.flatten(1), self.weight.flatten(1), self.bias)
        return out_BC[:, :, None, None]


class Gate(nn.Module):
    """Squeeze-excitation (Hu et al. 2018): scales each channel by a gate in (0, 1)."""

    def __init__(self, layer: SqueezeExcitation) -> None:
        super().__init__()
        channels, squeezed = int(layer.channels), int(layer.squeezed)
        self.squeeze = PooledConv(channels, squeezed, 1)
        self.excite = PooledConv(squeezed, channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        pooled = x_BCHW.mean((2, 3), keepdim=True)
        gate: Tensor = self.excite(nn.functional.silu(self.squeeze(pooled))).sigmoid()
        return x_BCHW * gate


class Block(nn.Module):
    """One block; residual where its input and output have the same shape."""

    def __init__(
        self,
        layers: tuple[Conv | SqueezeExcitation, ...],
        residual: bool,
        identity_start: bool,
        drop_path: float,
    ) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        for layer in layers:
            modules += _conv(layer) if isinstance(layer, Conv) else [Gate(layer)]
        self.layers = nn.Sequential(*modules)
        self.residual = residual
        self.drop_path = drop_path
        last = modules[-1]
        if residual and identity_start and isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out: Tensor = self.layers(x_BCHW)
        if not self.residual:
            return out
        if self.training and self.drop_path > 0:
            # Stochastic depth (Huang et al. 2016): each image keeps or skips the whole block.
            keep = 1 - self.drop_path
            mask = torch.rand((len(out), 1, 1, 1), device=out.device) < keep
            out = out * (mask.to(out.dtype) / keep)
        return x_BCHW + out


class ConvNet(nn.Module):
    """(B, in_channels, resolution, resolution) -> (B, num_classes) logits."""

    def __init__(
        self, architecture: Architecture, dropout: float = 0.0, stochastic_depth: float = 0.0
    ) -> None:
        super().__init__()
        stem, *_, head = architecture.channels
        self.stem = nn.Sequential(
            *_conv(Conv(architecture.in_channels, stem, 3, architecture.stem_stride))
        )
        blocks: list[nn.Module] = []
        before, total = stem, sum(architecture.repeats)
        for stage in architecture.stages:
            for index in range(stage.repeats):
                stride = stage.stride if index == 0 else 1
                blocks.append(
                    Block(
                        block_layers(stage, before, stage.channels, stride),
                        residual=stride == 1 and before == stage.channels,
                        identity_start=architecture.identity_start,
                        # The rate grows from 0 at the first block (Tan & Le 2019, section 5.2).
                        drop_path=stochastic_depth * len(blocks) / total,
                    )
                )
                before = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(*_conv(Conv(before, head, 1)))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(head, architecture.num_classes)
        _initialise(self)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        features = self.head(self.blocks(self.stem(x_BCHW))).mean((2, 3))
        return self.classifier(self.dropout(features))  # type: ignore[no-any-return]


def _initialise(network: nn.Module) -> None:
    """Fan-out scaled normal weights, as in the published EfficientNet."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.uniform_(
                module.weight, -1 / module.out_features**0.5, 1 / module.out_features**0.5
            )
            nn.init.zeros_(module.bias)
