"""The posterior of a response surface on a grid of scales: no starting values, always the same.

With y the log errors of the runs, Z which candidate each is of and B which seed it has,

    y = Z (X b + u) + B s + e,
    b ~ N(c, S^2),   u ~ N(0, tau^2 I),   s ~ N(0, omega^2 I),   e ~ N(0, I),

all in units of sigma, and sigma^2 ~ inverse gamma(a, r). X are the `features` of the candidates, b
their coefficients, u what single networks deviate from the surface. Given omega, tau and S
everything is integrated exactly (Lindley and Smith 1972); these three are summed over a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings.surface_prior import SurfacePrior

Floats = NDArray[np.float64]

#: Pairs of mirrored draws from the posterior.
PAIRS = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """All that the runs say, for each omega (o), on the principal axes (i) of P = Z' V^-1 Z."""

    #: How many runs there are.
    runs: int
    #: (o, i) and (o, n, i): P = axes diag(root) axes'.
    root: Floats
    axes: Floats
    #: (o, i): axes' Z' V^-1 y.
    seen: Floats
    #: (o,): y' V^-1 y, and log |V|.
    squares: Floats
    log_det: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class GridPosterior:
    """For each omega (o), tau (t) and combination of S (s): weights, and what is known given them.

    sigma^2 is inverse gamma(shape, rate), and b normal about its mean with covariance
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """Draws of the posterior, 2 x PAIRS of them: each pair is mirrored about what is expected."""

    #: (pairs,): standard deviations of log errors.
    sigma: Floats
    tau: Floats
    omega: Floats
    #: (2, pairs, p) and (2, pairs, n): b and u in log error.
    coefficients: Floats
    deviation: Floats


def statistics(y: Floats, prior: SurfacePrior) -> Statistics:
    """Of y (n, seeds), nan where there is no run.

    A seed with m runs has the covariance V = I + omega^2 J, J all ones, so that
    V^-1 = I - omega^2 / (1 + omega^2 m) J and log |V| = log(1 + omega^2 m).
    """
    known = np.isfinite(y)
    present, y = known.astype(float), np.where(known, y, 0.0)
    squared = np.square(prior.omega_scales)[:, None]
    size, total = present.sum(axis=0), y.sum(axis=0)
    common = squared / (1 + squared * size)  # (o, seeds)
    precision = np.diag(present.sum(axis=1)) - np.einsum("is,os,js->oij", present, common, present)
    seen = y.sum(axis=1) - (common * total) @ present.T
    root, axes = np.linalg.eigh(precision)
    return Statistics(
        runs=int(known.sum()),
        root=np.maximum(root, 0),
        axes=axes,
        seen=np.einsum("oci,oc->oi", axes, seen),
        squares=(y**2).sum() - common @ total**2,
        log_det=np.log1p(squared * size).sum(axis=1),
    )


def grid_posterior(
    seen: Statistics, x: Floats, scale: Floats, centre: Floats, prior: SurfacePrior
) -> GridPosterior:
    """The posterior for x (n, p), with S and c (s, p).

    The deviations are integrated out on the axes, where they are independent: with
    d = 1 / (1 + tau^2 root), roots become d root, what was seen becomes d seen, y' V^-1 y loses
    tau^2 d seen^2, and log |V| gains -log d. The coefficients then have the precision
    L = S^-2 + X' (d root) X and the mean m = L^-1 (S^-2 c + X' (d seen)); what is left over of
    the squares is  y' V^-1 y - tau^2 d seen^2 + c' S^-2 c - m' L m.
    """
    squared = np.square(prior.tau_scales)
    along = seen.axes.transpose(0, 2, 1) @ x  # (o, i, p)
    damped = _damped(seen, prior)
    info = np.einsum("oti,oip,oiq->otpq", damped * seen.root[:, None], along, along, optimize=True)
    vector = np.einsum("oti,oip->otp", damped * seen.seen[:, None], along)
    squares = seen.squares[:, None] - np.einsum(
        "t,oti,oi->ot", squared, damped, seen.seen**2, optimize=True
    )
    log_det = seen.log_det[:, None] - np.log(damped).sum(axis=2)

    believed = scale**-2.0  # (s, p)
    info = info[:, :, None] + np.einsum("sp,pq->spq", believed, np.eye(x.shape[1]))
    vector = vector[:, :, None] + believed * centre
    lower = np.linalg.cholesky(info)
    mean = np.linalg.solve(info, vector[..., None])[..., 0]
    left = squares[:, :, None] + (believed * centre**2).sum(axis=1)
    left = left - np.einsum("otsp,otsp->ots", vector, mean)
    log_lower = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
    log_det = log_det[:, :, None] + 2 * log_lower - np.log(believed).sum(axis=1)

    shape = prior.sigma_shape + 0.5 * seen.runs
    rate = prior.sigma_rate + 0.5 * np.maximum(left, 0)
    log_weight = -0.5 * log_det - shape * np.log(rate)
    weight = np.exp(log_weight - log_weight.max())
    return GridPosterior(
        weight=weight / weight.sum(), shape=shape, rate=rate, mean=mean, lower=lower
    )


def draw(seen: Statistics, grid: GridPosterior, x: Floats, prior: SurfacePrior) -> Draws:
    """Draws, each grid point in proportion to its weight; their random numbers are fixed.

    Given b, a deviation on an axis is normal with mean tau^2 d (seen - root (axes' X b)) and
    variance sigma^2 tau^2 d.
    """
    (count, terms), tau, omega = x.shape, np.array(prior.tau_scales), np.array(prior.omega_scales)
    pick = np.searchsorted(np.cumsum(grid.weight), (np.arange(PAIRS) + 0.5) / PAIRS)
    o, t, s = np.unravel_index(np.minimum(pick, grid.weight.size - 1), grid.weight.shape)
    z, gamma = _noise(terms + count, grid.shape)
    sigma = np.sqrt(grid.rate[o, t, s] / gamma)
    used, which = np.unique(np.stack([o, t, s]), axis=1, return_inverse=True)
    factor = np.linalg.inv(grid.lower[tuple(used)])[which]
    wobble = sigma[:, None] * np.einsum("kqp,kq->kp", factor, z[:, :terms])
    mean = grid.mean[o, t, s]
    b = np.stack([mean + wobble, mean - wobble])
    deviation = np.empty((2, PAIRS, count))
    shrink = (tau[:, None] ** 2 * _damped(seen, prior))[o, t]  # (pairs, i)
    jitter = np.sqrt(shrink) * sigma[:, None] * z[:, terms:]
    for index in range(len(omega)):
        these = slice(*np.searchsorted(o, [index, index + 1]))  # o is sorted
        axes = seen.axes[index]
        off = seen.seen[index] - (b[:, these] @ (axes.T @ x).T) * seen.root[index]
        along_axes = off * shrink[these] + jitter[these] * np.array([1, -1])[:, None, None]
        deviation[:, these] = along_axes @ axes.T
    return Draws(
        sigma=sigma, tau=sigma * tau[t], omega=sigma * omega[o], coefficients=b, deviation=deviation
    )


def _damped(seen: Statistics, prior: SurfacePrior) -> Floats:
    """(o, t, i): by how much deviations of size tau take from what an axis says."""
    squared = np.square(prior.tau_scales)
    return np.asarray(1 / (1 + squared[:, None] * seen.root[:, None, :]))


@lru_cache(maxsize=64)
def _noise(columns: int, shape: float) -> tuple[Floats, Floats]:
    """Normal numbers (PAIRS, columns) and evenly spread gamma ones (PAIRS,), always the same."""
    from scipy import special

    rng = np.random.default_rng(0)
    level = rng.permutation((np.arange(PAIRS) + 0.5) / PAIRS)
    normal = rng.standard_normal((PAIRS, columns))
    return normal, np.asarray(special.gammaincinv(shape, level), dtype=np.float64)
