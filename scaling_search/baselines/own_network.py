"""A user's own network as a baseline: one call of a function, priced by counting."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from scaling_search.baselines.own_code import place_of
from scaling_search.baselines.own_function import (
    SIGNATURE,
    code_of_function,
    how_to_go_on,
    import_function,
)
from scaling_search.baselines.put_back import (
    generators_put_back,
    seed_generators,
    settings_put_back,
)
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.baselines.timm_models import timm_plan
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Cost

if TYPE_CHECKING:
    from torch import nn


#: How a module of the user's fails: it may also end the program.
FAILURES = (Exception, SystemExit)


@dataclass(frozen=True)
class OwnNetwork:
    """One call of a user's function: all that is needed to build the same network anywhere."""

    target: str
    depth_mult: float
    width_mult: float
    num_classes: int
    in_channels: int
    #: Stands for the code of the function; empty where it is not known, as in studies of old.
    code: str = ""
    #: Of a model of timm the weights that it begins with: a file, or `timm`. Where they lie is not
    #: part of what it is, what they are is part of its code.
    pretrained: str = ""

    @property
    def known_by(self) -> dict[str, Any]:
        """What tells it from other networks of one study, whose code and weights are the same."""
        return {name: v for name, v in vars(self).items() if name not in ("code", "pretrained")}

    def build(self, resolution: int, **more: float) -> nn.Module:
        """Call the function; its error is passed on with the arguments that caused it.

        The weights of lazy layers are drawn too. more: arguments that only some functions take.
        Raises InvalidInput.
        """
        function = import_function(self.target)
        if self.code and code_of_function(self.target, self.pretrained) != self.code:
            raise MissingPrice(
                f"the code of {self.target} is not that of the study: "
                f"{how_to_go_on(self.target)}, or make another study with fresh=true or another "
                "name="
            )
        arguments = {**self.known_by, "resolution": resolution, **more}
        del arguments["target"]
        if self.pretrained:
            arguments["pretrained"] = self.pretrained
        from torch import nn

        with settings_put_back():
            try:
                network = function(**arguments)
            except (KeyboardInterrupt, InvalidInput):
                raise
            except BaseException as error:
                raise InvalidInput(
                    f"{self.target}({arguments}) failed with {said(error)}; it must have the form "
                    f"{SIGNATURE}"
                ) from error
            if not isinstance(network, nn.Module):
                raise InvalidInput(
                    f"{self.target} returned a {type(network).__name__}, but must return an "
                    "nn.Module"
                )
            try:
                _draw_lazy_weights(network, self.in_channels, resolution)
            except FAILURES as error:
                raise InvalidInput(
                    f"{self.target}({arguments}) has lazy layers, and a pass of images of "
                    f"({self.in_channels}, {resolution}, {resolution}), from which they learn "
                    f"their shapes, failed with {said(error)}"
                ) from error
        return network

    def __str__(self) -> str:
        return f"{self.target} at depth x{self.depth_mult:.4g}, width x{self.width_mult:.4g}"


def said(error: BaseException) -> str:
    """An error of the user's code in a line, with its place."""
    place, text = place_of(error), " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" + (f" ({place})" if place else "")


def _draw_lazy_weights(network: nn.Module, in_channels: int, resolution: int) -> None:
    """A lazy layer learns its shape, and draws its weights, when first something passes."""
    import torch
    from torch.nn.parameter import is_lazy

    tensors = [*network.parameters(), *network.buffers()]
    if not any(map(is_lazy, tensors)):
        return
    was_training = network.training
    network.eval()
    x_BCHW = torch.zeros(2, in_channels, resolution, resolution, device=tensors[0].device)
    with torch.no_grad():
        network(x_BCHW)
    network.train(was_training)


class Priced(NamedTuple):
    """What a network costs, and its name."""

    cost: Cost
    #: Eight hexadecimal digits, equal for equal networks at one resolution.
    id: str
    #: Why there is no such network, where it cannot be built: then there is no price either.
    fault: str = ""
    #: Bytes at the worst moment, where a budget asks for memory; 0: not counted.
    memory: int = 0

    def required(self) -> Priced:
        """The price. Raises InvalidInput where there is none."""
        if self.fault:
            raise InvalidInput(self.fault)
        return self


