"""What a shell does to words that were not put into quotes is said, with how to type them."""

from __future__ import annotations

import pytest
from commands import GRID, Call


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["sweep.seeds=[0,", "1]"], "'sweep.seeds=[0, 1]'"),
        (["sweep.seeds=[0,", "1,", "2]", "recipe=smoke"], "'sweep.seeds=[0, 1, 2]'"),
        (["sweep.seeds=", "[0,1]"], "'sweep.seeds=[0,1]'"),
        (["recipe.epochs", "=", "3"], "'recipe.epochs=3'"),
        (
            ["sweep.sampler={_target_:", "optuna.samplers.TPESampler,", "seed:", "0}"],
            "'sweep.sampler={_target_: optuna.samplers.TPESampler, seed: 0}'",
        ),
        (
            ["sweep.sampler=_target_:optuna.samplers.TPESampler", "sweep.sampler=seed:0"],
            "'sweep.sampler={_target_:optuna.samplers.TPESampler, seed:0}'",
        ),
    ],
)
def test_how_to_type_it_is_shown(call: Call, words: list[str], shown: str) -> None:
    ended = call(GRID, *words)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert shown in ended.err


def test_a_password_is_not_repeated(call: Call) -> None:
    ended = call(GRID, "store='postgresql://me:se[cret@host/name'", "1]", "dry_run=true")
    assert ended.code == 2
    assert "cret@" not in ended.err
