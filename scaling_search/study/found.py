"""`baseline=found`: the stage table that a study of +sweep=baseline has found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from scaling_search.baselines import FOUND, BaselineSettings, read_table
from scaling_search.errors import InvalidInput
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.study.files.proposals_csv import network_of
from scaling_search.study.files.yaml_text import LARGEST, YAML_ERRORS, plain_yaml
from scaling_search.study.other_study import finished_study
from scaling_search.study.read import Study
from scaling_search.text_file import damaged, expanded, read_text

#: The file that holds it.
BASELINE_YAML = "baseline.yaml"
_REMEDY = "restore it, or make it anew: python -m scaling_search.report with its folder"


def looked_up(settings: BaselineSettings) -> BaselineSettings:
    """The settings with all that is looked up elsewhere: timm's resolution, a found table.

    Raises InvalidInput.
    """
    settings = settings.resolved()
    if not settings.from_:
        return settings
    if settings.name != FOUND:
        raise InvalidInput(
            f"baseline.from is {settings.from_!r}, but the baseline is {settings.name!r}: give "
            "baseline=found, or leave baseline.from= out"
        )
    path = expanded(settings.from_, "baseline.from")
    if (path.parent / "study.yaml").is_file() and not path.exists():
        return replace(settings, from_="", table=_of_trial(path.parent, path.name))
    if path.suffix not in (".yaml", ".yml"):
        path = _study_at(path).folder / BASELINE_YAML
    text = read_text(path, _REMEDY, LARGEST)
    if text is None:
        raise InvalidInput(
            f"baseline.from is {settings.from_!r}, but there is no {path}: give the folder of a "
            "finished study of +sweep=baseline, or its baseline.yaml"
        )
    try:
        table = plain_yaml(text)
        read_table(table)
    except YAML_ERRORS as error:
        raise damaged(path, error, _REMEDY) from error
    return replace(settings, from_="", table=table)


def _of_trial(folder: Path, trial: str) -> Any:
    """The table of one of a search's networks."""
    network = network_of(_study_at(folder).folder, trial)
    if network is None:
        raise InvalidInput(
            f"baseline.from is {str(folder / trial)!r}, but that is a search which has no proposed "
            "network of that name: take one of its trials.csv"
        )
    return network


def _study_at(folder: Path) -> Study:
    return finished_study("baseline.from", str(folder), BaselineSearchSettings)
