"""Optuna's samplers: by name or class, with all their arguments, and their failures named."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    import optuna

#: Every argument that the samplers with a name here still take, so that a study does not change
#: with Optuna's defaults; those that Optuna 5 calls deprecated are not given.
SAMPLERS: dict[str, dict[str, Any]] = {
    "random": {"_target_": "optuna.samplers.RandomSampler", "seed": 0},
    "tpe": {
        "_target_": "optuna.samplers.TPESampler",
        "n_startup_trials": 8,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": False,
        "constant_liar": True,
        "seed": 0,
    },
}

#: Asks of a rehearsal: more than the random ones with which Optuna's samplers begin.
_REHEARSED = 14
#: Attribute of the Optuna studies that are copies of this package's.
COPY = "scaling_search"


def explicit_sampler(
    sampler: Any, named: Mapping[str, dict[str, Any]] = SAMPLERS
) -> dict[str, Any]:
    """The sampler's class and arguments, for the record."""
    if isinstance(sampler, str):
        if sampler not in named:
            raise InvalidInput(
                f"sweep.sampler is {sampler!r}, but must be one of {', '.join(sorted(named))}, "
                "or a sampler's class: 'sweep.sampler={_target_: optuna.samplers.GPSampler, seed: "
                "0}'"
            )
        return dict(named[sampler])
    if not isinstance(sampler, dict) or "_target_" not in sampler:
        raise InvalidInput(
            f"sweep.sampler is {sampler!r}, but must be a name or hold _target_, such as "
            "{_target_: optuna.samplers.GPSampler, seed: 0}"
        )
    return dict(sampler)


def rehearse_sampler(
    sampler: dict[str, Any], asks: int, named: Mapping[str, dict[str, Any]] = SAMPLERS
) -> None:
    """A sampler of the user's choice answers some asks: many fail only when they are asked.

    Raises InvalidInput.
    """
    import optuna

    if sampler in named.values():
        return
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=make_sampler(sampler))
    with failures_named(sampler):
        for number in range(min(asks, _REHEARSED)):
            trial = study.ask()
            value = sum(trial.suggest_float(name, 0, 1) for name in "uv")
            study.tell(trial, value + 0.1 * number % 1)


def make_sampler(settings: dict[str, Any]) -> optuna.samplers.BaseSampler:
    """The sampler that `sweep.sampler` describes. Raises InvalidInput."""
    import optuna

    target = str(settings["_target_"])
    arguments = {name: value for name, value in settings.items() if name != "_target_"}
    module, _, name = target.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInput(
            f"sweep.sampler._target_ is {target!r}, but that is nowhere ({error}): give the class "
            "of a sampler, such as optuna.samplers.GPSampler"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, optuna.samplers.BaseSampler)):
        raise InvalidInput(
            f"sweep.sampler._target_ is {target!r}, but that is no Optuna sampler: give a class "
            "such as optuna.samplers.GPSampler"
        )
    if "seed" in inspect.signature(kind).parameters and arguments.get("seed") is None:
        raise InvalidInput(
            "sweep.sampler has no seed, so the study could not be repeated: give seed: 0"
        )
    with failures_named(settings), warnings.catch_warnings():
        # All arguments are recorded, so that a change of Optuna's would not go unseen.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return kind(**arguments)


@contextmanager
def failures_named(sampler: dict[str, Any]) -> Iterator[None]:
    """Samplers look at their arguments late, and are not all made for this search."""
    try:
        yield
    except Exception as error:
        raise InvalidInput(
            f"sweep.sampler is {sampler}, but that fails ({type(error).__name__}: {error}): change "
            "its arguments, or take another sampler, such as tpe"
        ) from error
