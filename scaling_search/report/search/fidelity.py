"""Does the answer survive? The candidates that were trained again, at each other fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.agreement import Agreement, rank_agreement
from scaling_search.report.content import Table, or_reason
from scaling_search.report.words import Words
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.records import Step
from scaling_search.wording import percent


@dataclass(frozen=True)
class FidelityCheck:
    """STEP 1's candidates at another fidelity. Arrays follow `candidates`."""

    name: str
    candidates: tuple[Candidate, ...]
    #: (candidates,): mean val errors in STEP 1 and at this fidelity.
    before: np.ndarray
    now: np.ndarray
    #: (candidates,): runs at this fidelity.
    runs: np.ndarray
    #: Why there is none, where there is none.
    agreement: Agreement | str

    @property
    def best(self) -> Candidate:
        """The lowest mean error at this fidelity."""
        return self.candidates[int(np.argmin(self.now))]


def fidelity_checks(
    decision: Decision[Candidate], rows: Sequence[RunRow]
) -> tuple[FidelityCheck, ...]:
    """One for each fidelity of which runs are known, in the order of the runs."""
    names = dict.fromkeys(row.check for row in rows if row.step is Step.FIDELITY)
    return tuple(_check(decision, name, [r for r in rows if r.check == name]) for name in names)


def _check(decision: Decision[Candidate], name: str, rows: Sequence[RunRow]) -> FidelityCheck:
    known = {(r.trial, r.seed): r.val_error for r in rows if r.val_error is not None}
    seeds = sorted({seed for _, seed in known})
    kept = [i for i, c in enumerate(decision.candidates) if any(c.id == t for t, _ in known)]
    candidates = tuple(decision.candidates[i] for i in kept)
    now = np.array([[known.get((c.id, s), np.nan) for s in seeds] for c in candidates], float)
    before = decision.errors[kept]
    agreement = or_reason(lambda: rank_agreement(before, now, blocks=decision.seeded))
    runs = np.isfinite(now).sum(axis=1)
    return FidelityCheck(name, candidates, _means(before), _means(now), runs, agreement)


def _means(errors: np.ndarray) -> np.ndarray:
    known = np.isfinite(errors)
    total = np.where(known, errors, 0).sum(axis=1)
    return np.asarray(total / np.where(known.any(axis=1), known.sum(axis=1), np.nan))


def fidelity_sentence(check: FidelityCheck, winner: Candidate) -> str:
    """What one check says of the ranking and of the winner."""
    agreement = check.agreement
    best = (
        "the winner has the lowest error there too"
        if check.best.id == winner.id
        else f"trial {check.best.id} has the lowest error there"
    )
    if isinstance(agreement, str):
        return f"Fidelity {check.name}: {best}; no rank agreement, {agreement}."
    tau, ceiling = agreement.tau, agreement.ceiling
    text = (
        f"Fidelity {check.name}: {best}; Kendall's tau with STEP 1 is {tau.value:.2f} "
        f"({percent(agreement.level, 0)} interval {tau.low:.2f} to {tau.high:.2f}) "
        f"over {agreement.candidates} candidates"
    )
    if np.isnan(ceiling.low):
        return text + "; with one seed the ceiling that noise sets is not known."
    beyond, within = "the rankings differ by more than noise", "no more than noise explains"
    return (
        f"{text}; noise alone would allow {ceiling.value:.2f} ({ceiling.low:.2f} to "
        f"{ceiling.high:.2f}): {beyond if agreement.beyond_noise else within}. The best changes in "
        f"{percent(agreement.winner_changes, 0)} of redraws, by noise alone in "
        f"{percent(agreement.winner_changes_by_noise, 0)}."
    )


def fidelity_tables(checks: Sequence[FidelityCheck], words: Words) -> list[Table]:
    """A row for each candidate that was trained again; nothing where none was."""
    if not checks:
        return []
    head = ["trial", "asked by", f"{words.error} in STEP 1", *(check.name for check in checks)]
    listed = {c.id: c for check in checks for c in check.candidates}
    rows = []
    for trial, candidate in listed.items():
        cells, before = [""] * len(checks), ""
        for column, check in enumerate(checks):
            if candidate in check.candidates:
                at = check.candidates.index(candidate)
                before = words.metric.text(check.before[at])
                cells[column] = f"{words.metric.text(check.now[at])} ({check.runs[at]})"
        rows.append([trial, ", ".join(candidate.marks) or "search", before, *cells])
    note = (
        f"Does the answer survive? Mean {words.errors} of candidates that were trained again at "
        "another fidelity, with the number of seeds."
    )
    return [Table(head, rows, note)]
