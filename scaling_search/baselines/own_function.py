"""The function that builds a network of one's own, found by its import path."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from scaling_search.baselines.own_code import code_of, place_of
from scaling_search.baselines.put_back import generators_put_back, settings_put_back
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.baselines.timm_models import timm_builder, timm_code
from scaling_search.errors import InvalidInput
from scaling_search.shadowing import hidden_libraries

SETTING = "baseline._target_"
SIGNATURE = "(depth_mult, width_mult, resolution, num_classes, in_channels) -> nn.Module"


def import_function(
    target: str, setting: str = SETTING, form: str = SIGNATURE
) -> Callable[..., Any]:
    """The function that an import path such as `my_networks.small_net` names.

    setting: what names it. form: its arguments and result, for messages. What its module sets or
    seeds while it is imported is put back, so that it does not matter when that happens.
    `timm.NAME` is a model of timm. Raises InvalidInput.
    """
    if is_timm(target):
        return timm_builder(target)
    module_name, _, name = target.rpartition(".")
    if os.getcwd() not in sys.path:
        # `python -m` looks in the working directory; workers and installed commands must too.
        sys.path.insert(0, os.getcwd())
    try:
        if (module_name or name) not in sys.modules:
            with settings_put_back(), generators_put_back():
                importlib.import_module(module_name or name)
        function = getattr(sys.modules[module_name or name], name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may fail in any way, or exit, while it is imported
        raise InvalidInput(
            f"{setting} is {target!r}, but {_why_not(form, module_name, error)}"
        ) from error
    if not callable(function):
        raise InvalidInput(f"{setting} is {target!r}, but that is not a function")
    return function  # type: ignore[no-any-return]


def code_of_function(
    target: str, pretrained: str = "", *, setting: str = SETTING, form: str = SIGNATURE
) -> str:
    """Sixteen hexadecimal digits that stand for its code, as this process has imported it.

    Of a model of timm its version, and which weights it begins with.
    """
    if is_timm(target):
        return timm_code(target, pretrained)
    import_function(target, setting, form)
    return code_of(sys.modules[target.rpartition(".")[0]])


def how_to_go_on(target: str) -> str:
    """What to do where the code is no longer that of a study."""
    if is_timm(target):
        return "take the version of timm and the weights that it was made with"
    return "undo the edit of it, or of what it imports from your folders,"


def _why_not(form: str, module_name: str, error: BaseException) -> str:
    place, cause = place_of(error), f"{type(error).__name__}: {error}"
    if not isinstance(error, Exception):
        what = (
            f"{module_name} ends the program while it is imported ({place or module_name}, "
            f'{cause}): put what only a script should do below `if __name__ == "__main__":`'
        )
    elif place:
        what = (
            f"importing {module_name} failed in {place} ({cause}): it must be possible to import "
            "it from the working directory, with this Python"
        )
    else:
        what = (
            f"no such function can be imported ({cause}): give module.function of the form "
            f"{form}, from the working directory or an installed package"
        )
    hidden = hidden_libraries(error)
    return f"{what}; {hidden}" if hidden else what
