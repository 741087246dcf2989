"""All that the report of STEP 0 says, as numbers, each computed once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scaling_search.findings.interval import LEVEL, UNKNOWN, Interval, tails
from scaling_search.report.words import Words, of_val
from scaling_search.search.baseline import BaselineCandidate, BaselineDecision
from scaling_search.search.baseline.shape import shape_text
from scaling_search.study.files.proposals_csv import PROPOSALS_CSV
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.kinds.baseline import BaselineSearch
from scaling_search.study.read import Study


@dataclass(frozen=True, kw_only=True)
class Existing:
    """An existing baseline beside the found one."""

    candidate: BaselineCandidate
    runs: int
    val_error: float
    test_error: float
    #: Its val error above what is expected of the found one.
    worse: Interval


@dataclass(frozen=True, eq=False, kw_only=True)
class FoundBaseline:
    """A search of a baseline, finished or not."""

    study: Study
    decision: BaselineDecision
    #: The present baseline first.
    existing: tuple[Existing, ...]
    #: Proposals, and those of them that have no network.
    asked: int
    without_network: int
    #: One row a network, the best value of the objective first.
    table: pd.DataFrame

    @property
    def words(self) -> Words:
        """Of the errors that decide."""
        return of_val(self.study.definition)

    @property
    def has_test(self) -> bool:
        """Whether networks have test errors beside those that decide."""
        return self.study.definition.has_test

    @property
    def winner(self) -> BaselineCandidate | None:
        return self.decision.winner

    @property
    def at_the_edge(self) -> str:
        """The largest options that the winner takes wherever it could, as they are typed."""
        if self.winner is None:
            return ""
        architecture = self.winner.member.architecture
        taken = {
            "resolutions": {self.winner.member.resolution},
            "stages": {len(architecture.stages)},
            "repeats": set(architecture.repeats),
            "kernels": {stage.kernel for stage in architecture.stages},
            "expansions": {stage.expansion for stage in architecture.stages},
        }
        sweep = BaselineSearch(self.study.definition).sweep
        options: dict[str, list[int]] = {name: getattr(sweep, name) for name in taken}
        edges = [
            f"sweep.{name} up to {max(options[name])}"
            for name, values in taken.items()
            if len(options[name]) > 1 and min(values) >= max(options[name])
        ]
        return ", ".join(edges)


def find(study: Study, rows: Sequence[RunRow]) -> FoundBaseline:
    """From a study's records alone. Raises InvalidInput where they contradict each other."""
    kind = BaselineSearch(study.definition)
    decision = kind.decide(study.folder, rows)
    tests: dict[str, list[float]] = {}
    for row in rows:
        if row.test_error is not None:
            tests.setdefault(row.trial, []).append(row.test_error)
    asks = [row for row in PROPOSALS_CSV.read(study.folder) if not row.mark]
    test_error = {trial: float(np.mean(errors)) for trial, errors in tests.items()}
    return FoundBaseline(
        study=study,
        decision=decision,
        existing=tuple(_existing(decision, candidate, test_error) for candidate in kind.existing),
        asked=len(asks),
        without_network=sum(not row.trial for row in asks),
        table=_table(decision, test_error),
    )


def _existing(
    decision: BaselineDecision, candidate: BaselineCandidate, test_error: dict[str, float]
) -> Existing:
    trials = [c.id for c in decision.candidates]
    errors = np.array([])
    if candidate.id in trials:
        errors = decision.errors[trials.index(candidate.id)]
        errors = errors[np.isfinite(errors)]
    return Existing(
        candidate=candidate,
        runs=len(errors),
        val_error=float(errors.mean()) if len(errors) else math.nan,
        test_error=test_error.get(candidate.id, math.nan),
        worse=_worse(decision, errors),
    )


def _worse(decision: BaselineDecision, errors: np.ndarray) -> Interval:
    winner = decision.winner
    if winner is None or not len(errors):
        return UNKNOWN
    at = [c.id for c, able in zip(decision.candidates, decision.proposed) if able].index(winner.id)
    draws = decision.noise.mean_of(errors, len(decision.log_error)) - np.exp(
        decision.log_error[:, at]
    )
    low, high = np.quantile(draws, tails(LEVEL))
    return Interval(float(draws.mean()), float(low), float(high))


def _table(decision: BaselineDecision, test_error: dict[str, float]) -> pd.DataFrame:
    order = {candidate.id: place for place, candidate in enumerate(decision.ranked)}
    frontier = {candidate.id for candidate in decision.frontier}
    rows = []
    for index, candidate in enumerate(decision.candidates):
        known = decision.errors[index][np.isfinite(decision.errors[index])]
        stopped = decision.runs.stopped[index]
        cost = candidate.member.cost
        rows.append(
            {
                "trial": candidate.id,
                "mark": candidate.mark,
                "network": shape_text(candidate.member),
                "resolution": candidate.member.resolution,
                "macs": cost.macs,
                "params": cost.params,
                "activations": cost.activations,
                "amount": candidate.amount,
                "runs": len(known),
                "diverged": decision.runs.diverged[index],
                "val_error": known.mean() if len(known) else math.nan,
                "expected_error": decision.expected[index],
                "expected_sd": decision.expected_sd[index],
                "p_best": decision.p_best[index],
                "frontier": candidate.id in frontier,
                "stopped_at": stopped[0] if stopped else None,
                "test_error": test_error.get(candidate.id, math.nan),
                "place": order.get(candidate.id, len(order)),
            }
        )
    table = pd.DataFrame(rows)
    table["stopped_at"] = table["stopped_at"].astype("Int64")
    table = table.sort_values(["place", "trial"], kind="stable", ignore_index=True)
    return table.drop(columns="place")