class MissingPrice(InvalidInput):
    """A price that is not known: what asked for it must not take another network instead."""


#: What tells the price of an own network at a resolution in pixels.
Prices: TypeAlias = Callable[[OwnNetwork, int], Priced]


#: What timm's networks cost by what is built: many multipliers are rounded to the same network.
_KNOWN: dict[tuple[Any, ...], Priced] = {}


def count_own_network(network: OwnNetwork, resolution: int) -> Priced:
    """What counting gives. Of timm's networks each is counted once, whatever was asked for."""
    if not is_timm(network.target):
        return _count(network, resolution)
    plan = timm_plan(network.target, network.depth_mult, network.width_mult)
    called = (network.target, network.code, network.num_classes, network.in_channels, resolution)
    if (*called, plan) not in _KNOWN:
        priced = _count(network, resolution)
        if priced.fault:
            return priced  # It speaks of these multipliers.
        _KNOWN[(*called, plan)] = priced
    return _KNOWN[(*called, plan)]


def _count(network: OwnNetwork, resolution: int) -> Priced:
    """An own network counted while one image passes: on the meta device, else on the CPU.

    On the meta device there are no weights and no arithmetic, which some constructors, and some
    forward passes, cannot do without. Where it fails there too, the price is the reason why.
    """
    try:
        module, cost = _counted(network, resolution, "meta")
    except MissingPrice:
        raise
    except Exception:  # whatever the reason, the CPU tells whether it is one
        try:
            module, cost = _counted(network, resolution, "cpu")
        except InvalidInput as error:
            said_so = "".join(c if c.isprintable() else " " for c in str(error))
            return Priced(Cost(0, 0, 0), "", said_so)
    content = [network.target, network.code, _structure(module), cost, resolution]
    return Priced(cost, short_hash(repr(content)))


def _counted(network: OwnNetwork, resolution: int, device: str) -> tuple[nn.Module, Cost]:
    import torch

    from scaling_search.baselines.counting import count_cost

    import_function(network.target)  # before there is a device that its module would take over
    with unnoticed(), torch.device(device):
        module = network.build(resolution)
    try:
        with unnoticed():
            return module, count_cost(module, network.in_channels, resolution)
    except FAILURES as error:
        raise InvalidInput(
            f"{network.target} cannot be priced: a forward pass of one image of "
            f"({network.in_channels}, {resolution}, {resolution}) failed with {said(error)}"
        ) from error


@contextmanager
def unnoticed() -> Iterator[None]:
    """A network may be built and tried here: it prints nothing, and draws the same each time."""
    import torch

    with settings_put_back(), generators_put_back(), redirect_stdout(StringIO()):
        # As in a run. More threads wait for each other, for seconds where a machine is busy.
        torch.set_num_threads(1)
        seed_generators(0)
        yield


def _structure(module: nn.Module) -> list[Any]:
    """What a module is made of: names, types and settings of its parts, shapes of its tensors.

    Settings are what constructors take, where a part keeps it under the same name: numbers, texts
    and tuples of them. Nothing of it depends on the process, as texts of objects do.
    """
    parts = [
        (name, f"{type(part).__module__}.{type(part).__qualname__}", sorted(_settings_of(part)))
        for name, part in module.named_modules()
    ]
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return [parts, [(name, tuple(t.shape), str(t.dtype), t.requires_grad) for name, t in tensors]]


def _settings_of(part: nn.Module) -> Iterator[tuple[str, str]]:
    # A class can be hashed, whatever its metaclass says.
    known = _arguments_of(type(part))  # type: ignore[arg-type]
    for name in known & vars(part).keys():
        if _is_plain(value := vars(part)[name]):
            yield name, repr(value)


@lru_cache(maxsize=1024)  # A network has many parts of a few kinds.
def _arguments_of(kind: type) -> frozenset[str]:
    """What the constructors of a class and of those above it take."""
    made = (vars(one)["__init__"] for one in kind.__mro__ if "__init__" in vars(one))
    return frozenset(name for init in made for name in inspect.signature(init).parameters)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def short_hash(content: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(content.encode()).hexdigest()[:8]
