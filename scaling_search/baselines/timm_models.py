"""Networks of timm (PyTorch Image Models) as baselines: `timm.NAME` is one to be called.

timm is an extra of this package, imported only where such a network is built, counted or looked up.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import os
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaling_search.baselines.put_back import generators_put_back, settings_put_back
from scaling_search.baselines.timm_families import FAMILIES, Entry, Family, with_changed
from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

#: What the import paths of timm's models begin with.
PREFIX = "timm."
#: `baseline.pretrained=timm`: the weights that timm itself has for the model.
OWN_WEIGHTS = "timm"
_REMEDY = 'pip install "scaling-search[timm]"'


def is_timm(target: str) -> bool:
    """Whether an import path names a model of timm."""
    return target.startswith(PREFIX)


def timm_builder(target: str) -> Callable[..., nn.Module]:
    """The function that builds a model of timm at any multipliers.

    (depth_mult, width_mult, resolution, num_classes, in_channels, dropout, stochastic_depth,
    pretrained) -> nn.Module. Raises InvalidInput where there is no such model, or where timm takes
    nothing that scales it.
    """
    _model_of(target)
    return partial(_build, target)


def timm_code(target: str, pretrained: str = "") -> str:
    """What stands for the code of a model of timm, and for the weights that it begins with.

    Raises InvalidInput as `timm_builder` does.
    """
    _model_of(target)
    code = f"timm {version('timm')}"
    if pretrained == OWN_WEIGHTS:
        return f"{code}, weights {_own_weights(target)}"
    return f"{code}, weights {_hash_of_file(pretrained)}" if pretrained else code


def timm_plan(target: str, depth_mult: float, width_mult: float) -> str:
    """What timm would build: equal where multipliers are rounded to the same network.

    It takes milliseconds, building and counting a tenth of a second. Raises InvalidInput.
    """
    model = _model_of(target)
    _, given = _recorded(
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


def timm_resolution(target: str) -> int:
    """Side of the square images that timm gives the model by default, in pixels."""
    model = _model_of(target)
    from timm.models import get_pretrained_cfg

    known = get_pretrained_cfg(model.name)
    return int(known.input_size[1]) if known is not None else 224


def timm_patch(target: str) -> int:
    """Pixels of a side that a model for images of one size takes at a time; of others 1."""
    given = _model_of(target).given
    patch = given.get("patch_size") if given.get("img_size") else 1
    return patch if isinstance(patch, int) else 1


def share_pretrained(target: str, network: nn.Module, **call: Any) -> float:
    """Which part of a network's parameters begins with pretrained weights.

    call: resolution, in_channels and pretrained, as it was built with.
    """
    fitting = _fitting(network, _weights(target, **call))
    parameters = dict(network.named_parameters())
    kept = sum(p.numel() for name, p in parameters.items() if name in fitting)
    return kept / max(1, sum(p.numel() for p in parameters.values()))


class _Model(NamedTuple):
    """A model of timm that can be scaled."""

    #: With its tag, where one is given: `efficientnet_b0.ra_in1k`.
    name: str
    entry: Entry
    family: Family
    #: What its entry point gives its class, and the defaults and the configuration of that.
    given: dict[str, Any]


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
    model = _model_of(target)
    arguments: dict[str, Any] = {
        "num_classes": num_classes,
        "in_chans": in_channels,
        **_size(model, resolution),
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
        weights = _weights(target, resolution, in_channels, pretrained)
        fitting = _fitting(network, weights)
        if not fitting:
            raise InvalidInput(
                f"baseline.pretrained is {pretrained!r}, but none of its weights has the name and "
                f"the shape of one of {model.name} at depth x{depth_mult:.4g}, width "
                f"x{width_mult:.4g}: leave it out"
            )
        network.load_state_dict(fitting, strict=False)
    return network


def _size(model: _Model, resolution: int) -> dict[str, int]:
    """Of models for images of one size that size, as timm takes it."""
    return {"img_size": resolution} if model.given.get("img_size") else {}


def _fitting(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights whose names and shapes are those of the network."""
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    return {name: w for name, w in weights.items() if shapes.get(name) == w.shape}


