"""What makes a baseline good: accuracy, weighed against its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.interval import Floats
from scaling_search.search.baseline.candidate import BaselineCandidate


@dataclass(frozen=True)
class Objective:
    """ACC(m) * (FLOPS(m) / T)^w (Tan & Le 2019, section 4, as in MnasNet)."""

    #: T: the cost that is wished for, in multiply-adds.
    macs: float
    #: w: below 0, cheaper networks count as better.
    w: float
    #: Whether the frontier of error against cost is looked for instead of one network.
    pareto: bool

    def value(self, error: Floats, macs: Floats) -> Floats:
        """The objective of networks with these errors (fractions) and costs; higher is better."""
        return np.asarray((1 - error) * (macs / self.macs) ** self.w)

    def best_first(self, looked_at: Sequence[tuple[BaselineCandidate, float]]) -> list[int]:
        """The order of networks with these val errors, which are infinite where there is none.

        On a frontier by layers: first what no other beats in both, then what only those beat (Deb
        et al. 2002, NSGA-II); the lower error first within a layer.
        """
        errors = np.array([error for _, error in looked_at], float)
        macs = np.array([candidate.macs for candidate, _ in looked_at], float)
        first = -self.value(np.where(np.isfinite(errors), errors, 2.0), macs)
        layers = _layers(errors, macs) if self.pareto else np.zeros(len(errors))
        return [int(i) for i in np.lexsort((first, layers))]


def _layers(errors: Floats, macs: Floats) -> Floats:
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
                    & (macs[left] <= macs[i])
                    & ((errors[left] < errors[i]) | (macs[left] < macs[i]))
                ).any()
                for i in left
            ]
        )
        layer[left[~beaten]] = depth
    return layer
