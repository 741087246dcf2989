"""The torch modules that an architecture stands for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from scaling_search.scaling import Architecture
from scaling_search.scaling.architecture import Activation
from scaling_search.scaling.layers import BlockLayers, Conv, Layer, MaxPool, network_layers

_ACTIVATIONS = {"silu": nn.SiLU, "relu": nn.ReLU, "relu6": nn.ReLU6}


def _sequence(layers: Sequence[Layer], activation: Activation) -> nn.Sequential:
    modules: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, Conv):
            inputs, outputs = int(layer.in_channels), int(layer.out_channels)
            kernel, groups = layer.kernel, inputs if layer.depthwise else 1
            modules += [
                # An odd kernel padded by half its width gives ceil(size / stride) pixels.
                nn.Conv2d(
                    inputs, outputs, kernel, layer.stride, kernel // 2, groups=groups, bias=False
                ),
                nn.BatchNorm2d(outputs),
            ]
            if layer.activate:
                # In place SiLU would be slower: its gradient needs the input, so torch copies that.
                modules.append(_ACTIVATIONS[activation](inplace=activation != "silu"))
        elif isinstance(layer, MaxPool):
            modules.append(nn.MaxPool2d(layer.kernel, layer.stride, layer.kernel // 2))
        else:
            modules.append(Gate(int(layer.channels), int(layer.squeezed), activation))
    return nn.Sequential(*modules)


class PooledConv(nn.Conv2d):
    """A 1x1 convolution of a (B, C, 1, 1) map, as a matrix product: half the time on a CPU."""

    def forward(self, x_BC11: Tensor) -> Tensor:
        out_BC: Tensor = nn.functional.linear(x_BC11.flatten(1), self.weight.flatten(1), self.bias)
        return out_BC[:, :, None, None]


class Gate(nn.Module):
    """Squeeze-excitation (Hu et al. 2018): scales each channel by a gate in (0, 1)."""

    def __init__(self, channels: int, squeezed: int, activation: Activation) -> None:
        super().__init__()
        self.squeeze = PooledConv(channels, squeezed, 1)
        self.activation = _ACTIVATIONS[activation]()
        self.excite = PooledConv(squeezed, channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        # The mean, but unlike its gradient that of a sum is not written out for every pixel.
        pooled = x_BCHW.sum((2, 3), keepdim=True) / (x_BCHW.shape[2] * x_BCHW.shape[3])
        gate: Tensor = self.excite(self.activation(self.squeeze(pooled))).sigmoid()
        return x_BCHW * gate


class Block(nn.Module):
    """One block; its input, projected where the shapes differ, is added where it is residual."""

    def __init__(
        self, block: BlockLayers, activation: Activation, identity_start: bool, drop_path: float
    ) -> None:
        super().__init__()
        self.layers = _sequence(block.layers, activation)
        self.residual = block.residual
        self.projection = _sequence([block.projection] if block.projection else [], activation)
        self.activate_sum = _ACTIVATIONS[activation]() if block.activate_sum else nn.Identity()
        self.drop_path = drop_path
        if identity_start and block.projection is None:
            self.begin_as_identity()

    def begin_as_identity(self) -> None:
        """Set the last scales to 0 where the block is residual: it then gives what it gets."""
        last = self.layers[-1]
        if self.residual and isinstance(last, nn.BatchNorm2d):
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
        return self.activate_sum(self.projection(x_BCHW) + out)  # type: ignore[no-any-return]


class ConvNet(nn.Module):
    """(B, in_channels, resolution, resolution) -> (B, num_classes) logits."""

    def __init__(
        self, architecture: Architecture, dropout: float = 0.0, stochastic_depth: float = 0.0
    ) -> None:
        super().__init__()
        layers = network_layers(architecture, architecture.channels)
        activation = architecture.activation
        self.stem = _sequence(layers.stem, activation)
        blocks: list[nn.Module] = []
        total = sum(architecture.repeats)
        for (first, further), repeats in zip(layers.stages, architecture.repeats):
            for index in range(repeats):
                # The rate grows from 0 at the first block (Tan & Le 2019, section 5.2).
                drop_path = stochastic_depth * len(blocks) / total
                block = first if index == 0 else further
                blocks.append(Block(block, activation, architecture.identity_start, drop_path))
        self.blocks = nn.Sequential(*blocks)
        self.head = _sequence(layers.head, activation)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(int(layers.features), architecture.num_classes)
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
            bound = 1 / module.out_features**0.5
            nn.init.uniform_(module.weight, -bound, bound)
            nn.init.zeros_(module.bias)
