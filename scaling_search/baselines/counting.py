"""The cost of any torch module, counted while one image passes through it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from scaling_search.scaling import Cost

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d)


def count_cost(network: nn.Module, in_channels: int, resolution: int) -> Cost:
    """Multiply-adds, parameters and activations of one image, as cost.py defines them.

    The module may live on any device; on `meta` nothing is computed.
    """
    parameter = next(network.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    activations = 0

    def add(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal activations
        activations += output.numel()

    hooks = [
        module.register_forward_hook(add)
        for module in network.modules()
        if isinstance(module, _CONVOLUTIONS)
    ]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(torch.empty(1, in_channels, resolution, resolution, device=device))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    params = sum(p.numel() for p in network.parameters())
    return Cost(counter.get_total_flops() // 2, params, activations)