@lru_cache(maxsize=64)
def _model_of_this(target: str, loaded: Any) -> _Model:
    name = target.removeprefix(PREFIX)
    bare = name.split(".")[0]
    known = loaded.list_models()
    if bare not in known:
        near = get_close_matches(bare, known, 5)
        raise InvalidInput(
            f"baseline.model is {name!r}, but timm {loaded.__version__} has no such model: "
            + (f"did you mean {', '.join(near)}?" if near else "timm.list_models() names them")
        )
    if "." in name and name not in (tagged := loaded.list_models(f"{bare}.*", pretrained=True)):
        raise InvalidInput(
            f"baseline.model is {name!r}, but timm has only these weights of it: "
            + (", ".join(tagged) or "none")
        )
    entry = loaded.models.model_entrypoint(bare)
    kind, given = _recorded(entry)
    family = FAMILIES.get(kind)
    if family is None:
        raise InvalidInput(
            f"baseline.model is {name!r}, a {kind or 'model'} of timm, for which no argument is "
            f"known that makes it deeper or wider. These can be scaled: {', '.join(FAMILIES)}; "
            "docs/timm.md lists their models. Any other network can be scaled as a function of "
            "yours: baseline=own"
        )
    # Says here already where timm takes nothing for one of the two.
    _recorded(entry, lambda recording: family.scaled(recording, given, 1.0, 1.0))
    return _Model(name, entry, family, given)


def _model_of(target: str) -> _Model:
    return _model_of_this(target, _imported())


def _imported() -> Any:
    try:
        with settings_put_back(), generators_put_back():
            import timm
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    except Exception as error:
        raise InvalidInput(
            f"timm cannot be imported here ({type(error).__name__}: {error}): torchvision must be "
            "of the same build as torch; install both from one place"
        ) from error
    return timm


def _missing(error: Exception) -> InvalidInput:
    return InvalidInput(f"networks of timm need timm, which is not installed here: {_REMEDY}")


class _Recorded(Exception):
    """Ends the making of a model as soon as its arguments are known."""


def _recorded(
    entry: Entry, scaled: Callable[[Entry], Entry] = lambda entry: entry
) -> tuple[str, dict[str, Any]]:
    """The name of the class that an entry point makes, and all arguments that it gives it.

    scaled: changes the entry point that records, so that what it changes is recorded too.
    """
    found: list[tuple[str, dict[str, Any]]] = []

    def instead(_build: Any) -> Callable[..., Any]:
        def record(kind: Any, _variant: Any, *_: Any, model_cfg: Any = None, **given: Any) -> Any:
            defaults = {
                name: parameter.default
                for name, parameter in inspect.signature(kind).parameters.items()
                if parameter.default is not inspect.Parameter.empty
            }
            described = vars(model_cfg) if dataclasses.is_dataclass(model_cfg) else {}
            found.append((kind.__name__, {**defaults, **described, **given}))
            raise _Recorded

        return record

    try:
        scaled(with_changed(entry, {"build_model_with_cfg": instead}))(pretrained=False)
    except _Recorded:
        return found[0]
    return "", {}


@lru_cache(maxsize=1)
def _weights(target: str, resolution: int, in_channels: int, pretrained: str) -> dict[str, Tensor]:
    """The pretrained weights of the model as it is, adapted by timm to the size of the images.

    Raises InvalidInput where they cannot be had.
    """
    import timm
    from timm.models import get_pretrained_cfg_value, load_state_dict

    model = _model_of(target)
    arguments: dict[str, Any] = {"in_chans": in_channels, **_size(model, resolution)}
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
    model = _model_of(target)
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
