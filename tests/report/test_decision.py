"""Runs that belong to the study decide; those of another are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import RUNS_CSV, read_runs
from scaling_search.study.files.study_yaml import read_definition, write_definition

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def longer(definition: StudyDefinition) -> StudyDefinition:
    recipe = replace(definition.settings.recipe, momentum=0.8)
    return replace(definition, settings=replace(definition.settings, recipe=recipe))


def other_data(definition: StudyDefinition) -> StudyDefinition:
    return replace(definition, facts=replace(definition.facts, identity="0" * 16))


@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-observation2"])
@pytest.mark.parametrize("column", ["trial", "seed", "epochs"])
def test_a_row_that_says_another_run_than_its_spec_is_refused(
    tmp_path: Path, name: str, column: str
) -> None:
    for record in ("study.yaml", "runs.csv"):
        (tmp_path / record).write_bytes((EXPERIMENTS / name / record).read_bytes())
    first, *rows = read_runs(tmp_path)
    other = {"trial": rows[0].trial, "seed": first.seed + 1, "epochs": first.epochs - 1}
    RUNS_CSV.write(tmp_path, [replace(first, **{column: other[column]}), *rows])
    with pytest.raises(InvalidInput, match=r"does not follow from study\.yaml: restore"):
        build_report(tmp_path)


@pytest.mark.parametrize("change", [longer, other_data])
@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-observation2"])
def test_runs_of_another_study_yaml_are_refused(
    tmp_path: Path, name: str, change: Callable[[StudyDefinition], StudyDefinition]
) -> None:
    write_definition(tmp_path, change(read_definition(EXPERIMENTS / name)))
    (tmp_path / "runs.csv").write_bytes((EXPERIMENTS / name / "runs.csv").read_bytes())
    with pytest.raises(InvalidInput, match=r"does not follow from study\.yaml: restore"):
        build_report(tmp_path)
