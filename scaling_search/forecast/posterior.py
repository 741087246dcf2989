"""The posterior of a scaling law on a grid: no sampling, no starting values, the same every time.

log error = level + log((1 - s) exp(-c x) + s) + drift(x) + scatter,   x = log(macs / largest)

which is error = E + A macs^-c with s = E / error at the largest measured size. The prior speaks of
the share at the smallest measured size, so that measuring a larger one changes what is known and
not what was believed: logit s(largest) = logit s(smallest) + c log(largest / smallest).
`drift` is what the form cannot follow: an integrated Wiener process that starts at the largest
measured size and runs both ways. Going down, it lets the fit forget small sizes that do not follow
the law (the recency weight, chosen by the figures themselves); going up, it widens the forecast
with the distance.
Exponent, share, scatter and drift rate are summed over a grid; the level is integrated exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

from scaling_search.forecast.arguments import FloatArray
from scaling_search.forecast.drift import walk_down
from scaling_search.forecast.observations import Observations
from scaling_search.forecast.prior import Beliefs, Prior

NODES = (17, 7)  # of exponent and of share: 289 shapes; of scatter and of drift: 49 covariances
REACH = 3.5  # the first grid goes so many standard deviations to each side of the wide beliefs
ZOOM = 4.0  # the later ones so many to each side of what the last grid found
PASSES = 3
KEPT = 1.0 - 1e-3  # of the posterior mass; the rest is dropped


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the likelihood was computed: shapes (289, 2), scatters (7,), drifts (7,), all logs."""

    shapes: FloatArray  # log exponent, logit of the share at the smallest size
    scatters: FloatArray
    drifts: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Posterior:
    """Weighted laws, each array of shape (laws,); given one, the forecast is a normal one."""

    weight: FloatArray  # adds up to 1
    exponent: FloatArray
    logit_first: FloatArray  # logit of floor / error at the smallest measured size
    logit_share: FloatArray  # the same at the largest
    level: FloatArray  # mean of the log error of the law at the largest measured size
    level_var: FloatArray
    scatter: FloatArray  # standard deviation of the log error of a size about its law
    drift: FloatArray  # rate of the drift, per (e-fold of macs)^1.5


def log_shape(x: FloatArray, exponent: FloatArray, logit_share: FloatArray) -> FloatArray:
    """(laws, points): log error of each law relative to its error at x = 0. x: (points,)."""
    power = log_expit(-logit_share)[:, None] - exponent[:, None] * x
    return np.asarray(np.logaddexp(power, log_expit(logit_share)[:, None]))


def first_grid(beliefs: Beliefs, nodes: tuple[int, int] = NODES) -> Grid:
    """A grid over all that the beliefs hold possible."""
    cov = np.diag(beliefs.sd[:2] ** 2)
    return _grid(beliefs.mean[:2], cov, beliefs.mean[2:], beliefs.sd[2:], REACH, nodes)


