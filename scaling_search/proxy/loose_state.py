"""What a module holds beside its state_dict, and what a forward pass may change all the same."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def loose_state(network: nn.Module) -> list[dict[str, Any]]:
    """Of each module: buffers that are not persistent, and attributes that are numbers, texts or
    tensors without a gradient. Values, not references."""
    return [
        {name: _value(value) for name, value in _loose(module).items()}
        for module in network.modules()
    ]


def put_loose_state(network: nn.Module, state: list[dict[str, Any]]) -> None:
    """Let a network of the same modules hold what `loose_state` gave."""
    for module, held in zip(network.modules(), state, strict=True):
        for name, value in held.items():
            if name in module._buffers:
                module._buffers[name] = _value(value)
            else:
                vars(module)[name] = _value(value)


def _loose(module: nn.Module) -> dict[str, Any]:
    # A scripted module keeps its attributes elsewhere.
    unkept = getattr(module, "_non_persistent_buffers_set", ())
    buffers = {name: module._buffers[name] for name in sorted(unkept)}
    held = {name: v for name, v in vars(module).items() if name != "training" and _is_loose(v)}
    return {**buffers, **held}


def _is_loose(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.requires_grad and not value.is_meta
    return value is None or type(value) in (bool, int, float, str)


def _value(value: Any) -> Any:
    """Its own copy, in the same layout."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def persistent_buffers(network: nn.Module) -> list[tuple[nn.Module, str]]:
    """Where the buffers of the state_dict are, each distinct one once: a step may replace them."""
    places: dict[int, tuple[nn.Module, str]] = {}
    for module in network.modules():
        unkept = getattr(module, "_non_persistent_buffers_set", ())
        for name, buffer in module._buffers.items():
            if isinstance(buffer, torch.Tensor) and name not in unkept:
                places.setdefault(id(buffer), (module, name))
    return list(places.values())
