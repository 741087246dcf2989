"""The posterior of a response surface on a grid of scales: no starting values, always the same.

With y the log errors of the runs, Z which candidate each is of and B which seed it has,

    y = Z (X b + u) + B s + e,   b ~ N(c, sigma^2 S^2),   u ~ N(0, sigma^2 tau^2 I),
    s ~ N(0, sigma^2 omega^2 I),   e ~ N(0, sigma^2 I),   sigma^2 ~ inverse gamma(a, r).

X are the `features` of the candidates, b their coefficients, u what single networks deviate from
the surface. Given omega, tau and S everything is integrated exactly (Lindley and Smith 1972); these
three are summed over a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scaling_search.findings.interval import Floats
from scaling_search.findings.surface_prior import SurfacePrior

#: Pairs of mirrored draws from the posterior.
PAIRS = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """All that the runs say, for each omega (o), with V = omega^2 B B' + I, y's covariance given b
    and u over sigma^2.

    On the principal axes (i) of Z' V^-1 Z, where deviations are independent of each other.
    """

    runs: int
    #: Z' V^-1 Z = axes diag(root) axes': (o, i) and (o, n, i).
    root: Floats
    axes: Floats
    #: axes' X and axes' Z' V^-1 y: (o, i, p) and (o, i).
    x: Floats
    y: Floats
    #: y' V^-1 y and log |V|: (o,) each.
    squares: Floats
    log_det: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class GridPosterior:
    """Given omega (o), tau (t) and one of the combinations of S (s).

    sigma^2 is inverse gamma(shape, rate), and b normal about `mean` with the covariance
    sigma^2 (lower lower')^-1.
    """

    #: (o, t, s), adds up to 1.
    weight: Floats
    #: The same for all, and (o, t, s).
    shape: float
    rate: Floats
    #: (o, t, s, p) and (o, t, s, p, p).
    mean: Floats
    lower: Floats
    #: (o, t, i): what tau leaves of an axis, 1 / (1 + tau^2 root).
    damped: Floats
    #: Log of the mean over the grid of what the runs' likelihood is there, up to a constant of the
    #: runs: other features of the same runs are told apart by it.
    log_evidence: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """Pairs of draws of the posterior, each mirrored about what is expected given its scales."""

    #: (pairs,): standard deviations of log errors.
    sigma: Floats
    tau: Floats
    omega: Floats
    #: b and u in log error: (2, pairs, p) and (2, pairs, n).
    coefficients: Floats
    deviation: Floats


def statistics(x: Floats, y: Floats, prior: SurfacePrior) -> Statistics:
    """Of features x (n, p) and log errors y (n, seeds), nan where there is no run.

    A seed with m runs has V = I + omega^2 J, J all ones, so that
    V^-1 = I - omega^2 / (1 + omega^2 m) J and log |V| = log(1 + omega^2 m).
    """
    present, y = np.isfinite(y).astype(float), np.nan_to_num(y)
    squared = np.square(prior.omega_scales)[:, None]
    runs, total = present.sum(axis=0), y.sum(axis=0)
    common = squared / (1 + squared * runs)  # (o, seeds)
    precision = np.diag(present.sum(axis=1)) - np.einsum("is,os,js->oij", present, common, present)
    root, axes = np.linalg.eigh(precision)
    back = axes.transpose(0, 2, 1)
    seen = y.sum(axis=1) - (common * total) @ present.T
    return Statistics(
        runs=int(runs.sum()),
        root=np.maximum(root, 0),
        axes=axes,
        x=back @ x,
        y=(back @ seen[:, :, None])[:, :, 0],
        squares=(y**2).sum() - common @ total**2,
        log_det=np.log1p(squared * runs).sum(axis=1),
    )


def grid_posterior(
    seen: Statistics, scale: Floats, centre: Floats, prior: SurfacePrior
) -> GridPosterior:
    """The posterior for S and c (s, p).

    With d = 1 / (1 + tau^2 root), integrating the deviations out turns root into d root and y into
    d y, takes tau^2 d y^2 from the squares and adds -log d to log |V|. Then b has the precision
    L = S^-2 + X' (d root) X and the mean m = L^-1 (S^-2 c + X' d y), the squares change by
    c' S^-2 c - m' L m, and integrating b and sigma^2 out leaves the weight
    |V|^-1/2 |S|^-1 |L|^-1/2 (r + squares / 2)^-(a + runs / 2).
    """
    squared = np.square(prior.tau_scales)
    damped = 1 / (1 + squared[:, None] * seen.root[:, None, :])
    kept = damped * seen.root[:, None]
    info = np.einsum("oti,oip,oiq->otpq", kept, seen.x, seen.x, optimize=True)
    vector = np.einsum("oti,oip->otp", damped * seen.y[:, None], seen.x)
    squares = np.einsum("t,oti,oi->ot", squared, damped, seen.y**2, optimize=True)
    squares = seen.squares[:, None] - squares
    log_det = seen.log_det[:, None] - np.log(damped).sum(axis=2)

    believed = 1 / scale**2
    info = info[:, :, None] + believed[:, :, None] * np.eye(scale.shape[1])
    vector = vector[:, :, None] + believed * centre
    lower = np.linalg.cholesky(info)
    mean = np.linalg.solve(info, vector[..., None])[..., 0]
    squares = squares[:, :, None] + (believed * centre**2).sum(axis=1)
    squares = squares - np.einsum("otsp,otsp->ots", vector, mean)
    log_lower = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
    log_det = log_det[:, :, None] + 2 * log_lower - np.log(believed).sum(axis=1)

    shape = prior.sigma_shape + 0.5 * seen.runs
    rate = prior.sigma_rate + 0.5 * np.maximum(squares, 0)
    log_weight = -0.5 * log_det - shape * np.log(rate)
    weight = np.exp(log_weight - log_weight.max())
    log_evidence = float(log_weight.max() + np.log(weight.mean()))
    weight /= weight.sum()
    return GridPosterior(
        weight=weight,
        shape=shape,
        rate=rate,
        mean=mean,
        lower=lower,
        damped=damped,
        log_evidence=log_evidence,
    )


def draw(seen: Statistics, grid: GridPosterior, prior: SurfacePrior) -> Draws:
    """Draws, each grid point in proportion to its weight; their random numbers are fixed.

    Given b, the deviation on an axis is normal with mean tau^2 d (y - root X b) and variance
    sigma^2 tau^2 d.
    """
    (_, count, terms), tau = seen.x.shape, np.array(prior.tau_scales)
    pick = np.searchsorted(np.cumsum(grid.weight), (np.arange(PAIRS) + 0.5) / PAIRS)
    o, t, s = np.unravel_index(np.minimum(pick, grid.weight.size - 1), grid.weight.shape)
    z, gamma = _noise(terms + count, grid.shape)
    sigma = np.sqrt(grid.rate[o, t, s] / gamma)
    used, which = np.unique(np.stack([o, t, s]), axis=1, return_inverse=True)
    factor = np.linalg.inv(grid.lower[tuple(used)])[which]
    wobble = sigma[:, None] * np.einsum("kqp,kq->kp", factor, z[:, :terms])
    b = np.stack([grid.mean[o, t, s] + wobble, grid.mean[o, t, s] - wobble])
    shrink = tau[t, None] ** 2 * grid.damped[o, t]
    jitter = np.sqrt(shrink) * sigma[:, None] * z[:, terms:]
    deviation = np.empty((2, PAIRS, count))
    for index, axes in enumerate(seen.axes):
        these = slice(*np.searchsorted(o, [index, index + 1]))  # o is sorted
        off = seen.y[index] - (b[:, these] @ seen.x[index].T) * seen.root[index]
        mirrored = jitter[these] * np.array([1, -1])[:, None, None]
        deviation[:, these] = (off * shrink[these] + mirrored) @ axes.T
    omega = sigma * np.array(prior.omega_scales)[o]
    return Draws(sigma=sigma, tau=sigma * tau[t], omega=omega, coefficients=b, deviation=deviation)


@lru_cache(maxsize=64)
def _noise(columns: int, shape: float) -> tuple[Floats, Floats]:
    """Normal numbers (PAIRS, columns) and evenly spread gamma ones (PAIRS,), always the same."""
    from scipy import special

    rng = np.random.default_rng(0)
    level = rng.permutation((np.arange(PAIRS) + 0.5) / PAIRS)
    normal = rng.standard_normal((PAIRS, columns))
    return normal, np.asarray(special.gammaincinv(shape, level), dtype=np.float64)
