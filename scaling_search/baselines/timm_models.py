"""Networks of timm (PyTorch Image Models) as baselines: `timm.NAME` is one to be called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from scaling_search.baselines.timm_lookup import model_of, recorded, size_of_images
from scaling_search.baselines.timm_weights import fitting, pretrained_weights, weights_identity
from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    from torch import nn


def timm_builder(target: str) -> Callable[..., nn.Module]:
    """The function that builds a model of timm at any multipliers.

    (depth_mult, width_mult, resolution, num_classes, in_channels, dropout, stochastic_depth,
    pretrained) -> nn.Module. Raises InvalidInput where there is no such model, or where timm takes
    nothing that scales it.
    """
    model_of(target)
    return partial(_build, target)


def timm_code(target: str, pretrained: str = "") -> str:
    """What stands for the code of a model of timm, and for the weights that it begins with.

    Raises InvalidInput as `timm_builder` does.
    """
    model_of(target)
    code = f"timm {version('timm')}"
    return f"{code}, weights {weights_identity(target, pretrained)}" if pretrained else code


def timm_plan(target: str, depth_mult: float, width_mult: float) -> str:
    """What timm would build: equal where multipliers are rounded to the same network.

    It takes milliseconds, building and counting a tenth of a second. Raises InvalidInput.
    """
    model = model_of(target)
    _, given = recorded(
        model.entry,
        lambda entry: model.family.scaled(entry, model.given, depth_mult, width_mult),
    )
    if "round_chs_fn" in given:
        # Of the rounding only what it makes of the numbers that timm gives it.
        rounded = given.pop("round_chs_fn")
        blocks = [block for stage in given["block_args"] for block in stage]
        numbers = {given["stem_size"], *(block["out_chs"] for block in blocks)}
        numbers |= {block.get("force_in_chs") or 0 for block in blocks}
        given["rounded"] = [(number, rounded(number)) for number in sorted(numbers)]
    return repr(_plain(given))


def _plain(value: Any) -> Any:
    """Arguments without what differs from process to process."""
    if isinstance(value, partial):
        return [_plain(value.func), _plain(value.args), _plain(value.keywords)]
    if isinstance(value, dict):
        return [(name, _plain(value[name])) for name in sorted(value)]
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return getattr(value, "__qualname__", value)


def _build(
    target: str,
    depth_mult: float,
    width_mult: float,
    resolution: int,
    num_classes: int,
    in_channels: int,
    dropout: float = 0.0,
    stochastic_depth: float = 0.0,
    pretrained: str = "",
) -> nn.Module:
    model = model_of(target)
    arguments: dict[str, Any] = {
        "num_classes": num_classes,
        "in_chans": in_channels,
        **size_of_images(model, resolution),
    }
    rates = {"drop_rate": dropout, "drop_path_rate": stochastic_depth}
    arguments |= {name: rate for name, rate in rates.items() if rate}
    try:
        scaled = model.family.scaled(model.entry, model.given, depth_mult, width_mult)
        network: nn.Module = scaled(pretrained=False, **arguments)
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:
        raise InvalidInput(
            f"timm builds no {model.name} at depth x{depth_mult:.4g}, width x{width_mult:.4g} for "
            f"{resolution} px ({type(error).__name__}: {' '.join(str(error).split())})"
        ) from error
    if pretrained and not next(network.parameters()).is_meta:
        weights = pretrained_weights(target, resolution, in_channels, pretrained)
        kept = fitting(network, weights)
        if not kept:
            raise InvalidInput(
                f"baseline.pretrained is {pretrained!r}, but none of its weights has the name and "
                f"the shape of one of {model.name} at depth x{depth_mult:.4g}, width "
                f"x{width_mult:.4g}: leave it out"
            )
        network.load_state_dict(kept, strict=False)
    return network
