"""Does another way of training change errors? Networks trained both ways, paired by seed.

Differences are taken of log errors, so that a small network and a large one, whose errors differ
several times, are told alike: -0.1 is a tenth less error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import LEVEL, UNKNOWN, Floats, Interval, half_width
from scaling_search.findings.surface import log_errors


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Parts of the error by which the second way differs from the first; below 0 it is better."""

    #: Of each network; together they hold at the level. nan where no seed has both ways, without
    #: bounds where no network has a second seed.
    each: tuple[Interval, ...]
    #: The mean over all networks.
    mean: Interval
    #: Seeds that all networks have both ways.
    seeds: int


def paired_changes(first: Floats, second: Floats, level: float = LEVEL) -> Changes:
    """Compare errors of two ways, (networks, seeds) each, nan where a run is missing.

    The noise of a single difference is pooled over networks; their bounds are Student's with
    Bonferroni's correction. A seed may do the same to all sizes, as where each starts from the one
    before, so the mean over networks is compared seed by seed, by the seeds that all have.
    """
    logs = log_errors(np.stack([np.asarray(first, float), np.asarray(second, float)]))
    difference = logs[1] - logs[0]
    known = np.isfinite(difference)
    runs = known.sum(axis=1)
    total = np.where(known, difference, 0).sum(axis=1)
    means = total / np.where(runs > 0, runs, np.nan)
    freedom = int(np.maximum(runs - 1, 0).sum())
    squares = float((np.where(known, difference - means[:, None], 0) ** 2).sum())
    sd = math.sqrt(squares / freedom) if freedom else math.nan
    compared = max(int((runs > 0).sum()), 1)
    halves = half_width(sd / np.sqrt(np.maximum(runs, 1)), freedom, 1 - (1 - level) / compared)
    per_seed = difference[:, known.all(axis=0)].mean(axis=0) if len(difference) else np.empty(0)
    return Changes(
        each=tuple(_as_part(float(m), float(h)) for m, h in zip(means, halves)),
        mean=_mean(per_seed, level),
        seeds=len(per_seed),
    )


def _mean(values: Floats, level: float) -> Interval:
    count = len(values)
    if not count:
        return UNKNOWN
    se = np.asarray(values.std(ddof=1) / math.sqrt(count) if count > 1 else math.nan)
    return _as_part(float(values.mean()), float(half_width(se, count - 1, level)))


def _as_part(mean: float, half: float) -> Interval:
    """A difference of logs as a part of the first error."""
    return Interval(math.expm1(mean), math.expm1(mean - half), math.expm1(mean + half))
