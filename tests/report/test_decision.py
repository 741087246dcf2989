"""Runs that belong to the study decide; those of another are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.study import StudyDefinition
from scaling_search.study.files.study_yaml import read_definition, write_definition

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def longer(definition: StudyDefinition) -> StudyDefinition:
    recipe = replace(definition.settings.recipe, momentum=0.8)
    return replace(definition, settings=replace(definition.settings, recipe=recipe))


def other_data(definition: StudyDefinition) -> StudyDefinition:
    return replace(definition, facts=replace(definition.facts, identity="0" * 16))


@pytest.mark.parametrize("change", [longer, other_data])
@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-observation2"])
def test_runs_of_another_study_yaml_are_refused(
    tmp_path: Path, name: str, change: Callable[[StudyDefinition], StudyDefinition]
) -> None:
    write_definition(tmp_path, change(read_definition(EXPERIMENTS / name)))
    (tmp_path / "runs.csv").write_bytes((EXPERIMENTS / name / "runs.csv").read_bytes())
    with pytest.raises(InvalidInput, match=r"does not follow from study\.yaml: restore"):
        build_report(tmp_path)