def log_likelihood(seen: Observations, grid: Grid) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Likelihood with the level integrated out under a flat prior.

    Returns the log likelihood (shapes, spreads), the level's mean (shapes, spreads) and its
    variance (spreads,), where spreads run over scatters and, within each, over drifts.
    """
    x, n = seen.x, seen.x.size
    exponent = np.exp(grid.shapes[:, 0])
    rest = seen.log_error - log_shape(x, exponent, grid.shapes[:, 1] - exponent * x[0])
    near = seen.log_error[-1]  # the level is looked for from here, which saves digits
    columns = np.vstack([rest - near, np.ones(n)]).T  # (n, shapes and the level)
    scatter = np.repeat(np.exp(grid.scatters), grid.drifts.size)[:, None]
    drift = np.tile(np.exp(grid.drifts), grid.scatters.size)[:, None]
    noise = scatter**2 + seen.noise[::-1, None, None]
    squares, cross, log_det = np.zeros(1), np.zeros(1), np.zeros(1)
    for step in walk_down(-x[::-1], columns[::-1, None], noise, drift):
        white = step.surprise / step.total
        squares = squares + white * step.surprise
        cross = cross + white * step.surprise[:, -1:]
        log_det = log_det + np.log(step.total)
    level_var = 1.0 / squares[:, -1:]
    level = cross[:, :-1] * level_var  # generalised least squares
    misfit = squares[:, :-1] - level * cross[:, :-1]
    constant = (n - 1) * np.log(2 * np.pi) + log_det - np.log(level_var)
    return -0.5 * (misfit + constant).T, level.T + near, level_var[:, 0]


def log_prior(grid: Grid, prior: Prior) -> FloatArray:
    """(shapes, spreads): log density of the prior at the nodes."""
    parts = [(prior.weak_weight, prior.weak), (1.0 - prior.weak_weight, prior.learned)]
    densities = [np.log(w) + _log_density(grid, beliefs) for w, beliefs in parts if w > 0]
    return np.asarray(np.logaddexp.reduce(densities))


def infer(seen: Observations, prior: Prior, nodes: tuple[int, int] = NODES) -> Posterior:
    """The posterior, on a grid that is laid again around what the last grid found.

    nodes: along each axis of the shapes and of the spreads. More change a forecast by less than a
    thousandth (docs/forecast.md), and are used where the prior is learned.
    """
    grid = first_grid(prior.weak, nodes)
    for step in range(PASSES):
        log_like, level, level_var = log_likelihood(seen, grid)
        log_joint = log_like + log_prior(grid, prior)
        weight = np.exp(log_joint - log_joint.max())
        weight /= weight.sum()
        if step + 1 < PASSES:
            grid = _closer(grid, weight, nodes)
    flat = weight.ravel()
    order = np.argsort(-flat, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(flat[order]), KEPT)) + 1]
    shape, spread = np.divmod(kept, weight.shape[1])
    exponent, logit_first = np.exp(grid.shapes[shape, 0]), grid.shapes[shape, 1]
    return Posterior(
        weight=flat[kept] / flat[kept].sum(),
        exponent=exponent,
        logit_first=logit_first,
        logit_share=logit_first - exponent * seen.x[0],
        level=level.ravel()[kept],
        level_var=level_var[spread],
        scatter=np.exp(grid.scatters[spread // grid.drifts.size]),
        drift=np.exp(grid.drifts[spread % grid.drifts.size]),
    )


def _grid(
    mean: FloatArray,
    cov: FloatArray,
    spread: FloatArray,
    spread_sd: FloatArray,
    reach: float,
    nodes: tuple[int, int],
) -> Grid:
    """Shapes on the principal axes of `cov`, because exponent and share trade off in a fit."""
    axis = np.linspace(-reach, reach, nodes[0])
    pairs = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    shapes = mean + pairs @ np.linalg.cholesky(cov).T
    steps = np.linspace(-reach, reach, nodes[1])
    scatters, drifts = spread[:, None] + spread_sd[:, None] * steps
    return Grid(shapes, scatters, drifts)


def _closer(grid: Grid, weight: FloatArray, nodes: tuple[int, int]) -> Grid:
    """A grid around the mean and the spread of the weights."""
    shape_weight = weight.sum(axis=1)
    mean = shape_weight @ grid.shapes
    away = grid.shapes - mean
    cov = (shape_weight[:, None] * away).T @ away
    # The spread of a grid that is coarser than its posterior is 0; a share of the step keeps it
    # open, so that the next grid looks between the nodes.
    step = np.ptp(grid.shapes, axis=0) / (nodes[0] - 1)
    cov += np.diag((0.3 * step) ** 2)
    by_spread = weight.sum(axis=0).reshape(grid.scatters.size, grid.drifts.size)
    spreads = []
    for at, mass in ((grid.scatters, by_spread.sum(1)), (grid.drifts, by_spread.sum(0))):
        centre, gap = float(mass @ at), at[1] - at[0]
        spreads.append((centre, np.sqrt(mass @ (at - centre) ** 2 + (0.3 * gap) ** 2)))
    spread, spread_sd = np.array(spreads).T
    return _grid(mean, cov, spread, spread_sd, ZOOM, nodes)


def _log_density(grid: Grid, beliefs: Beliefs) -> FloatArray:
    mean, sd = beliefs.mean, beliefs.sd
    shape = -0.5 * (((grid.shapes - mean[:2]) / sd[:2]) ** 2).sum(axis=1)
    scatter = -0.5 * ((grid.scatters - mean[2]) / sd[2]) ** 2
    drift = -0.5 * ((grid.drifts - mean[3]) / sd[3]) ** 2
    constant = float(np.log(sd).sum() + 2.0 * np.log(2 * np.pi))
    return np.asarray(np.add.outer(shape - constant, np.add.outer(scatter, drift).ravel()))
