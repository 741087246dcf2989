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
from scaling_search.findings.surface import Surface
from scaling_search.findings.val_sampling import ValDifference, val_difference
from scaling_search.findings.winner import difference_widths
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.records import Step


@dataclass(frozen=True)
class MarkedRegret:
    """What choosing a marked point would cost, in error above the best choice's."""

    mark: str
    candidate: Candidate
    #: Of its network, rounding and all, above the best candidate's.
    regret: Interval
    #: Of its shares alone, above the surface's lowest point: as if all were rounded alike.
    regret_of_shares: Interval


@dataclass(frozen=True)
class Noise:
    """How well errors near the winner's are known."""

    #: Standard deviation of a single run about its network's mean, the effect of its seed taken
    #: out: from repeated runs and what is believed before any.
    run: Interval
    #: Half the width of the interval of the difference between the winner and a typical rival, by
    #: the surface: the median over those that may be the best, or over all; nan without a rival.
    difference: float


@dataclass(frozen=True)
class Settling:
    """What would tell the winner from its nearest rival, with probability 80 %."""

    rival: Candidate
    #: Difference of their expected errors.
    gap: float
    #: Seeds that each of the two would need in all; the interval is that of the noise.
    seeds: Interval
    #: Runs that are missing for that.
    runs: int


@dataclass(frozen=True)
class Evidence:
    """What STEP 1's runs say beside the ranking."""

    optimum: Optimum
    marked: tuple[MarkedRegret, ...]
    fit: LackOfFit
    #: Winner against the next best by single val images; None without two candidates.
    val: ValDifference | None
    noise: Noise
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
        lack_of_fit(surface.design, decision.errors[decision.eligible], decision.seeded),
        _by_images(definition, decision, rows),
        _noise(decision, surface),
        _settling(decision),
    )


def _by_images(
    definition: StudyDefinition, decision: Decision[Candidate], rows: Sequence[RunRow]
) -> ValDifference | None:
    ranked = decision.ranked
    if len(ranked) < 2:
        return None
    count = definition.facts.val_images
    if not count:
        return None
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


def _noise(decision: Decision[Candidate], surface: Surface) -> Noise:
    able = [c for c, eligible in zip(decision.candidates, decision.eligible) if eligible]
    best = next(i for i, candidate in enumerate(able) if candidate is decision.winner)
    width, others = difference_widths(surface, best), np.arange(len(able)) != best
    rivals = others & decision.possible[decision.eligible]
    width = width[rivals if rivals.any() else others]
    return Noise(
        Interval(*(float(surface.mean[best]) * sd for sd in decision.noise.sd())),
        float(np.median(width)) if width.size else math.nan,
    )


def _settling(decision: Decision[Candidate]) -> Settling | None:
    """The nearest rival is the trained one with the lowest expected error that may be the best."""
    winner, possible = decision.winner, decision.possible_winners
    if winner is None or len(possible) < 2:
        return None
    first = decision.candidates.index(winner)
    second = decision.candidates.index(next(c for c in possible if c is not winner))
    gap = float(decision.expected[second] - decision.expected[first])
    if not gap > 0:
        return None
    seeds = decision.noise.seeds_to_see(gap / float(decision.expected[first]))
    have = np.isfinite(decision.errors).sum(axis=1)
    missing = sum(max(0, int(seeds.value) - int(have[i])) for i in (first, second))
    return Settling(decision.candidates[second], gap, seeds, missing)
