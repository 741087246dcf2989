"""What a study of growth takes from a finished search: its family and its candidates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings
from scaling_search.search import SearchSweep
from scaling_search.series.growth import GrowthSettings, row_of, spread_evenly
from scaling_search.study.asks import read_candidates
from scaling_search.study.decision import decide_by_rows
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.other_study import finished_study, name_of
from scaling_search.study.settings import StudySettings
from scaling_search.study.source_study import NOT_GIVEN


def with_networks(settings: StudySettings) -> StudySettings:
    """The settings with what comes from the finished search, as numbers: study.yaml then stands
    alone. Other kinds of study stay as they are.

    Raises InvalidInput where that is no finished search of the same baseline and data.
    """
    sweep = settings.sweep
    if not isinstance(sweep, GrowthSettings):
        return settings
    if sweep.family or sweep.candidates:
        raise InvalidInput(
            "sweep.family and sweep.candidates follow from sweep.study: leave them out"
        )
    study = finished_study("sweep.study", sweep.study, SearchSweep)
    theirs, given = study.definition.settings, f"sweep.study is {sweep.study!r}, but"
    if settings.baseline not in (NOT_GIVEN, theirs.baseline):
        raise InvalidInput(
            f"{given} its networks are scaled from {theirs.baseline.target!r} and the baseline is "
            f"{settings.baseline.target!r}, or has other settings: leave baseline= out"
        )
    if _which(settings.data) != _which(theirs.data):
        raise InvalidInput(f"{given} it was made on other data: give the data= of that study")
    definition = study.definition
    sizes = definition.trained_sizes(study.winning_coefficients)
    ranked = decide_by_rows(
        definition, read_candidates(study.folder, definition), read_runs(study.folder)
    ).ranked
    found = replace(
        sweep,
        study=name_of(sweep.study),
        family=[row_of(member, member.phi or 0.0) for member in sizes],
        candidates=[
            row_of(ranked[place].member, 1.0) for place in spread_evenly(len(ranked), sweep.ranked)
        ],
    )
    return replace(settings, baseline=theirs.baseline, sweep=found)


def _which(data: DataSettings) -> tuple[str, str, str]:
    """What data are called, wherever they lie."""
    return data.kind, data.name, Path(data.path).name
