"""How the networks of timm grow: which of its own arguments make each family deeper and wider.

A model of timm is made by an entry point, `timm.models.resnet18`, that passes arguments to its
class. Families that take numbers (of blocks, of channels) for each stage get scaled numbers in
their place. Those that are written in timm's language of blocks (EfficientNet, MobileNet) are
scaled by the depth and the channel multiplier of that language, by which timm itself makes
efficientnet_b1 of efficientnet_b0.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any, Protocol, TypeAlias

from scaling_search.errors import InvalidInput
from scaling_search.scaling import FineRounding

#: (num_classes=, in_chans=, ...) -> nn.Module
Entry: TypeAlias = Callable[..., Any]
#: Channels stay multiples of 8, where they are, as in all of timm.
_DIVISOR = 8


class Family(Protocol):
    """How the models of one class of timm's are scaled."""

    @property
    def depth(self) -> str:
        """Which arguments of timm's make it deeper."""
        ...

    @property
    def width(self) -> str:
        """Which arguments of timm's make it wider."""
        ...

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        """The entry point of the scaled model.

        given: the arguments that the model's own entry point gives its class.
        """
        ...


@dataclass(frozen=True)
class Stages:
    """Whole numbers of blocks and of channels, one for each stage or one for all."""

    repeats: str
    channels: tuple[str, ...]

    @property
    def depth(self) -> str:
        return self.repeats

    @property
    def width(self) -> str:
        return ", ".join(self.channels)

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        numbers = {name: wider(given[name], width_mult) for name in self.channels if given[name]}
        return with_arguments(
            entry, **{self.repeats: deeper(given[self.repeats], depth_mult)}, **numbers
        )


