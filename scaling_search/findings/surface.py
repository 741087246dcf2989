"""The response surface: log error over the triangle of shares, and what it says of candidates.

    log error = smooth(shares) + slope * log_cost + slope * log_pixel_price + step(resolution)
                + deviation(candidate) + block(seed) + noise

The smooth part is a quadratic (Box and Wilson 1951) with weaker terms of third degree: a bowl need
not be as steep on one side as on the other, and a region of its lowest point that believes so is
too small (docs/calibration.md). Real networks do not lie on a smooth surface exactly. Layers of
stride 2 round their maps up, so that 17 px may cost what 18 px do: compute that goes into rounding
buys little, and what a pixel costs is known before any training. What else networks of equal
resolution have in common is a step, and each candidate has a deviation of its own (sd tau). A seed
has an effect common to all
candidates (sd omega) and a run has noise (sd sigma). All of these have normal priors whose scales
are multiples of sigma, and sigma^2 has an inverse gamma one: given the multiples everything is
integrated exactly (Lindley and Smith 1972), and the multiples are summed over a grid. So a handful
of runs gives a wide answer and not a wild one, and a candidate that was never trained is known from
its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.triangle import polynomial

Floats = NDArray[np.float64]

#: Scales of slope and curvature that are tried, tau and omega, in units of sigma; equal weights.
SURFACE_SCALES = np.array([0.3, 1.0, 3.0, 9.0, 27.0])
TAU_SCALES = np.array([0.0, 0.15, 0.3, 0.6, 1.2, 2.4, 5.0, 10.0])
OMEGA_SCALES = np.array([0.0, 0.5, 1.5, 5.0])
#: Scales of the steps that are tried, likewise.
STEP_SCALES = np.array([0.05, 0.5, 1.0, 2.0])
#: Centre and scale of the curvature in units of the slope's scale: returns of a dimension diminish,
#: so a bowl is likelier than a hill, and its bottom is about as likely inside as on an edge. BEND
#: is the scale of the terms of third degree.
BOWL, CURVATURE, BEND = 1.0, 1.5, 1.0
#: Log error per unit of log cost: what doublings of small networks buy; sd in units of sigma. The
#: few per cent by which costs differ cannot teach it, but would let it stand in for what else
#: networks of equal rounding have in common.
COST_SLOPE, COST_SLOPE_SCALE = -0.3, 2.0
#: Log error per unit of log pixel price, at equal cost: compute that rounding takes away is missed
#: as much as COST_SLOPE says, or more; sd in units of sigma.
PIXEL_PRICE_SLOPE, PIXEL_PRICE_SCALE = 0.3, 8.0
#: sigma^2 is inverse gamma: median of sigma 6 % of the error, 90 % within 3 and 22 %.
SIGMA_SHAPE, SIGMA_RATE = 1.0, 0.0025
UNIT_SIGMA = 0.06
#: The level is as good as unknown; without any run it is taken to be this.
UNKNOWN_ERROR = 0.3
LEVEL_SCALE = 30.0
#: Pairs of mirrored draws from the posterior.
PAIRS = 1024


@dataclass(frozen=True, eq=False)
class Surface:
    """The posterior. Errors are fractions, at log_cost 0, lower is better.

    Draws are the same for the same input: the random numbers behind them are fixed.
    """

    #: (candidates, 3): shares of depth, width and resolution.
    shares: Floats
    #: (candidates,): true mean error over seeds of each network, trained or not, and its sd.
    mean: Floats
    sd: Floats
    #: (candidates,): probability that it is the best of the candidates.
    p_best: Floats
    #: (candidates,): how many runs of each were known.
    runs: NDArray[np.int64]
    #: Noise of a run, deviation of networks from the surface, effect of seeds: posterior means, in
    #: log error (0.05 is 5 % of the error).
    sigma: float
    tau: float
    omega: float
    #: (draws, candidates): log of the true mean error.
    log_error: Floats
    #: (draws, 10): coefficients of `polynomial`.
    coefficients: Floats

    @property
    def choice(self) -> int:
        """Index of the candidate with the lowest expected error."""
        return int(np.argmin(self.mean))

    def log_error_at(self, shares: Floats) -> Floats:
        """(draws, points): log error of the smooth part at shares (points, 3), even above 0."""
        return np.asarray(self.coefficients @ polynomial(shares).T)

    def error_at(self, shares: Floats) -> Floats:
        """(draws, points): error of the smooth part at shares (points, 3), 1 at most."""
        return np.asarray(np.exp(np.minimum(self.log_error_at(shares), 0.0)))

    @property
    def expected_regret(self) -> Floats:
        """(candidates,): expected error above the best candidate's, as a fraction."""
        error = np.exp(self.log_error)
        return np.asarray((error - error.min(axis=1, keepdims=True)).mean(axis=0))


