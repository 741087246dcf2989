"""A study from Python or a notebook, in the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scaling_search.baselines.own_code import require_unedited
from scaling_search.config import configuration_of
from scaling_search.errors import InvalidInput
from scaling_search.study import study_folder
from scaling_search.study.read import Study, read_study
from scaling_search.sweep import run_sweep as carry_out


def run_sweep(kind: str, settings: Mapping[str, Any] | None = None, **more: Any) -> Study:
    """Carry a study out, or go on with it, and read it.

    kind: as in +sweep=KIND, such as "grid". settings and more: what the command line takes, by the
    same names: run_sweep("grid", {"data.train_images": 2000}, recipe="smoke", name="first").
    Ctrl-C, or a notebook's interrupt, stops it; the same call goes on. What failed for good is
    printed, and stands in the report. Raises InvalidInput, also where no run has finished, and
    where code of yours has been edited since this process imported it.
    """
    given = {**(settings or {}), **more}
    words = [f"+sweep={kind}", *(f"{name}={_typed(value)}" for name, value in given.items())]
    configuration = configuration_of(words)
    if configuration.dry_run:
        raise InvalidInput(
            "dry_run is true, but run_sweep gives a study: leave it out, or have the plan from "
            f"python -m scaling_search +sweep={kind} dry_run=true"
        )
    for of_yours in (configuration.baseline, configuration.trainer):
        require_unedited(of_yours._target_.rpartition(".")[0])
    carry_out(configuration, words)
    return read_study(study_folder(configuration.study, configuration.conduct))


#: A name or a path, and words that stand for other values.
_PLAIN, _VALUES = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*"), {"null", "true", "false", "nan", "inf"}


def _typed(value: Any) -> str:
    """A value as it is typed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_typed(one)}" for name, one in value.items()) + "}"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Sequence) or hasattr(value, "tolist"):
        listed = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(listed, Sequence):
            return "[" + ", ".join(_typed(one) for one in listed) + "]"
        return repr(listed)
    return str(value)


def _quoted(text: str) -> str:
    """In the quotes of Hydra, unless it is a plain word, which records show more plainly."""
    if _PLAIN.fullmatch(text) and text.lower() not in _VALUES:
        return text
    value = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), text)
    return f"'{value}'"
