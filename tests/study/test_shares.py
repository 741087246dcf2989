"""A study of shares that rests on other studies: their runs are not trained again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import Call
from small_study import SMALL

import scaling_search as ss

GRID = ("+sweep=grid", "sweep.alpha=[1.0,1.4]", "sweep.beta=[1.0,1.2]")
SHARES = ("+sweep=shares", "sweep.costs=[2,4]", "sweep.lattice=0")


@pytest.fixture
def searches(call: Call) -> tuple[str, str]:
    """Two searches, at twice and at four times the baseline's cost."""
    call("name=two", study=[*SMALL, *GRID])
    call("name=four", "constraint.cost_ratio=4", study=[*SMALL, *GRID])
    return "two", "four"


def test_networks_of_other_studies_are_not_trained_again(
    call: Call, searches: tuple[str, str], tmp_path: Path
) -> None:
    folders = [f"experiments/{name}" for name in searches]
    study = [*SMALL, *SHARES, f"sweep.studies=[{','.join(folders)}]"]
    # A database of its own: the runs come from the folders beside it.
    for name in searches:
        shutil.copytree(tmp_path / "experiments" / name, tmp_path / "elsewhere" / name)
    found = call("name=law", "experiments_dir=elsewhere", study=study)
    assert (found.code, found.jobs) == (0, [])
    law = ss.read_study(tmp_path / "elsewhere" / "law")
    grids = [ss.read_study(tmp_path / "experiments" / name) for name in searches]
    theirs = {run for grid in grids for run in grid.runs["run"]}
    ours = set(law.runs["run"])
    assert len(ours) > 20
    assert ours <= theirs
    assert law.definition.settings.sweep.studies == ["two", "four"]  # type: ignore[attr-defined]


def test_studies_of_something_else_are_refused(call: Call, searches: tuple[str, str]) -> None:
    study = [*SMALL, *SHARES, "sweep.studies=[experiments/two]"]
    for setting, part in (("recipe.epochs=7", "recipe"), ("baseline=resnet50_micro", "baseline")):
        refused = call("name=x", setting, study=study)
        assert refused.code == 2
        assert f"whose {part} is another than this study's" in refused.err
    refused = call("name=x", study=[*SMALL, *SHARES, "sweep.studies=[experiments/none]"])
    assert refused.code == 2
    assert "experiments/none" in refused.err