def fit_surface(
    shares: Floats,
    errors: Floats,
    log_cost: Floats | None = None,
    resolution: Sequence[int] | None = None,
    log_pixel_price: Floats | None = None,
) -> Surface:
    """Fit shares (candidates, 3) and errors (candidates, seeds), nan where not trained.

    log_cost: (candidates,), log of each network's cost over the cost at which all are compared;
    without it the networks are compared as they are. resolution: (candidates,), in px; without it
    there are no steps. log_pixel_price: (candidates,), log of each network's multiply-adds per
    pixel over those at the baseline's resolution. Candidates without any run may be among them.
    """
    shares, errors = _checked(shares, errors)
    rows, columns = np.nonzero(np.isfinite(errors))
    y = log_errors(errors)[rows, columns]
    level = float(y.mean()) if y.size else math.log(UNKNOWN_ERROR)
    y = y - level

    design = polynomial(shares)
    terms = design.shape[1]
    if log_cost is not None:
        design = np.column_stack([design, np.asarray(log_cost, float)])
    price, steps = rounding_columns(len(shares), resolution, log_pixel_price)
    scale, centre = _prior(log_cost is not None, price.shape[1], steps.shape[1])
    rounding = np.column_stack([price, steps])
    smooth = design.shape[1]
    design = np.column_stack([design, rounding])

    # Each seed's block has covariance sigma^2 (1 + omega^2 J): its inverse gives, for every omega,
    # the precision of the candidates' values and its product with what was seen.
    count = len(shares)
    incidence = np.zeros(errors.shape)
    incidence[rows, columns] = 1
    size = incidence.sum(axis=0)
    common = OMEGA_SCALES[:, None] ** 2 / (1 + OMEGA_SCALES[:, None] ** 2 * size)  # (omega, seeds)
    total = np.bincount(columns, weights=y, minlength=errors.shape[1])
    precision = np.eye(count) * incidence.sum(axis=1) - np.einsum(
        "is,os,js->oij", incidence, common, incidence
    )
    seen = np.bincount(rows, weights=y, minlength=count) - (common * total) @ incidence.T
    squares = y @ y - common @ total**2
    block_det = np.log1p(OMEGA_SCALES[:, None] ** 2 * size).sum(axis=1)

    # On the principal axes of that precision the deviations are independent.
    root, axes = np.linalg.eigh(precision)  # (omega, i), (omega, candidates, i)
    root = np.maximum(root, 0)
    seen = np.einsum("oci,oc->oi", axes, seen)
    along = axes.transpose(0, 2, 1) @ design  # (omega, i, coefficients)
    damped = 1 / (1 + TAU_SCALES[:, None] ** 2 * root[:, None, :])  # (omega, tau, i)
    info = np.einsum("oti,oip,oiq->otpq", damped * root[:, None, :], along, along, optimize=True)
    vector = np.einsum("oti,oip->otp", damped * seen[:, None, :], along)
    squares = squares[:, None] - np.einsum(
        "t,oti,oi->ot", TAU_SCALES**2, damped, seen**2, optimize=True
    )
    log_det = block_det[:, None] - np.log(damped).sum(axis=2)

    # The coefficients, for every scale of the surface: shape (omega, tau, scale, ...).
    prior = 1 / scale**2
    info = info[:, :, None] + np.einsum("sp,pq->spq", prior, np.eye(design.shape[1]))
    vector = vector[:, :, None] + prior * centre
    lower = np.linalg.cholesky(info)
    middle = np.linalg.solve(info, vector[..., None])[..., 0]
    squares = squares[:, :, None] + (prior * centre**2).sum(axis=1)
    squares = squares - np.einsum("otsp,otsp->ots", vector, middle)
    log_det = log_det[:, :, None] + 2 * _log_diagonal(lower) - np.log(prior).sum(axis=1)
    shape, rate = SIGMA_SHAPE + 0.5 * len(y), SIGMA_RATE + 0.5 * np.maximum(squares, 0)
    log_weight = -0.5 * log_det - shape * np.log(rate)
    weight = np.exp(log_weight - log_weight.max()).ravel()
    weight /= weight.sum()

    # Mirrored draws: each grid point in proportion to its weight.
    pick = np.searchsorted(np.cumsum(weight), (np.arange(PAIRS) + 0.5) / PAIRS)
    o, t, s = np.unravel_index(np.minimum(pick, weight.size - 1), log_weight.shape)
    z, gamma = _noise(design.shape[1] + count, shape)
    sigma = np.sqrt(rate[o, t, s] / gamma)
    used, which = np.unique(np.stack([o, t, s]), axis=1, return_inverse=True)
    factor = np.linalg.inv(lower[tuple(used)])[which]
    wobble = sigma[:, None] * np.einsum("kqp,kq->kp", factor, z[:, : design.shape[1]])
    b = np.stack([middle[o, t, s] + wobble, middle[o, t, s] - wobble])  # (2, pairs, coefficients)
    deviation = np.empty((2, PAIRS, count))
    for index in range(len(OMEGA_SCALES)):
        these = slice(*np.searchsorted(o, [index, index + 1]))  # o is sorted
        shrink = TAU_SCALES[:, None] ** 2 * damped[index]
        jitter = (np.sqrt(shrink)[t[these]] * sigma[these, None]) * z[these, design.shape[1] :]
        off = seen[index] - (b[:, these] @ along[index].T) * root[index]
        along_axes = off * shrink[t[these]] + jitter * np.array([1, -1])[:, None, None]
        deviation[:, these] = along_axes @ axes[index].T
    # The log of a mean error lies above the mean of log errors.
    b[:, :, 0] += level + 0.5 * sigma**2 * (1 + OMEGA_SCALES[o] ** 2)
    coefficients = b[:, :, :terms].reshape(-1, terms)
    log_error = coefficients @ design[:, :terms].T + deviation.reshape(-1, count)
    log_error += b[:, :, smooth:].reshape(len(log_error), -1) @ rounding.T
    wins = np.bincount(log_error.argmin(axis=1), minlength=count)
    log_error = np.minimum(log_error, 0.0)  # an error is 1 at most
    error = np.exp(log_error)
    mean = error.mean(axis=0)
    return Surface(
        shares=shares,
        mean=mean,
        sd=np.sqrt(np.maximum((error**2).mean(axis=0) - mean**2, 0)),
        p_best=wins / len(error),
        runs=np.bincount(rows, minlength=count),
        sigma=float(sigma.mean()),
        tau=float((sigma * TAU_SCALES[t]).mean()),
        omega=float((sigma * OMEGA_SCALES[o]).mean()),
        log_error=log_error,
        coefficients=coefficients,
    )


