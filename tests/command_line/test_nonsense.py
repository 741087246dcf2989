"""Nonsense for any group or part of the configuration: one clear line, without secrets in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import GRID, Call
from folders import written

GROUPS = ("baseline", "data", "recipe", "executor", "+sweep")
PARTS = ("constraint", "family", "budget", "fidelity", "coefficients", "data.augmentation")
VALUES = ("phi", "seed", "name", "experiments_dir", "store", "recipe.epochs", "baseline.name")


@pytest.mark.parametrize(
    "value",
    [*("null", "1", ""), *(pytest.param(v, marks=pytest.mark.long) for v in ("[1]", "${x}"))],
)
def test_nonsense_for_a_group_is_refused_in_a_line(call: Call, tmp_path: Path, value: str) -> None:
    for name in (*GROUPS, *PARTS, *VALUES):
        ended = call(f"{name}={value}", "dry_run=true")
        what = (name, value, ended.err)
        if ended.code == 0:
            # An empty group stands for its defaults, and a text may be any.
            assert name in VALUES, what
            assert value in ("", "'a b'", "1", "true"), what
            continue
        assert ended.code == 2, what
        assert ended.err.startswith("error: "), what
        assert ended.err.count("\n") == 1, what
        assert name.lstrip("+").split(".")[0] in ended.err, what
    assert written(tmp_path) == []


@pytest.mark.long
def test_a_refusal_shows_no_password(call: Call) -> None:
    for typed in (
        "store=postgresql://me:s3cret/x@host/name",
        "store=postgresql://me:s3cret=x@host/name",
        "store='postgresql://me:s3cret x@host/name'",
        'store="nosuch://host/name?password=s3cret"',
        "++store=nosuch://me:s3cret@host/name",
        "store=[nosuch://me:s3cret@host/name]",
        "store={a:s3cret}",
    ):
        for words in ([GRID], [GRID, "dry_run=true"], [], ["recipe.epocs=1"]):
            ended = call(*words, typed)
            assert ended.code == 2, typed
            assert "s3cret" not in ended.err + ended.out, (typed, ended.err)
