"""A user's own network as a baseline: found by its import path, priced by counting."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Cost

if TYPE_CHECKING:
    from torch import nn

_SIGNATURE = "(depth_mult, width_mult, resolution, num_classes, in_channels) -> nn.Module"


@dataclass(frozen=True)
class OwnNetwork:
    """One call of a user's function: all that is needed to build the same network anywhere."""

    target: str
    depth_mult: float
    width_mult: float
    num_classes: int
    in_channels: int

    def build(self, resolution: int) -> nn.Module:
        """Call the function; its error is passed on with the arguments that caused it."""
        arguments = {**vars(self), "resolution": resolution}
        function = import_function(arguments.pop("target"))
        try:
            network = function(**arguments)
        except Exception as error:
            raise InvalidInput(
                f"{self.target}({arguments}) failed with {type(error).__name__}: {error}; "
                f"it must have the form {_SIGNATURE}"
            ) from error
        from torch import nn

        if not isinstance(network, nn.Module):
            raise InvalidInput(
                f"{self.target} returned a {type(network).__name__}, but must return an nn.Module"
            )
        return network


def import_function(target: str) -> Callable[..., Any]:
    """The function that an import path such as `my_networks.small_net` names."""
    module_name, _, name = target.rpartition(".")
    if os.getcwd() not in sys.path:
        # `python -m` looks in the working directory; workers and installed commands must too.
        sys.path.insert(0, os.getcwd())
    try:
        function = getattr(importlib.import_module(module_name or name), name)
    except Exception as error:  # a module may fail in any way while it is imported
        raise InvalidInput(
            f"baseline._target_ is {target!r}, but no such function can be imported "
            f"({type(error).__name__}: {error}): "
            f"give module.function of the form {_SIGNATURE}, from the working directory or an "
            "installed package"
        ) from error
    if not callable(function):
        raise InvalidInput(f"baseline._target_ is {target!r}, but that is not a function")
    return function  # type: ignore[no-any-return]


class Priced(NamedTuple):
    """What a network costs, and its name."""

    cost: Cost
    #: Eight hexadecimal digits, equal for equal networks at one resolution.
    id: str


class MissingPrice(InvalidInput):
    """A price that was not kept: what asked for it must not take another network instead."""


#: What tells the price of an own network at a resolution in pixels.
Prices: TypeAlias = Callable[[OwnNetwork, int], Priced]


def count_own_network(network: OwnNetwork, resolution: int) -> Priced:
    """An own network counted on the meta device: no weights, no arithmetic."""
    import torch

    from scaling_search.baselines.counting import count_cost

    with torch.device("meta"):
        module = network.build(resolution)
    try:
        cost = count_cost(module, network.in_channels, resolution)
    except Exception as error:
        raise InvalidInput(
            f"{network.target} cannot be priced: a forward pass of one image of "
            f"({network.in_channels}, {resolution}, {resolution}) failed with "
            f"{type(error).__name__}: {error}"
        ) from error
    shapes = [(name, tuple(p.shape)) for name, p in module.named_parameters()]
    # Its modules and the shapes of its parameters stand for the network.
    signature = repr([network.target, repr(module), shapes, cost])
    return Priced(cost, short_hash(f"{signature} {resolution}"))


def short_hash(content: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(content.encode()).hexdigest()[:8]