def log_errors(errors: Floats) -> Floats:
    """Logs, in the shape of errors; an error of 0 counts as half of the lowest one above it."""
    positive = errors[np.isfinite(errors) & (errors > 0)]
    floor = 0.5 * float(positive.min()) if positive.size else 0.5
    return np.asarray(np.log(np.maximum(errors, floor)))


def _log_diagonal(lower: Floats) -> Floats:
    """(...): log determinants of triangular matrices (..., n, n)."""
    return np.asarray(np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1))


def rounding_columns(
    count: int, resolution: Sequence[int] | None, log_pixel_price: Floats | None
) -> tuple[Floats, Floats]:
    """(candidates, 0 or 1): the log pixel price; (candidates, steps): who has which step.

    A resolution that a candidate has alone is part of its deviation, and that of all is no step.
    """
    price = np.empty((count, 0)) if log_pixel_price is None else log_pixel_price.reshape(count, 1)
    if resolution is None:
        return price, np.empty((count, 0))
    values, sizes = np.unique(np.asarray(resolution), return_counts=True)
    shared = values[(sizes > 1) & (sizes < count)]
    return price, np.asarray(np.asarray(resolution)[:, None] == shared, dtype=np.float64)


def _prior(cost: bool, prices: int, steps: int) -> tuple[Floats, Floats]:
    """Scales and centres (combinations, coefficients), in units of sigma.

    Each scale of the surface is combined with each of the steps, where there are any.
    A centre of the curvature in units of sigma is not known before sigma is, but its prior says no
    more than a likely order of size, for which UNIT_SIGMA stands.
    """
    unit = np.repeat([1.0, CURVATURE, BEND], [2, 3, 4])
    bowl = np.zeros(len(unit))
    bowl[[2, 4]] = BOWL * UNIT_SIGMA
    surface, step = np.meshgrid(SURFACE_SCALES, STEP_SCALES if steps else [1.0], indexing="ij")
    surface, step = surface.reshape(-1, 1), step.reshape(-1, 1)
    one = np.ones_like(surface)
    scale = np.hstack([one * LEVEL_SCALE, surface * unit])
    centre = np.hstack([0 * one, surface * bowl])
    if cost:
        scale = np.hstack([scale, one * COST_SLOPE_SCALE])
        centre = np.hstack([centre, one * COST_SLOPE])
    scale = np.hstack([scale, one * PIXEL_PRICE_SCALE * np.ones(prices), step * np.ones(steps)])
    slope = one * PIXEL_PRICE_SLOPE * np.ones(prices)
    return scale, np.hstack([centre, slope, 0 * step * np.ones(steps)])


