"""Reports of trainings whose seed means nothing: their runs are mere repetitions."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from committed import EXPERIMENTS, long_but

from scaling_search.report.content import Content
from scaling_search.report.kinds import CONTENT
from scaling_search.report.page import render
from scaling_search.study.files.runs_csv import RunRow, read_runs
from scaling_search.study.read import Study, read_study

#: Each with the file of its verdict.
STUDIES = {
    "glyphs-proxy": "winner.json",
    "omniglot-fidelity": "winner.json",
    "glyphs-step-0": "baseline.json",
    "glyphs-observation1": "verdict.json",
    "glyphs-observation2": "verdict.json",
    "glyphs-balance": "verdict.json",
    "glyphs-single-vs-compound": "verdict.json",
}
each_study = pytest.mark.parametrize("name", long_but(STUDIES, "glyphs-quick", "glyphs-step-0"))


def reported(name: str, *, seeded: bool, rows: Sequence[RunRow] = ()) -> Content:
    """The report of a committed study, had its trainings had seeds that mean something or not."""
    before = read_study(EXPERIMENTS / name)
    trainer = copy.copy(before.definition.settings.trainer)
    # The built-in training cannot say so; that of a user's can.
    object.__setattr__(trainer, "seeded", seeded)
    settings = replace(before.definition.settings, trainer=trainer)
    study = Study(before.folder, replace(before.definition, settings=settings))
    return CONTENT[settings.sweep.kind](study, tuple(rows) or runs_of(name))


def runs_of(name: str) -> tuple[RunRow, ...]:
    """Without what is known of single images."""
    return tuple(replace(row, val_correct="") for row in read_runs(EXPERIMENTS / name))


def turned(rows: Sequence[RunRow]) -> list[RunRow]:
    """The runs of each network, of one fidelity, changed places among the seeds."""
    groups: dict[Any, list[RunRow]] = defaultdict(list)
    for row in rows:
        groups[row.trial, row.step, row.check, row.epochs].append(row)
    found = []
    for number, group in enumerate(groups.values()):
        for place, row in enumerate(group):
            other = group[(place + number) % len(group)]
            errors = {"val_error": other.val_error, "test_error": other.test_error}
            found.append(replace(row, status=other.status, **errors))
    return found


def verdict(name: str, content: Content) -> Any:
    return numbers(json.loads(content.files[STUDIES[name]]))


def numbers(told: Any) -> Any:
    """What a verdict says, numbers to six places."""
    if isinstance(told, dict):
        return {name: numbers(value) for name, value in told.items()}
    if isinstance(told, list):
        return [numbers(value) for value in told]
    return round(told, 6) if isinstance(told, float) else told


@pytest.mark.usefixtures("undrawn")
@each_study
def test_it_does_not_matter_which_seed_a_run_had(name: str) -> None:
    rows = turned(runs_of(name))
    one, other = (reported(name, seeded=False, rows=r) for r in (runs_of(name), rows))
    assert verdict(name, one) == verdict(name, other)
    paired = [verdict(name, reported(name, seeded=True, rows=r)) for r in (runs_of(name), rows)]
    assert paired[0] != paired[1]


@pytest.mark.usefixtures("undrawn")
@each_study
def test_nothing_is_paired(name: str) -> None:
    told = {s: render(name, reported(name, seeded=s))["report.md"] for s in (True, False)}
    assert "paired by seed" not in told[False]
    assert "seeds as blocks" not in told[False]
    if name != "glyphs-step-0":
        assert "paired by seed" in told[True] or "seeds as blocks" in told[True]