@dataclass(frozen=True)
class Heads:
    """Transformers: more blocks, and more heads of the same size."""

    repeats: str = "depth"
    channels: str = "embed_dim"
    heads: str = "num_heads"

    @property
    def depth(self) -> str:
        return self.repeats

    @property
    def width(self) -> str:
        return f"{self.channels} and {self.heads}"

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        heads, channels = given[self.heads], given[self.channels]
        more = max(1, math.floor(heads * width_mult + 0.5))
        wide = {self.heads: more, self.channels: channels // heads * more}
        return with_arguments(
            entry, **{self.repeats: deeper(given[self.repeats], depth_mult)}, **wide
        )


@dataclass(frozen=True)
class RegNets:
    """RegNet: block j has about w0 + wa * j channels, in stages that grow by the factor wm.

    Deeper means more blocks on the same line; wider, a higher line with wider groups (Dollár et al.
    2021, which scales both alike).
    """

    depth = "depth, wa"
    width = "w0, wa, group_size, num_features"

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        depth = deeper(given["depth"], depth_mult)
        # timm takes nothing but multiples of 8 for w0.
        step = math.gcd(given["group_size"], _DIVISOR)
        groups = max(1, math.floor(given["group_size"] * width_mult / step + 0.5)) * step
        numbers = {"w0": wider(given["w0"], width_mult), "group_size": groups}
        if given["num_features"]:
            numbers["num_features"] = wider(given["num_features"], width_mult)
        line = given["wa"] * numbers["w0"] / given["w0"] * (given["depth"] - 1)
        # The last block stays where it stood on the line. Of few blocks none may fall into a stage.
        while _stages(line / max(1, depth - 1), numbers["w0"], given["wm"], depth) < _STAGES:
            depth += 1
        slope = line / max(1, depth - 1)
        return with_arguments(entry, depth=depth, wa=slope, **numbers)


#: All RegNets have so many.
_STAGES = 4


def _stages(slope: float, w0: int, wm: float, depth: int) -> int:
    from timm.models.regnet import generate_regnet

    return int(generate_regnet(slope, w0, wm, depth, 8)[1])


@dataclass(frozen=True)
class ByoBlocks:
    """ByobNet: a description of the blocks of each stage."""

    depth = "d of blocks"
    width = "c of blocks, stem_chs, num_features"

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        def block(one: Any) -> Any:
            if isinstance(one, (tuple, list)):
                return tuple(block(part) for part in one)
            # Bottlenecks must divide into the groups of their convolutions.
            groups = one.gs if isinstance(one.gs, int) and one.gs > 1 else 0
            divisor = math.ceil(groups / one.br) or _DIVISOR
            return replace(one, d=deeper(one.d, depth_mult), c=wider(one.c, width_mult, divisor))

        names = [name for name in ("stem_chs", "num_features") if given[name]]
        numbers = {name: wider(given[name], width_mult) for name in names}
        return with_arguments(entry, blocks=tuple(map(block, given["blocks"])), **numbers)


@dataclass(frozen=True)
class Generated:
    """EfficientNet, MobileNet and others in timm's language of blocks, rounded as timm does."""

    depth = "depth_multiplier of decode_arch_def"
    width = "channel_multiplier"

    def scaled(
        self, entry: Entry, given: Mapping[str, Any], depth_mult: float, width_mult: float
    ) -> Entry:
        def deeper_blocks(decode: Callable[..., Any]) -> Callable[..., Any]:
            def decoded(arch_def: Any, depth_multiplier: Any = 1.0, *rest: Any, **more: Any) -> Any:
                multiplier: Any = depth_mult
                if isinstance(depth_multiplier, tuple):  # one for each stage
                    multiplier = tuple(depth_mult * own for own in depth_multiplier)
                else:
                    multiplier = depth_mult * depth_multiplier
                return decode(arch_def, multiplier, *rest, **more)

            return decoded

        def wider_blocks(generate: Callable[..., Any]) -> Callable[..., Any]:
            signature = inspect.signature(generate)
            name = next((n for n in _CHANNEL_MULTIPLIERS if n in signature.parameters), None)

            def generated(*arguments: Any, **named: Any) -> Any:
                if name is None:
                    raise InvalidInput(
                        f"{entry.__name__} cannot be made wider: timm takes no multiplier of its "
                        "channels. Any network can be scaled as a function of yours: baseline=own"
                    )
                bound = signature.bind(*arguments, **named)
                bound.apply_defaults()
                bound.arguments[name] *= width_mult
                return generate(*bound.args, **bound.kwargs)

            return generated

        generators = {name for name in entry.__globals__ if name.startswith("_gen_")}
        changed = dict.fromkeys(generators, wider_blocks)
        return with_changed(entry, {**changed, "decode_arch_def": deeper_blocks})


def with_arguments(entry: Entry, **arguments: Any) -> Entry:
    """The entry point, where it gives its class these arguments in place of its own."""

    def instead(build: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *positional, **given: build(*positional, **{**given, **arguments})

    return with_changed(entry, {"build_model_with_cfg": instead})


#: Names that the multiplier has in timm's generators of models.
_CHANNEL_MULTIPLIERS = ("channel_multiplier", "model_width")


def with_changed(
    entry: Entry, changes: Mapping[str, Callable[[Callable[..., Any]], Any]]
) -> FunctionType:
    """The entry point, where some functions that its module calls by name are changed.

    The functions of the module are copied for that: timm itself stays as it is. changes: from each
    function, or its copy, makes what stands in its place.
    """
    assert isinstance(entry, FunctionType)
    names = dict(entry.__globals__)

    def copied(function: FunctionType) -> FunctionType:
        copy = FunctionType(
            function.__code__,
            names,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        return copy

    for name, value in entry.__globals__.items():
        if isinstance(value, FunctionType) and value.__globals__ is entry.__globals__:
            names[name] = copied(value)
    for name, change in changes.items():
        if name in names:
            names[name] = change(names[name])
    return copied(entry)


def deeper(repeats: Any, depth_mult: float) -> Any:
    """Numbers of blocks; their total grows as asked, handed out in proportion, at least 1 each."""
    if isinstance(repeats, int):
        return int(FineRounding().repeats([repeats], depth_mult)[0, 0])
    return type(repeats)(FineRounding().repeats(list(repeats), depth_mult)[0].tolist())


def wider(channels: Any, width_mult: float, divisor: int = _DIVISOR) -> Any:
    """Numbers of channels, rounded as timm rounds: never below 0.9 of what is asked."""
    from timm.layers import make_divisible

    if isinstance(channels, (tuple, list)):
        return type(channels)(wider(number, width_mult, divisor) for number in channels)
    if width_mult == 1:  # timm has also numbers that are not whole
        return channels
    return int(make_divisible(channels * width_mult, math.gcd(int(channels), divisor)))


_DEPTHS_DIMS = Stages("depths", ("dims",))
_GENERATED = Generated()
_TRANSFORMER = Heads()
#: By the name of timm's class.
FAMILIES: dict[str, Family] = {
    "EfficientNet": _GENERATED,
    "MobileNetV3": _GENERATED,
    "ResNet": Stages("layers", ("channels", "stem_width")),
    "ResNetV2": Stages("layers", ("channels", "stem_chs")),
    "RegNet": RegNets(),
    "ByobNet": ByoBlocks(),
    "ConvNeXt": Stages("depths", ("dims", "head_hidden_size")),
    "MetaNeXt": _DEPTHS_DIMS,
    "MetaFormer": _DEPTHS_DIMS,
    "MambaOut": _DEPTHS_DIMS,
    "EdgeNeXt": _DEPTHS_DIMS,
    "NormFreeNet": Stages("depths", ("channels", "stem_chs", "num_features")),
    "DenseNet": Stages("block_config", ("growth_rate",)),
    "FocalNet": Stages("depths", ("embed_dim", "head_hidden_size")),
    "FasterNet": Stages("depths", ("embed_dim", "feature_dim")),
    "StarNet": Stages("depths", ("base_dim",)),
    "RepVit": Stages("depth", ("embed_dim",)),
    "SwiftFormer": Stages("layers", ("embed_dims",)),
    "ConvMixer": Stages("depth", ("dim",)),
    "MlpMixer": Stages("num_blocks", ("embed_dim",)),
    "VisionTransformer": _TRANSFORMER,
    "VisionTransformerDistilled": _TRANSFORMER,
    "VisionTransformerRelPos": _TRANSFORMER,
    "Beit": _TRANSFORMER,
    "Cait": _TRANSFORMER,
    "Xcit": _TRANSFORMER,
}