@lru_cache(maxsize=64)
def _noise(columns: int, shape: float) -> tuple[Floats, Floats]:
    """Normal numbers (PAIRS, columns) and evenly spread gamma ones (PAIRS,), always the same."""
    from scipy import special

    rng = np.random.default_rng(0)
    level = rng.permutation((np.arange(PAIRS) + 0.5) / PAIRS)
    normal = rng.standard_normal((PAIRS, columns))
    return normal, np.asarray(special.gammaincinv(shape, level), dtype=np.float64)


def _checked(shares: Floats, errors: Floats) -> tuple[Floats, Floats]:
    shares, errors = np.asarray(shares, float), np.asarray(errors, float)
    if shares.ndim != 2 or shares.shape[1] != 3 or errors.ndim != 2 or len(errors) != len(shares):
        raise InvalidInput(
            f"shares has shape {shares.shape} and errors {errors.shape}, but must be "
            "(candidates, 3) and (candidates, seeds): give one row a candidate"
        )
    if not np.allclose(shares.sum(axis=1), 1, atol=1e-6):
        worst = int(np.abs(shares.sum(axis=1) - 1).argmax())
        raise InvalidInput(f"the shares {shares[worst]} do not add up to 1: normalise them")
    known = errors[np.isfinite(errors)]
    if known.size and not (known.min() >= 0 and known.max() <= 1):
        raise InvalidInput(
            f"errors lie within {known.min()} and {known.max()}, but must be fractions from 0 to 1"
        )
    return shares, errors
