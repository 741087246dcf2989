"""Does the answer survive? The candidates that were trained again, at each other fidelity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scaling_search.errors import InvalidInput
from scaling_search.findings.agreement import Agreement, rank_agreement
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study.fidelity import STEP


@dataclass(frozen=True)
class FidelityCheck:
    """STEP 1's candidates at another fidelity. Arrays follow `candidates`; errors are fractions."""

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


def fidelity_checks(decision: Decision[Candidate], runs: pd.DataFrame) -> tuple[FidelityCheck, ...]:
    """One for each fidelity of which runs are known, in the order of the runs."""
    steps = [step for step in runs["step"].unique() if step.startswith(STEP)]
    return tuple(_check(decision, step, runs[runs["step"] == step]) for step in steps)


def _check(decision: Decision[Candidate], step: str, runs: pd.DataFrame) -> FidelityCheck:
    table = runs.pivot_table(index="trial", columns="seed", values="val_error")
    kept = [i for i, c in enumerate(decision.candidates) if c.id in table.index]
    candidates = tuple(decision.candidates[i] for i in kept)
    now = table.loc[[c.id for c in candidates]].to_numpy(float)
    before = decision.errors[kept]
    agreement: Agreement | str
    try:
        agreement = rank_agreement(before, now)
    except InvalidInput as error:
        agreement = str(error)
    return FidelityCheck(
        step.removeprefix(STEP),
        candidates,
        _means(before),
        _means(now),
        np.isfinite(now).sum(axis=1),
        agreement,
    )


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
        f"({agreement.level:.0%} interval {tau.low:.2f} to {tau.high:.2f}) over "
        f"{agreement.candidates} candidates"
    )
    if np.isnan(ceiling.low):
        return text + "; with one seed the ceiling that noise sets is not known."
    verdict = (
        "the rankings differ by more than noise"
        if agreement.beyond_noise
        else "no more than noise explains"
    )
    return (
        f"{text}; noise alone would allow {ceiling.value:.2f} ({ceiling.low:.2f} to "
        f"{ceiling.high:.2f}): {verdict}. The best changes in "
        f"{agreement.winner_changes:.0%} of redraws, by noise alone in "
        f"{agreement.winner_changes_by_noise:.0%}."
    )


def fidelity_rows(checks: tuple[FidelityCheck, ...]) -> tuple[list[str], list[list[str]]]:
    """(head, rows): a row for each candidate that was trained again."""
    head = ["trial", "asked by", "val error in STEP 1"] + [check.name for check in checks]
    listed: dict[str, Candidate] = {c.id: c for check in checks for c in check.candidates}
    rows = []
    for trial, candidate in listed.items():
        cells, before = [], ""
        for check in checks:
            if candidate not in check.candidates:
                cells.append("")
                continue
            at = check.candidates.index(candidate)
            before = f"{100 * check.before[at]:.1f} %"
            cells.append(f"{100 * check.now[at]:.1f} % ({check.runs[at]})")
        rows.append([trial, ", ".join(candidate.marks) or "search", before, *cells])
    return head, rows
