"""The recipe's optimizer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from scaling_search.baselines.matrices import hidden_matrices
from scaling_search.proxy.recipe import Recipe

#: Under muon, the learning rate of what AdamW steps over that of the matrices.
ADAMW_PER_MUON = 0.6


def make_optimizers(network: nn.Module, recipe: Recipe) -> tuple[torch.optim.Optimizer, ...]:
    """Optimizers that step together, with weight decay on matrices and kernels only.

    Each of their groups has a `share` of the recipe's learning rate.
    """
    rate, momentum = recipe.learning_rate, recipe.momentum
    parameters = list(network.parameters())
    # The fused steps, which are faster, take no complex numbers.
    fused = all(p.is_floating_point() for p in parameters)
    if recipe.optimizer == "muon":
        matrices = hidden_matrices(network)
        taken = {id(p) for p in matrices}
        rest = _groups([p for p in parameters if id(p) not in taken], recipe, ADAMW_PER_MUON)
        adamw = torch.optim.AdamW(rest, lr=rate, fused=fused)
        if not matrices:
            return (adamw,)
        return KernelMuon(_groups(matrices, recipe), rate, momentum), adamw
    groups = _groups(parameters, recipe)
    if recipe.optimizer == "adamw":
        return (torch.optim.AdamW(groups, lr=rate, fused=fused),)
    if recipe.optimizer == "sgd":
        return (torch.optim.SGD(groups, lr=rate, momentum=momentum, nesterov=True, fused=fused),)
    # Decay 0.9 and epsilon 0.001 are the published settings.
    return (torch.optim.RMSprop(groups, lr=rate, alpha=0.9, momentum=momentum, eps=1e-3),)


def _groups(parameters: list[nn.Parameter], recipe: Recipe, share: float = 1.0) -> Any:
    kernels = [p for p in parameters if p.ndim > 1]
    others = [p for p in parameters if p.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": recipe.weight_decay, "share": share},
        {"params": others, "weight_decay": 0.0, "share": share},
    ]


class KernelMuon(torch.optim.Muon):
    """torch's Muon, which takes matrices only, on kernels: (outputs, all other axes) each."""

    def __init__(self, groups: Any, rate: float, momentum: float) -> None:
        # torch looks at the shapes of the groups that it is given here, and flattened they fit.
        super().__init__([{"params": []}], lr=rate, momentum=momentum)
        self.param_groups.clear()
        for group in groups:
            self.add_param_group(group)

    def _init_group(self, group: Any, *lists: list[Tensor]) -> bool:
        """Fill the lists of parameters, gradients and momenta that a step works on, as matrices."""
        has_complex = super()._init_group(group, *lists)
        # Autograd gives a gradient the layout of its parameter, and the momentum takes it over.
        orders = [_order(parameter) for parameter in lists[0]]
        for tensors in lists:
            tensors[:] = [t.permute(o).view(len(t), -1) for t, o in zip(tensors, orders)]
        return has_complex


def _order(kernel: Tensor) -> tuple[int, ...]:
    """The axes of a kernel as they lie in memory, so that flattening it copies nothing.

    Orthogonalising does not depend on the order of columns.
    """
    if kernel.ndim == 4 and kernel.is_contiguous(memory_format=torch.channels_last):
        return 0, 2, 3, 1
    return tuple(range(kernel.ndim))
