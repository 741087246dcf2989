"""Which of a network's weights are matrices inside it: Muon's optimizer treats them otherwise."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.conv import _ConvNd


def hidden_matrices(network: nn.Module) -> list[nn.Parameter]:
    """What Muon steps: weights of dense convolutions and linear layers but the last such layer.

    That is the classifier, where a network lists its layers in their order. The kernels of a
    grouped convolution are one small matrix for each group, so AdamW steps them.
    """
    layers = [
        module
        for module in network.modules()
        if isinstance(module, nn.Linear) or (isinstance(module, _ConvNd) and module.groups == 1)
    ]
    # A layer whose weight is computed from other parameters has none of its own.
    weights = [p for layer in layers[:-1] for p in layer.parameters() if p is layer.weight]
    return list({id(p): p for p in weights}.values())
