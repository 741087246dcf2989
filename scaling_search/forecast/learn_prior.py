"""Learn the prior from a table of published families.

    python -m scaling_search.forecast.learn_prior ../shared/reference/imagenet_families.csv

prints the fitted beliefs, which `prior.py` holds. Only figures of families go in, never of
learning curves or of a study. Empirical Bayes: the beliefs that make the families most probable,
held near the wide beliefs by a weak pull, because there are fewer than twenty families.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from scaling_search.forecast.observations import FloatArray, Observations, observe
from scaling_search.forecast.posterior import Grid, first_grid, log_likelihood, log_prior
from scaling_search.forecast.prior import WEAK_BELIEFS, WEAK_WEIGHT, Beliefs, Prior

NODES = (31, 13)  # finer than a fit's grid, which is laid anew around each posterior
PULL_MEAN = 1.0  # standard deviation of a mean about that of the wide beliefs, in their sds
PULL_SD = 0.5  # standard deviation of the log of an sd about that of the wide beliefs


def read_families(path: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    """{family: (multiply-adds, top-1 error)} of a table with family, gmacs and top1_error."""
    rows: dict[str, list[tuple[float, float]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["family"], []).append(
                (float(row["gmacs"]) * 1e9, float(row["top1_error"]))
            )
    families = {}
    for name, pairs in rows.items():
        macs, error = np.array(sorted(pairs)).T
        families[name] = (macs, error)
    return families


class Likelihoods:
    """The likelihood of each family on one grid: computed once, used for every prior."""

    def __init__(self, families: Sequence[Observations]) -> None:
        self.grid: Grid = first_grid(WEAK_BELIEFS, *NODES)
        self.tables = [log_likelihood(seen, self.grid)[0] for seen in families]

    def log_evidence(self, prior: Prior, leave_out: int | None = None) -> float:
        """Log probability of all families, up to a constant, save the one left out."""
        density = log_prior(self.grid, prior)
        kept = [table for i, table in enumerate(self.tables) if i != leave_out]
        return float(sum(logsumexp(table + density) for table in kept))


def learn(likelihoods: Likelihoods, source: str, leave_out: int | None = None) -> Prior:
    """The prior under which the families are most probable, without the one left out."""
    start = np.concatenate([WEAK_BELIEFS.mean, np.log(WEAK_BELIEFS.sd)])
    pull = np.concatenate([PULL_MEAN * WEAK_BELIEFS.sd, np.full(4, PULL_SD)])

    def objective(z: FloatArray) -> float:
        held = 0.5 * float((((z - start) / pull) ** 2).sum())
        return held - likelihoods.log_evidence(_prior(z, source), leave_out)

    found = minimize(objective, start, method="L-BFGS-B", options={"maxiter": 100})
    return _prior(found.x, source)


def _prior(z: FloatArray, source: str) -> Prior:
    mean, sd = z[:4], np.exp(z[4:])
    beliefs = Beliefs(*(float(value) for pair in zip(mean, sd) for value in pair))
    return Prior(beliefs, WEAK_BELIEFS, WEAK_WEIGHT, source)


def main(path: str) -> None:
    families = read_families(Path(path))
    prior = learn(Likelihoods([observe(*family) for family in families.values()]), source=path)
    print(f"{len(families)} families")
    print("Beliefs(" + ", ".join(f"{value:.3f}" for value in astuple(prior.learned)) + ")")


if __name__ == "__main__":
    main(sys.argv[1])
