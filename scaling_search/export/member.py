"""Which network of a study is exported, and what the study knows of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from scaling_search.baselines import FamilyMember, OwnBaseline, largest_within
from scaling_search.errors import InvalidInput, finite_number
from scaling_search.findings.interval import LEVEL, UNKNOWN, Interval
from scaling_search.report.search.answer import first_sentence
from scaling_search.report.search.found import Found, find
from scaling_search.scaling import Architecture, Coefficients
from scaling_search.study.definition import PlannedRun
from scaling_search.study.files.runs_csv import RunRow, read_runs, runs_by_key
from scaling_search.study.kinds import BaselineSearch, ScalingSearch, kind_of
from scaling_search.study.limits import require_describable
from scaling_search.study.read import Study, read_study
from scaling_search.study.records import Step
from scaling_search.study.sizes import member_at

#: No family is listed beyond.
_FURTHEST_PHI = 20
#: 4 GB of weights, of which three copies are in memory.
_MOST_PARAMS = 10**9


@dataclass(frozen=True)
class TrainedRun:
    """A run of the member that was trained to its end, and what came of it."""

    run: PlannedRun
    row: RunRow


@dataclass(frozen=True)
class Chosen:
    """A member of the family of a study's winner."""

    found: Found
    coefficients: Coefficients
    member: FamilyMember
    #: Its finished runs, that of the lowest val error first; empty where it was not trained.
    runs: tuple[TrainedRun, ...]

    @property
    def study(self) -> Study:
        """Where it comes from."""
        return self.found.study

    @property
    def architecture(self) -> Architecture:
        """As data."""
        return self.member.architecture

    @property
    def phi(self) -> float:
        """The compound coefficient that gives it."""
        assert self.member.phi is not None
        return self.member.phi

    @property
    def name(self) -> str:
        """A name of Python's: `searched_micro_phi3`, `resnet50_phi_minus_0_5`."""
        phi = f"{self.phi:.4g}".replace("-", "_minus_")
        return re.sub(r"\W", "_", f"{self.member.baseline.name}_phi{phi}", flags=re.ASCII)

    @property
    def answer(self) -> str:
        """How sure the coefficients are, in a sentence."""
        return first_sentence(self.found)

    @cached_property
    def measured(self) -> Interval | None:
        """Mean error of its runs, on test where there is one; None where it was not trained.

        The interval is known of sizes of STEP 2.
        """
        table = self.found.family.table
        rows = table[(table["member"] == self.member.id) & (table["runs"] > 0)]
        if len(rows):
            row = rows.iloc[0]
            return Interval(float(row["error"]), float(row["error_low"]), float(row["error_high"]))
        errors = [error for trained in self.runs if (error := self.judged(trained)) is not None]
        return UNKNOWN._replace(value=float(np.mean(errors))) if errors else None

    @cached_property
    def forecast(self) -> Interval | str:
        """What the law of the trained sizes says of its error, or why there is no law."""
        law = self.found.family.law
        if isinstance(law, str):
            return law
        said = law.predict(self.member.amount, level=LEVEL)
        return Interval(*(float(part[0]) for part in (said.mean, said.low, said.high)))

    @property
    def trained_phi(self) -> list[float]:
        """The compound coefficients of the members that were trained."""
        definition = self.study.definition
        known = {row.run for row in self.found.rows if row.val_error is not None}
        runs = definition.family_runs(self.coefficients)
        sizes = {run.member.phi for run in runs if run.spec.key in known}
        return sorted({1.0, *(phi for phi in sizes if phi is not None)})

    @property
    def above_native(self) -> bool:
        """Whether it asks for more pixels than the study's images have."""
        return self.member.resolution > self.study.definition.facts.largest_resolution

    def judged(self, trained: TrainedRun) -> float | None:
        """The error of a run by which families are judged."""
        row = trained.row
        return row.test_error if self.study.definition.has_test else row.val_error


def choose(folder: Path, phi: float | None, at_most: Mapping[str, Any] | None = None) -> Chosen:
    """The member at a compound coefficient, or the largest within bounds such as {macs: 600e6}.

    Everything follows from the study's records; nothing that they name is run. Raises InvalidInput.
    """
    study = read_study(folder)
    definition = study.definition
    if not isinstance(kind_of(definition), ScalingSearch):
        kind = definition.settings.sweep.kind
        scaled = f"; +sweep=grid baseline=found baseline.from={folder} scales what it has found"
        raise InvalidInput(
            f"{folder} is a study of +sweep={kind}, which has no family: give a "
            f"{ScalingSearch.NAME}, +sweep=grid, race or optuna"
            + (scaled if isinstance(kind_of(definition), BaselineSearch) else "")
        )
    baseline, settings = definition.baseline, definition.settings
    if isinstance(baseline, OwnBaseline):
        raise InvalidInput(
            f"the baseline of {folder} is the function {baseline.name}, whose code cannot be "
            "written as a file of its own: build its members where that code is, with "
            f"scaling_search.load_baseline({baseline.name!r}, ...) and scale(...).build()"
        )
    rows = read_runs(folder)
    found = find(study, rows)
    if found.decision.winner is None:
        raise InvalidInput(f"{folder} has no winner yet, so there is no family: finish a run first")
    coefficients = found.decision.winner.coefficients
    ratio = settings.constraint.cost_ratio
    rule = settings.family.rule(coefficients, ratio)
    if at_most:
        bounds = definition.pricing.bounds(at_most, "--")
        member = largest_within(baseline, rule, bounds)
    else:
        phi = finite_number("--phi", phi)
        if abs(phi) > _FURTHEST_PHI:
            raise InvalidInput(
                f"--phi is {phi:g}, but must lie between -{_FURTHEST_PHI} and {_FURTHEST_PHI}"
            )
        member = member_at(baseline, rule, phi, ratio)
    smaller = f"take a smaller {'budget' if at_most else 'phi'}"
    require_describable(member, smaller)
    if member.cost.params > _MOST_PARAMS:
        raise InvalidInput(
            f"phi = {member.phi:g} has {member.cost.params:,} parameters, but must have at most "
            f"{_MOST_PARAMS:,} to be built and compared here: {smaller}"
        )
    return Chosen(found, coefficients, member, _runs_of(found, coefficients, member))


def _runs_of(
    found: Found, coefficients: Coefficients, member: FamilyMember
) -> tuple[TrainedRun, ...]:
    """The member's finished runs: those of STEP 2, and of the winner those of STEP 1."""
    definition, rows = found.study.definition, runs_by_key(found.rows)
    planned = [run for run in definition.family_runs(coefficients) if run.member.id == member.id]
    winner = found.decision.winner
    if winner is not None and winner.id == member.id:
        planned += [
            definition.run(Step.SEARCH, winner.member, 1.0, seed)
            for seed in definition.settings.sweep.seeds
        ]
    runs = {run.spec.key: run for run in planned if run.spec.key in rows}
    trained = [TrainedRun(run, rows[key]) for key, run in runs.items()]
    finished = [one for one in trained if one.row.val_error is not None]
    return tuple(sorted(finished, key=lambda one: one.row.val_error or 0.0))
