"""Pretrained weights of timm's models, kept where names and shapes agree."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_search.baselines.put_back import generators_put_back
from scaling_search.baselines.timm_lookup import model_of, size_of_images
from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

#: `baseline.pretrained=timm`: the weights that timm itself has for the model.
OWN_WEIGHTS = "timm"


def weights_identity(target: str, pretrained: str) -> str:
    """What stands for the weights: a hash of the file, or timm's name for them."""
    return _own_weights(target) if pretrained == OWN_WEIGHTS else _hash_of_file(pretrained)


def share_pretrained(target: str, network: nn.Module, **call: Any) -> float:
    """Which part of a network's parameters begins with pretrained weights.

    call: resolution, in_channels and pretrained, as it was built with.
    """
    kept = fitting(network, pretrained_weights(target, **call))
    parameters = dict(network.named_parameters())
    begun = sum(p.numel() for name, p in parameters.items() if name in kept)
    return begun / max(1, sum(p.numel() for p in parameters.values()))


def fitting(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights whose names and shapes are those of the network."""
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    return {name: w for name, w in weights.items() if shapes.get(name) == w.shape}


@lru_cache(maxsize=1)
def pretrained_weights(
    target: str, resolution: int, in_channels: int, pretrained: str
) -> dict[str, Tensor]:
    """The pretrained weights of the model as it is, adapted by timm to the size of the images.

    Raises InvalidInput where they cannot be had.
    """
    import timm
    from timm.models import get_pretrained_cfg_value, load_state_dict

    model = model_of(target)
    arguments: dict[str, Any] = {"in_chans": in_channels, **size_of_images(model, resolution)}
    try:
        with generators_put_back():
            if pretrained != OWN_WEIGHTS:
                stored = load_state_dict(pretrained)
                head = get_pretrained_cfg_value(model.name, "classifier")
                weight = stored.get(f"{head}.weight")
                classes = {} if weight is None else {"num_classes": len(weight)}
                arguments |= {"pretrained_cfg_overlay": {"file": pretrained, **classes}, **classes}
            network = timm.create_model(model.name, pretrained=True, **arguments)
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:
        raise InvalidInput(
            f"baseline.pretrained is {pretrained!r}, but timm cannot load it into {model.name} "
            f"({type(error).__name__}: {' '.join(str(error).split())}): give a file of weights of "
            "this model, .safetensors or .pth"
        ) from error
    return {name: tensor.detach() for name, tensor in network.state_dict().items()}


def _own_weights(target: str) -> str:
    """The name of the weights that timm loads for a model."""
    model = model_of(target)
    from timm.models import get_pretrained_cfg

    known = get_pretrained_cfg(model.name)
    if known is None or not known.has_weights:
        raise InvalidInput(
            f"baseline.pretrained is {OWN_WEIGHTS!r}, but timm has no weights of {model.name}: "
            "give a file of them, or leave it out"
        )
    return ".".join(filter(None, (known.architecture or model.name.split(".")[0], known.tag)))


def _hash_of_file(path: str) -> str:
    """Sixteen hexadecimal digits that stand for a file of weights."""
    try:
        status = os.stat(path)
        return _hash(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise InvalidInput(
            f"baseline.pretrained is {path!r}, but no such file can be read: give a file of "
            f"weights, or {OWN_WEIGHTS} for those that timm has"
        ) from error


@lru_cache(maxsize=8)
def _hash(path: str, _size: int, _modified: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
