"""Learn the prior from a table of published families.

    python -m scaling_search.forecast.learn_prior ../shared/reference/imagenet_families.csv

prints the fitted beliefs, which `prior.py` holds. Only figures of families go in, never of
learning curves or of a study. Empirical Bayes: the beliefs that make the families most probable,
held near the wide beliefs by a weak pull, because there are fewer than twenty families.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from scaling_search.errors import InvalidInput
from scaling_search.forecast.arguments import FloatArray
from scaling_search.forecast.observations import observe
from scaling_search.forecast.posterior import Posterior, infer
from scaling_search.forecast.prior import WEAK_BELIEFS, WEAK_PRIOR, WEAK_WEIGHT, Beliefs, Prior

FINE = (31, 13)  # nodes of the grid: the evidence needs them closer than a forecast does
PULL_MEAN = 1.0  # standard deviation of a mean about that of the wide beliefs, in their sds
PULL_SD = 0.5  # standard deviation of the log of an sd about that of the wide beliefs


def read_families(path: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    """{family: (multiply-adds, top-1 error)} of a table with family, gmacs and top1_error.

    Raises InvalidInput where the file is no such table.
    """
    rows: dict[str, list[tuple[float, float]]] = {}
    try:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                rows.setdefault(row["family"], []).append(
                    (float(row["gmacs"]) * 1e9, float(row["top1_error"]))
                )
    except (OSError, KeyError, TypeError, ValueError) as fault:
        raise InvalidInput(
            f"{path} is no table of families ({fault!r}), but must be a CSV with the columns "
            "family, gmacs and top1_error. Give the path of one."
        ) from None
    tables = {name: np.array(sorted(pairs)) for name, pairs in rows.items()}
    return {name: (table[:, 0], table[:, 1]) for name, table in tables.items()}


def wide_laws(families: Iterable[tuple[FloatArray, FloatArray]]) -> list[Posterior]:
    """The posterior of each family (macs, error) under the wide beliefs alone."""
    return [infer(observe(*family), WEAK_PRIOR, FINE) for family in families]


def learn(laws: Sequence[Posterior], source: str) -> Prior:
    """The prior under which the families are most probable.

    laws: one posterior per family, inferred under `WEAK_PRIOR`. The evidence for other beliefs is
    then the mean of the ratio of the densities over the laws of a family.
    """
    families = []
    for law in laws:
        logs = (np.log(law.exponent), law.logit_first, np.log(law.scatter), np.log(law.drift))
        at = np.column_stack(logs)
        wide = np.log(law.weight) - _log_density(at, WEAK_BELIEFS.mean, WEAK_BELIEFS.sd)
        families.append((at, wide))
    start = np.concatenate([WEAK_BELIEFS.mean, np.log(WEAK_BELIEFS.sd)])
    pull = np.concatenate([PULL_MEAN * WEAK_BELIEFS.sd, np.full(4, PULL_SD)])

    def objective(z: FloatArray) -> tuple[float, FloatArray]:
        """Minus the log probability of the families, and its gradient."""
        mean, sd = z[:4], np.exp(z[4:])
        total = 0.5 * float((((z - start) / pull) ** 2).sum())
        gradient = (z - start) / pull**2
        for at, wide in families:
            joint = wide + _log_density(at, mean, sd)
            learned = np.log(1.0 - WEAK_WEIGHT) + float(logsumexp(joint))
            evidence = np.logaddexp(learned, np.log(WEAK_WEIGHT))
            total -= float(evidence)
            weight = np.exp(joint - joint.max())
            weight *= np.exp(learned - evidence) / weight.sum()
            away = (at - mean) / sd
            gradient[:4] -= (weight @ away) / sd
            gradient[4:] -= weight @ (away**2 - 1.0)
        return total, gradient

    found = minimize(objective, start, method="L-BFGS-B", jac=True, options={"maxiter": 100})
    numbers = np.column_stack([found.x[:4], np.exp(found.x[4:])]).ravel().tolist()
    learned = Beliefs(**dict(zip(vars(WEAK_BELIEFS), numbers)))
    return Prior(learned=learned, weak=WEAK_BELIEFS, weak_weight=WEAK_WEIGHT, source=source)


def leave_one_out(laws: Sequence[Posterior]) -> list[Prior]:
    """For each family, the prior learned from all others: what a family is judged with."""
    return [
        learn([law for j, law in enumerate(laws) if j != left], f"all families but number {left}")
        for left in range(len(laws))
    ]


def _log_density(nodes: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """(n,): log density of the beliefs at nodes (n, 4), up to a constant."""
    away = (nodes - mean) / sd
    return np.asarray(-0.5 * (away**2).sum(axis=1) - np.log(sd).sum())


def main() -> None:
    """Print the beliefs learned from a table."""
    parser = argparse.ArgumentParser(description="Learn the prior from published families.")
    parser.add_argument("families", help="CSV with the columns family, gmacs and top1_error")
    path = parser.parse_args().families
    families = read_families(Path(path))
    print(f"{len(families)} families")
    for name, value in asdict(learn(wide_laws(families.values()), path).learned).items():
        print(f"{name}={value:.3f},")


if __name__ == "__main__":
    main()
