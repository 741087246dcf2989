"""A study decides by its live answers as its report does by the folder, whatever became of runs."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from committed import long_but
from fakes import SETTINGS, diverged, fake_outcome, fake_study, inline
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.execution import InlineExecutor
from scaling_search.proxy import Job
from scaling_search.search import Budget, Candidate, OptunaSettings, RaceSettings
from scaling_search.search.decide import Decision
from scaling_search.study import StudyDefinition, read_definition, running
from scaling_search.study.asks import read_candidates
from scaling_search.study.decision import decide_by_rows
from scaling_search.study.files.runs_csv import read_runs

BASE = replace(
    SETTINGS,
    recipe=replace(SETTINGS.recipe, epochs=3),
    family=replace(SETTINGS.family, train_up_to=0.5, sizes=2, span=2.0),
)
STUDIES = {
    "grid": BASE,
    "rungs": replace(
        BASE,
        sweep=OptunaSettings(asks=8, lag=3, bracket=4, rungs=[1], reduction=2, round=2),
        budget=Budget(runs=12),
    ),
    "race": replace(
        BASE,
        sweep=RaceSettings(alpha=[1.0, 1.19, 1.41], beta=[1.0, 1.12, 1.26], start=5, round=3),
        budget=Budget(runs=12),
    ),
}


def troubled(seed: int, diverging: float, failing: float) -> InlineExecutor[Job, Any]:
    """Runs diverge, or fail however often they are tried, by chance."""

    def outcome(job: Job) -> Any:
        chance = random.Random(f"{seed} {job.spec.key}").random()
        if chance < diverging:
            return diverged()
        if chance > 1 - failing:
            raise RuntimeError("a worker's trouble")
        return fake_outcome(job)

    return inline(outcome)


@pytest.mark.parametrize("name", long_but(STUDIES, "grid"))
@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    diverging=st.sampled_from([0.0, 0.1, 0.4]),
    failing=st.sampled_from([0.0, 0.1, 0.4]),
)
def test_the_report_decides_as_the_study_did(
    name: str, seed: int, diverging: float, failing: float
) -> None:
    live: list[Decision[Candidate]] = []
    decide = StudyDefinition.decide

    def kept(definition: StudyDefinition, *known: Any) -> Decision[Candidate]:
        live.append(decide(definition, *known))
        return live[-1]

    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(StudyDefinition, "decide", kept)
        patch.setattr(running, "copy_for_dashboard", lambda *_: None)
        folder = fake_study(Path(place), STUDIES[name], troubled(seed, diverging, failing))
        definition = read_definition(folder)
        rows = read_runs(folder)
        decide_by_rows(definition, read_candidates(folder, definition), rows)
    one, other = live
    assert np.array_equal(one.errors, other.errors, equal_nan=True)
    assert one.diverged == other.diverged
    assert [c.id for c in one.ranked] == [c.id for c in other.ranked]
    assert np.array_equal(one.expected, other.expected, equal_nan=True)
    assert one.stopped == other.stopped
    assert one.decided == other.decided
    # STEP 2 scales what the report calls the winner.
    winner, family = other.winner, {run.trial for run in rows if run.step == "family"}
    runs = definition.family_runs(winner.coefficients) if winner else ()
    assert family <= {run.trial for run in runs}
