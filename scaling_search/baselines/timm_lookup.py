"""Models of timm (PyTorch Image Models) by their names: what they are made of, and what is refused.

timm is an extra of this package, imported only where such a network is built, counted or looked up.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from scaling_search.baselines.put_back import generators_put_back, settings_put_back
from scaling_search.baselines.timm_families import FAMILIES, Entry, Family, with_changed
from scaling_search.errors import InvalidInput

#: What the import paths of timm's models begin with.
PREFIX = "timm."
_REMEDY = 'pip install "scaling-search[timm]"'


def is_timm(target: str) -> bool:
    """Whether an import path names a model of timm."""
    return target.startswith(PREFIX)


def timm_resolution(target: str) -> int:
    """Side of the square images that timm gives the model by default, in pixels."""
    model = model_of(target)
    from timm.models import get_pretrained_cfg

    known = get_pretrained_cfg(model.name)
    return int(known.input_size[1]) if known is not None else 224


def timm_patch(target: str) -> int:
    """Pixels of a side that a model for images of one size takes at a time; of others 1."""
    given = model_of(target).given
    patch = given.get("patch_size") if given.get("img_size") else 1
    return patch if isinstance(patch, int) else 1


class Model(NamedTuple):
    """A model of timm that can be scaled."""

    #: With its tag, where one is given: `efficientnet_b0.ra_in1k`.
    name: str
    entry: Entry
    family: Family
    #: What its entry point gives its class, and the defaults and the configuration of that.
    given: dict[str, Any]


def size_of_images(model: Model, resolution: int) -> dict[str, int]:
    """Of models for images of one size that size, as timm takes it."""
    return {"img_size": resolution} if model.given.get("img_size") else {}


@lru_cache(maxsize=64)
def _model_of_this(target: str, loaded: Any) -> Model:
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
    kind, given = recorded(entry)
    family = FAMILIES.get(kind)
    if family is None:
        raise InvalidInput(
            f"baseline.model is {name!r}, a {kind or 'model'} of timm, for which no argument is "
            f"known that makes it deeper or wider. These can be scaled: {', '.join(FAMILIES)}; "
            "docs/timm.md lists their models. Any other network can be scaled as a function of "
            "yours: baseline=own"
        )
    # Says here already where timm takes nothing for one of the two.
    recorded(entry, lambda recording: family.scaled(recording, given, 1.0, 1.0))
    return Model(name, entry, family, given)


def model_of(target: str) -> Model:
    """The model that an import path names. Raises InvalidInput where it cannot be scaled."""
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


def recorded(
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
