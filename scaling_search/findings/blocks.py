"""A linear model of runs whose networks deviate from it and whose seeds are blocks.

    y_ij = x_i . beta + s_j + u_i + e_ij

for network i and seed j: what a seed does to all networks alike (s_j) is taken out, a network may
lie off the model for good (u_i, normal: rounding makes some networks better than their size), and
each run has noise of its own (e_ij). How large u is beside e is not known, so it is integrated out
together with the noise: with few seeds or few networks the intervals get as wide as they must.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Standard deviation of u over that of e: the values over which is integrated, and their weights
#: (a half-Cauchy prior of scale 1: a network deviates about as much as a run of it).
RATIOS = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
_WEIGHTS = np.gradient(RATIOS) / (1 + RATIOS**2)


@dataclass(frozen=True)
class BlockFit:
    """One design fitted. `beta` is flat and log sigma is flat a priori."""

    #: Log of the marginal likelihood, up to a constant of the data.
    log_evidence: float
    #: Of each ratio: its posterior weight, the estimate (ratios, p), and the factor of its
    #: covariance (ratios, p, p); draws are Student's t with `degrees_of_freedom`.
    weights: Floats
    estimate: Floats
    factor: Floats
    degrees_of_freedom: int

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, p): draws of beta."""
        ratio = rng.choice(len(self.weights), size=count, p=self.weights)
        size = self.estimate.shape[1]
        normal = rng.standard_normal((count, size))
        scale = np.sqrt(self.degrees_of_freedom / rng.chisquare(self.degrees_of_freedom, count))
        offset = np.einsum("nij,nj->ni", self.factor[ratio], normal)
        draws: Floats = self.estimate[ratio] + offset * scale[:, None]
        return draws


def runs_left(errors: Floats, parameters: int) -> int:
    """Degrees of freedom that `parameters` columns leave; errors (networks, seeds), nan: no run."""
    known = np.isfinite(errors)
    return int(known.sum()) - parameters - max(0, int(known.any(axis=0).sum()) - 1)


def fit_blocks(design: Floats, values: Floats) -> BlockFit:
    """Fit `values` (networks, seeds), nan where a run is missing, by `design` (networks, p).

    The design holds its own constant. `runs_left(values, p)` must be above 0.
    """
    network, seed = np.nonzero(np.isfinite(values))
    y = values[network, seed]
    blocks = np.unique(seed)
    # Seed effects add up to nothing, so that the constant keeps its meaning.
    effects = (seed[:, None] == blocks[None, 1:]).astype(float) - (seed == blocks[0])[:, None]
    x = np.column_stack([design[network], effects])
    size, freedom = design.shape[1], runs_left(values, design.shape[1])
    same = (network[:, None] == network[None, :]).astype(float)
    logs, estimates, factors = [], [], []
    for ratio in RATIOS:
        root = np.linalg.cholesky(np.eye(len(y)) + ratio**2 * same)
        white_x, white_y = np.linalg.solve(root, x), np.linalg.solve(root, y)
        inverse = np.linalg.pinv(white_x.T @ white_x)
        beta = inverse @ white_x.T @ white_y
        rest = white_y - white_x @ beta
        square = max(float(rest @ rest), 1e-12)
        # pinv: a design that the networks do not determine keeps its least-squares solution.
        _, log_det = np.linalg.slogdet(inverse[: x.shape[1], : x.shape[1]])
        logs.append(-np.log(np.diag(root)).sum() + 0.5 * log_det - 0.5 * freedom * np.log(square))
        estimates.append(beta[:size])
        covariance = inverse[:size, :size] * square / freedom
        factors.append(np.linalg.cholesky(covariance + 1e-12 * np.eye(size)))
    posterior = np.array(logs) + np.log(_WEIGHTS)
    top = posterior.max()
    weights = np.exp(posterior - top)
    return BlockFit(
        float(top + np.log(weights.sum())),
        weights / weights.sum(),
        np.array(estimates),
        np.array(factors),
        freedom,
    )
