"""The additive model of a randomised block design: candidate + seed, by least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Additive:
    """Candidates without the effects of the seeds that they happened to get."""

    #: (candidates,) at the mean of the seeds that were used; nan without a run.
    effect: Floats
    #: (candidates, candidates): covariance of the effects over the residual variance; nan likewise.
    unit: Floats
    #: Residual standard deviation of a single run; nan without degrees of freedom.
    residual_sd: float
    degrees_of_freedom: int
    #: (candidates,): candidates of one number are connected by common seeds, and only their effects
    #: can be compared; -1 without a run.
    connected: Ints

    @property
    def se(self) -> Floats:
        """(candidates,): standard errors of the effects, by so many degrees of freedom."""
        return np.asarray(np.sqrt(np.diag(self.unit)) * self.residual_sd)


def fit_additive(values: Floats, blocks: bool = True) -> Additive:
    """Fit `values` (candidates, seeds), nan where a run is missing.

    Seeds need not be the same for all: an unfinished study is compared fairly too. blocks: a seed
    does something to all candidates alike; else the runs of a candidate are mere repetitions.
    """
    from scipy.sparse import csgraph

    known = np.isfinite(values)
    rows, columns = np.nonzero(known)
    y = values[known]
    if not blocks:
        columns = np.zeros_like(columns)  # all in one block
    count, seeds = values.shape
    effect, unit = np.full(count, np.nan), np.full((count, count), np.nan)
    present, used = np.unique(rows), np.unique(columns)
    size, freedom, variance = len(present), 0, math.nan
    if size:
        design = np.zeros((len(rows), count + seeds))
        design[np.arange(len(rows)), rows] = 1
        # Seed effects add up to nothing over the seeds that were used, so means keep their level.
        design[np.arange(len(rows)), count + columns] = 1
        design[:, count + used] -= 1 / len(used)
        design = design[:, np.r_[present, count + used[1:]]]
        inverse = np.linalg.pinv(design.T @ design)
        solution = inverse @ design.T @ y
        residual = y - design @ solution
        freedom = int(len(rows) - np.linalg.matrix_rank(design))
        effect[present] = solution[:size]
        unit[np.ix_(present, present)] = inverse[:size, :size]
        variance = float(residual @ residual) / freedom if freedom > 0 else math.nan
    # Candidates and seeds as nodes, runs as links between them.
    links = np.zeros((count + seeds, count + seeds), bool)
    links[rows, count + columns] = True
    labels = csgraph.connected_components(links, directed=False)[1][:count]
    connected = np.where(known.any(axis=1), labels, -1)
    return Additive(
        effect=effect,
        unit=unit,
        residual_sd=math.sqrt(variance),
        degrees_of_freedom=freedom,
        connected=connected,
    )
