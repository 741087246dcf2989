"""`baseline=found`: the stage table that a study of +sweep=baseline has found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scaling_search.baselines import FOUND, BaselineSettings, read_table
from scaling_search.errors import InvalidInput
from scaling_search.study.files.text_file import damaged, read_text
from scaling_search.study.files.yaml_text import LARGEST, YAML_ERRORS, plain_yaml
from scaling_search.study.read import read_study

#: The file that holds it.
BASELINE_YAML = "baseline.yaml"


def with_table(settings: BaselineSettings) -> BaselineSettings:
    """The settings with the table itself in place of where it stands. Raises InvalidInput."""
    if not settings.from_:
        return settings
    if settings.name != FOUND:
        raise InvalidInput(
            f"baseline.from is {settings.from_!r}, but the baseline is {settings.name!r}: give "
            "baseline=found, or leave baseline.from= out"
        )
    path = Path(settings.from_).expanduser()
    if path.suffix not in (".yaml", ".yml"):
        path = _of_study(path)
    remedy = "restore it, or make it anew: python -m scaling_search.report with its folder"
    text = read_text(path, remedy, LARGEST)
    if text is None:
        raise InvalidInput(
            f"baseline.from is {settings.from_!r}, but there is no {path}: give the folder of a "
            "finished study of +sweep=baseline, or its baseline.yaml"
        )
    try:
        table = plain_yaml(text)
        read_table(table)
    except YAML_ERRORS as error:
        raise damaged(path, error, remedy) from error
    return replace(settings, from_="", table=table)


def _of_study(folder: Path) -> Path:
    """The file of a study's folder. Raises InvalidInput where the study has none to give yet."""
    if not (folder / "study.yaml").is_file():
        raise InvalidInput(
            f"baseline.from is {str(folder)!r}, but no study is there: give the folder of a "
            "finished study of +sweep=baseline, or a baseline.yaml"
        )
    study = read_study(folder)
    kind = study.definition.settings.sweep.kind
    if kind != "baseline":
        raise InvalidInput(
            f"baseline.from is {str(folder)!r}, but that is a study of +sweep={kind}: give one of "
            "+sweep=baseline"
        )
    if not study.search_ended:
        raise InvalidInput(
            f"baseline.from is {str(folder)!r}, but that search has not ended: repeat its command "
            "first"
        )
    return folder / BASELINE_YAML
