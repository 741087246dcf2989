"""All that the report of a search says, as numbers, each computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from scaling_search.report.search.evidence import Evidence, find_evidence
from scaling_search.report.search.family import Family, make_family
from scaling_search.report.search.fidelity import FidelityCheck, fidelity_checks
from scaling_search.report.search.trials import trials_table
from scaling_search.report.words import Words, of_val
from scaling_search.search import Candidate, Candidates
from scaling_search.search.decide import Decision
from scaling_search.study.asks import read_candidates
from scaling_search.study.decision import decide_by_rows
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """A search, finished or not."""

    study: Study
    rows: Sequence[RunRow]
    candidates: Candidates
    decision: Decision[Candidate]
    #: None before there is a run.
    evidence: Evidence | None
    #: Empty where nothing was trained at another fidelity.
    fidelity: tuple[FidelityCheck, ...]
    trials: pd.DataFrame
    family: Family

    @property
    def all_diverged(self) -> int:
        """How many runs STEP 1 has where it has ended without one that has not diverged; else 0."""
        ended = self.study.search_ended and self.decision.winner is None
        return sum(self.decision.diverged) if ended else 0

    @property
    def words(self) -> Words:
        """Of the errors that decide."""
        return of_val(self.study.definition)


def find(study: Study, rows: Sequence[RunRow]) -> Found:
    """From a study's records alone. Raises InvalidInput where they contradict each other."""
    definition = study.definition
    candidates = read_candidates(study.folder, definition)
    decision = decide_by_rows(definition, candidates, rows)
    winner = decision.winner
    return Found(
        study=study,
        rows=rows,
        candidates=candidates,
        decision=decision,
        evidence=find_evidence(definition, decision, rows),
        fidelity=fidelity_checks(decision, rows),
        trials=trials_table(definition, decision),
        family=make_family(definition, winner.coefficients if winner else None, rows),
    )
