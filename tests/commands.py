"""Commands that tests type in their own process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

import scaling_search.__main__ as command_line

GRID = "+sweep=grid"
STEP_0 = "+sweep=baseline"
RACE = "+sweep=race"
OPTUNA = "+sweep=optuna"
FIRST = "+sweep=observation1"
SECOND = "+sweep=observation2"
COMPARE = "+sweep=single_vs_compound"
BALANCE = "+sweep=balance"
RANDOM = "optuna.samplers.RandomSampler"
SMALL = (
    GRID,
    "recipe=smoke",
    "data.train_images=150",
    "data.test_images=80",
    "recipe.batch_size=16",
    "baseline.resolution=12",
)
SMALL_OPTUNA = (OPTUNA, *SMALL[1:])

Call = Callable[..., SimpleNamespace]
#: Type these words; the one line of the error must say all of those.
Refuse = Callable[[Sequence[str], Sequence[str]], None]


def type_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> SimpleNamespace:
    """Type a command in this process; gives code, out and err."""
    monkeypatch.setattr(sys, "argv", ["scaling_search", *words])
    capsys.readouterr()
    code: Any = 0
    try:
        command_line.main()
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    return SimpleNamespace(code=code, out=out, err=err)


def name_of(case: Any) -> str | None:
    """The name of a case that is a list of typed words."""
    return " ".join(case)[:60] if isinstance(case, list) and "=" in case[0] else ""
