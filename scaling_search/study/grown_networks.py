"""What a study of growth takes from a finished search: its family and its candidates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.search import SearchSweep
from scaling_search.series.growth import GrowthSettings, row_of, spread_evenly
from scaling_search.study.asks import read_candidates
from scaling_search.study.decision import decide_by_rows
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study


def with_networks(sweep: GrowthSettings, baseline: BaselineSettings) -> GrowthSettings:
    """The sweep with what it takes from its study as numbers: study.yaml then stands alone.

    Raises InvalidInput where that is no finished search of the same baseline.
    """
    if not sweep.study:
        if not sweep.family:
            raise InvalidInput("sweep.study is missing: sweep.study=experiments/NAME")
        return sweep
    study = read_study(sweep.study)
    theirs, given = study.definition.settings, f"sweep.study is {sweep.study!r}, but"
    if not isinstance(theirs.sweep, SearchSweep):
        raise InvalidInput(
            f"{given} that is a study of +sweep={theirs.sweep.kind}: give one of +sweep=grid, race "
            "or optuna"
        )
    if not study.search_ended:
        raise InvalidInput(f"{given} that search has not ended: repeat its command first")
    if theirs.baseline != baseline:
        raise InvalidInput(
            f"{given} its baseline is {theirs.baseline.target!r} and this one's "
            f"{baseline.target!r}: give the baseline= of that study"
        )
    definition = study.definition
    sizes = definition.trained_sizes(study.winning_coefficients)
    decision = decide_by_rows(
        definition, read_candidates(study.folder, definition), read_runs(study.folder)
    )
    places = spread_evenly(len(decision.ranked), sweep.ranked)
    return replace(
        sweep,
        # The folder's name: the same study by another path is the same study.
        study=Path(sweep.study).resolve().name,
        family=[row_of(member, member.phi or 0.0) for member in sizes],
        candidates=[row_of(decision.ranked[place].member, 1.0) for place in places],
    )
