"""Another study, which a setting names by its folder."""

from __future__ import annotations

from collections.abc import Iterable

from scaling_search.errors import InvalidInput
from scaling_search.search import SearchSweep, SweepSettings
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.series import SharesSettings
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.planned_run import PlannedRun
from scaling_search.study.read import Study, read_study
from scaling_search.text_file import expanded

#: What a message asks for, by the kind of study that is wanted.
_GIVE: dict[type[SweepSettings], str] = {
    SearchSweep: "a finished search: +sweep=grid, race or optuna",
    BaselineSearchSettings: "a finished study of +sweep=baseline",
    SharesSettings: "a finished study of +sweep=shares",
}


def finished_study(setting: str, folder: str, kind: type[SweepSettings]) -> Study:
    """The study in a folder, whose search has ended. setting: what names it, such as sweep.study.

    Raises InvalidInput where no study is there, or one of another kind, or one that goes on.
    """
    if not folder.strip():
        raise InvalidInput(f"{setting} is empty: give the folder of {_GIVE[kind]}")
    given = f"{setting} is {folder!r}, but"
    if not (expanded(folder) / "study.yaml").is_file():
        raise InvalidInput(f"{given} no study is there: give the folder of {_GIVE[kind]}")
    study = read_study(folder)
    sweep = study.definition.settings.sweep
    if not isinstance(sweep, kind):
        raise InvalidInput(f"{given} that is a study of +sweep={sweep.kind}: give {_GIVE[kind]}")
    if not study.search_ended:
        raise _unfinished(setting, folder)
    return study


def require_trained(setting: str, study: Study, runs: Iterable[PlannedRun]) -> None:
    """Raise InvalidInput where some of these runs of a named study have no result."""
    known = {row.run for row in read_runs(study.folder)}
    if not known or any(run.spec.key not in known for run in runs):
        raise _unfinished(setting, str(study.folder))


def name_of(folder: str) -> str:
    """What study.yaml keeps of the folder: the same study by another path is the same study."""
    return expanded(folder).resolve().name


def _unfinished(setting: str, folder: str) -> InvalidInput:
    return InvalidInput(
        f"{setting} is {folder!r}, but that study has not ended: repeat its command first"
    )
