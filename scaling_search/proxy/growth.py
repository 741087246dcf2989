"""Trained weights put into another network."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import Tensor, nn

from scaling_search.baselines import Network
from scaling_search.errors import InvalidInput


def take_over(
    module: nn.Module,
    network: Network,
    weights: Mapping[str, Tensor],
    source: Network,
    keep_classifier: bool = True,
) -> None:
    """Let the module of `network`, freshly initialised, have the trained weights of `source`.

    keep_classifier: whether both tell the same classes apart; else the classifier stays fresh, as
    it does where their number differs. Raises InvalidInput where other shapes differ.
    """
    own = module.state_dict()
    fresh: Collection[str] = ()
    if not keep_classifier or network.num_classes != source.num_classes:
        fresh = _classifier(module, network.num_classes)
    taken = {name: tensor for name, tensor in weights.items() if name not in fresh}
    differing = {name for name in own.keys() ^ weights.keys() if name not in fresh}
    differing |= {n for n, t in taken.items() if n in own and own[n].shape != t.shape}
    if differing:
        raise InvalidInput(
            f"the trained weights do not fit the network that is to start from them: "
            f"{sorted(differing)[0]} differs; start from a run of the same network"
        )
    module.load_state_dict(taken, strict=False)


def _classifier(module: nn.Module, num_classes: int) -> set[str]:
    """The tensors of the last layer that has a row of weights for each class."""
    found: set[str] = set()
    for name, layer in module.named_modules():
        weight = layer._parameters.get("weight")
        if weight is not None and weight.ndim > 1 and len(weight) == num_classes:
            found = {f"{name}.{key}" if name else key for key in layer.state_dict()}
    return found
