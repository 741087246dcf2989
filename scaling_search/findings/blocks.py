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

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Floats

#: Standard deviation of u over that of e: the values over which is integrated, and their weights
#: (a half-Cauchy prior of scale 1: a network deviates about as much as a run of it).
RATIOS = np.array([0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 16, 30, 60], float)
_STEPS = np.diff(RATIOS)
_WEIGHTS = (np.r_[0, _STEPS] + np.r_[_STEPS, 0]) / 2 / (1 + RATIOS**2)


@dataclass(frozen=True, kw_only=True)
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


def runs_left(errors: Floats, parameters: int, blocks: bool = True) -> int:
    """Degrees of freedom that `parameters` columns leave; errors (networks, seeds), nan: no run.

    blocks: as in `fit_blocks`.
    """
    known = np.isfinite(errors)
    seeds = int(known.any(axis=0).sum()) if blocks else 1
    return int(known.sum()) - parameters - max(0, seeds - 1)


def require_runs(errors: Floats, parameters: int, blocks: bool = True) -> None:
    """Raise InvalidInput unless runs are left to tell noise by."""
    if runs_left(errors, parameters, blocks) < 1:
        raise InvalidInput(
            f"{int(np.isfinite(errors).sum())} runs cannot tell noise from gain: give more seeds"
        )


def fit_blocks(designs: Floats, values: Floats, blocks: bool = True) -> list[BlockFit]:
    """Fit `values` (networks, seeds), nan where a run is missing, by each of several designs.

    designs: (designs, networks, p), each of full rank and with its own constant. blocks: a seed
    does something to all networks alike; else the runs of a network are mere repetitions, s_j = 0.
    `runs_left(values, p, blocks)` must be above 0. Raises InvalidInput where no common seeds
    connect them.
    """
    network, seed = np.nonzero(np.isfinite(values))
    y = values[network, seed]
    used = np.unique(seed) if blocks else np.zeros(1, int)
    # Seed effects add up to nothing, so that the constant keeps its meaning.
    effects = (seed[:, None] == used[None, 1:]).astype(float) - (seed == used[0])[:, None]
    count, size = len(designs), designs.shape[2]
    freedom = runs_left(values, size, blocks)
    x = np.concatenate([designs[:, network], np.broadcast_to(effects, (count, *effects.shape))], 2)
    if np.linalg.matrix_rank(x[0]) < x.shape[2]:
        raise InvalidInput(
            "some networks share no seed with the others, so they cannot be compared: train the "
            "missing runs"
        )
    # Sums over the runs of each network are all that its deviation adds to least squares.
    own = (network[:, None] == np.unique(network)[None, :]).astype(float)
    runs, sum_x, sum_y = own.sum(axis=0), np.einsum("nk,dnp->dkp", own, x), y @ own
    squares_x, squares_xy = np.swapaxes(x, 1, 2) @ x, np.swapaxes(x, 1, 2) @ y
    logs, estimates, factors = [], [], []
    for ratio in RATIOS:
        # Inverse covariance: 1 - shrink on the runs of one network (Sherman and Morrison 1950).
        shrink = ratio**2 / (1 + runs * ratio**2)
        weighted = sum_x * shrink[:, None]
        inverse = np.linalg.inv(squares_x - np.swapaxes(weighted, 1, 2) @ sum_x)
        crossed = squares_xy - np.swapaxes(weighted, 1, 2) @ sum_y
        beta = np.einsum("dpq,dq->dp", inverse, crossed)
        rest = y - np.einsum("dnp,dp->dn", x, beta)
        left = (rest**2).sum(axis=1) - ((rest @ own) ** 2 * shrink).sum(axis=1)
        left = np.maximum(left, 1e-12)
        _, log_det = np.linalg.slogdet(inverse)
        log_spread = np.log1p(runs * ratio**2).sum()
        logs.append(0.5 * (log_det - log_spread - freedom * np.log(left)))
        estimates.append(beta[:, :size])
        covariance = inverse[:, :size, :size] * (left / freedom)[:, None, None]
        factors.append(np.linalg.cholesky(covariance + 1e-12 * np.eye(size)))
    posterior = np.array(logs).T + np.log(_WEIGHTS)
    top = posterior.max(axis=1, keepdims=True)
    weights = np.exp(posterior - top)
    total = weights.sum(axis=1, keepdims=True)
    return [
        BlockFit(
            log_evidence=float(top[i, 0] + np.log(total[i, 0])),
            weights=weights[i] / total[i],
            estimate=np.array([estimate[i] for estimate in estimates]),
            factor=np.array([factor[i] for factor in factors]),
            degrees_of_freedom=freedom,
        )
        for i in range(count)
    ]
