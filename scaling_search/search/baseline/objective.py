"""What makes a baseline good: accuracy or another metric, weighed against its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import Floats
from scaling_search.metric import ERROR, Metric
from scaling_search.search.baseline.candidate import BaselineCandidate

#: Stands for a loss of 0, over which nothing can be divided.
_NOTHING = 1e-100


@dataclass(frozen=True)
class Objective:
    """ACC(m) * (FLOPS(m) / T)^w (Tan & Le 2019, section 4, as in MnasNet).

    What lacks to an error of 1 stands for ACC, and of a loss, to which nothing lacks, 1 / loss: a
    multiple of it changes no order.
    """

    #: T: the cost that is wished for, in multiply-adds or another quantity.
    amount: float
    #: w: below 0, cheaper networks count as better.
    w: float
    #: Whether the frontier of error against cost is looked for instead of one network.
    pareto: bool
    #: Of the errors.
    metric: Metric = ERROR

    def value(self, error: Floats, amount: Floats) -> Floats:
        """The objective of networks with these errors and costs; higher is better."""
        good = 1 - error if self.metric.is_fraction else 1 / np.maximum(error, _NOTHING)
        return np.asarray(good * (amount / self.amount) ** self.w)

    def best_first(self, looked_at: Sequence[tuple[BaselineCandidate, float]]) -> list[int]:
        """The order of networks with these val errors, which are infinite where there is none.

        On a frontier by layers: first what no other beats in both, then what only those beat (Deb
        et al. 2002, NSGA-II); the lower error first within a layer.
        """
        errors = np.array([error for _, error in looked_at], float)
        amounts = np.array([candidate.amount for candidate, _ in looked_at], float)
        # Behind all others.
        worst = 2.0 if self.metric.is_fraction else np.inf
        first = -self.value(np.where(np.isfinite(errors), errors, worst), amounts)
        layers = _layers(errors, amounts) if self.pareto else np.zeros(len(errors))
        return [int(i) for i in np.lexsort((first, layers))]


def _layers(errors: Floats, amounts: Floats) -> Floats:
    """(n,): how many layers of better networks have to be taken away first; inf: no error."""
    layer = np.full(len(errors), np.inf)
    for depth in range(len(errors)):
        left = np.flatnonzero(np.isinf(layer) & np.isfinite(errors))
        if not left.size:
            break
        beaten = np.array(
            [
                (
                    (errors[left] <= errors[i])
                    & (amounts[left] <= amounts[i])
                    & ((errors[left] < errors[i]) | (amounts[left] < amounts[i]))
                ).any()
                for i in left
            ]
        )
        layer[left[~beaten]] = depth
    return layer
