"""The help lists what people type, and nothing that is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import Call
from folders import written

import scaling_search.__main__ as command_line

#: What DESIGN says that people type.
TYPED = (
    "+sweep=grid baseline= data= glyphs parquet hub data.path= data.name= data.train_images= "
    "recipe= quick proxy smoke paper recipe.epochs= sweep.alpha=[ sweep.beta= sweep.gamma= "
    "sweep.seeds= constraint.on= macs latency nominal constraint.at_most= "
    "constraint.cost_ratio= constraint.tolerance= "
    "family.phi=[ family.train_up_to= family.save_weights= baseline.resolution= baseline._target_ "
    "executor= local executor.workers= executor.device= store= name= experiments_dir= "
    "dry_run=true fresh=true coefficients.alpha= phi= seed="
)


def test_help_lists_what_people_type(call: Call, tmp_path: Path) -> None:
    ended = call("--help")
    assert ended.code == 0
    for word in TYPED.split(" "):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_help_names_no_command_that_is_not_there(call: Call) -> None:
    import importlib.util

    text = call("--help").out
    for name in ("scaling_search.report", "scaling_search.reproduce"):
        if name in text:
            assert importlib.util.find_spec(name) is not None, name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/opt/venv/bin/scaling-search", "scaling-search"),
        ("/opt/venv/Scripts/scaling-search.exe", "scaling-search"),
        ("/src/scaling_search/__main__.py", "python -m scaling_search"),
    ],
)
def test_help_names_the_command_that_was_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, name: str
) -> None:
    monkeypatch.setattr(sys, "argv", [typed, "--help"])
    command_line.main()
    lines = capsys.readouterr().out.splitlines()
    other = {"scaling-search", "python -m scaling_search"} - {name}
    assert any(line.startswith(f"{name} +sweep=grid") for line in lines)
    assert not any(line.startswith(f"{word} ") for word in other for line in lines)
