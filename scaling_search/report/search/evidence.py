"""How sure STEP 1's answer is, as numbers: surface, regret, noise, and what would settle it."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.findings.lack_of_fit import LackOfFit, lack_of_fit
from scaling_search.findings.optimum import (
    Optimum,
    find_optimum,
    regret_of_candidates,
    regret_of_points,
)
from scaling_search.findings.val_sampling import ValDifference, val_difference
from scaling_search.findings.winner import POWER, critical_value
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.records import Step


@dataclass(frozen=True)
class MarkedRegret:
    """What choosing a marked point would cost, in error above the best choice's (a fraction)."""

    mark: str
    candidate: Candidate
    #: Of its network, rounding and all, above the best candidate's.
    regret: Interval
    #: Of its shares alone, above the surface's lowest point: as if all were rounded alike.
    regret_of_shares: Interval


@dataclass(frozen=True)
class Settling:
    """What would tell the winner from its nearest rival, with probability 80 %."""

    rival: Candidate
    #: Difference of their expected errors.
    gap: float
    #: Seeds that each possible winner would need in all, and the runs that are missing for that.
    seeds: int
    runs: int


@dataclass(frozen=True)
class Evidence:
    """What STEP 1's runs say beside the ranking. Errors are fractions."""

    optimum: Optimum
    marked: tuple[MarkedRegret, ...]
    fit: LackOfFit
    #: Winner against the next best by single val images; None without two candidates.
    val: ValDifference | None
    settling: Settling | None


def find_evidence(
    definition: StudyDefinition, decision: Decision[Candidate], rows: Sequence[RunRow]
) -> Evidence | None:
    """None before there is a run."""
    surface = decision.surface
    if surface is None:
        return None
    able = np.flatnonzero(decision.eligible).tolist()
    among = dict(zip(able, regret_of_candidates(surface, LEVEL)))
    at = [index for index, candidate in enumerate(decision.candidates) if candidate.marks]
    shares = np.array([decision.candidates[index].shares for index in at]).reshape(-1, 3)
    marked = [
        MarkedRegret(mark, decision.candidates[index], among.get(index, of_shares), of_shares)
        for index, of_shares in zip(at, regret_of_points(surface, shares, LEVEL))
        for mark in decision.candidates[index].marks
    ]
    return Evidence(
        find_optimum(surface, LEVEL),
        tuple(marked),
        lack_of_fit(surface.design, decision.errors[decision.eligible]),
        _by_images(definition, decision, rows),
        _settling(decision),
    )


def _by_images(
    definition: StudyDefinition, decision: Decision[Candidate], rows: Sequence[RunRow]
) -> ValDifference | None:
    ranked = decision.ranked
    if len(ranked) < 2:
        return None
    count = definition.facts.val_images
    whole = [row for row in rows if row.step is Step.SEARCH and row.test_error is not None]

    def correct(candidate: Candidate) -> list[np.ndarray]:
        texts = [row.val_correct for row in whole if row.trial == candidate.id and row.val_correct]
        try:
            packed = [np.frombuffer(base64.b64decode(text), np.uint8) for text in texts]
        except (ValueError, TypeError) as error:
            raise InvalidInput(
                f"column val_correct of runs.csv is damaged ({error}): restore the file"
            ) from error
        return [np.unpackbits(bits)[:count].astype(bool) for bits in packed]

    first, second = correct(ranked[0]), correct(ranked[1])
    sizes = {len(bits) for bits in (*first, *second)}
    if not first or not second or sizes != {count}:
        return None
    return val_difference(np.array(first), np.array(second))


def _settling(decision: Decision[Candidate]) -> Settling | None:
    """By the critical value of the set, as if all that may win had equal numbers of seeds."""
    compared, winner = decision.comparison, decision.winner
    possible = compared.possible_winners
    if winner is None or compared.degrees_of_freedom < 1 or len(possible) < 2:
        return None
    best, expected = decision.candidates.index(winner), decision.expected
    rival = min((i for i in possible if i != best), key=lambda i: (float(expected[i]), i))
    gap = float(expected[rival] - expected[best])
    if not gap > 0:
        return None
    from scipy import special

    value = critical_value(len(possible), compared.degrees_of_freedom, compared.level)
    value += float(special.ndtri(POWER))
    seeds = math.ceil(2 * (value * compared.residual_sd / gap) ** 2)
    have = np.isfinite(decision.errors).sum(axis=1)
    missing = sum(max(0, seeds - int(have[i])) for i in possible)
    return Settling(decision.candidates[rival], gap, seeds, missing)
