"""The response surface: log error over the triangle of shares, and what it says of candidates.

    log error = smooth(shares) + slope * log_cost + slope * log_pixel_price + step(resolution)
                + deviation(candidate) + block(seed) + noise

The smooth part is a quadratic (Box and Wilson 1951) with weaker terms of third degree: a bowl need
not be as steep on one side as on the other, and a region of its lowest point that believes so is
too small (docs/calibration.md). Real networks do not lie on a smooth surface exactly. Layers of
stride 2 round their maps up, so that 17 px may cost what 18 px do: compute that goes into rounding
buys little, and what a pixel costs is known before any training. What else networks of equal
resolution have in common is a step, and each candidate has a deviation of its own (sd tau). A seed
has an effect common to all candidates (sd omega) and a run has noise (sd sigma). All of these have
priors (surface_prior.py) and a joint posterior (surface_posterior.py). So a handful of runs gives a
wide answer and not a wild one, and a candidate that was never trained is known from its neighbours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.interval import Bools, Floats, Ints
from scaling_search.findings.surface_posterior import PAIRS, Draws, draw, grid_posterior, statistics
from scaling_search.findings.surface_prior import PRIOR, SMOOTH, SurfacePrior, features
from scaling_search.findings.triangle import polynomial


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """The posterior. Errors are fractions or losses, at log_cost 0, lower is better.

    Draws are the same for the same input: the random numbers behind them are fixed.
    """

    #: The candidates.
    design: Design
    #: (candidates,): true mean error over seeds of each network, trained or not, and its sd.
    mean: Floats
    sd: Floats
    #: (candidates,): probability that it is the best of the candidates.
    p_best: Floats
    #: (candidates,): how many runs of each were known.
    runs: Ints
    #: Noise of a run, deviation of networks from the surface, effect of seeds: posterior means, in
    #: log error (0.05 is 5 % of the error).
    sigma: float
    tau: float
    omega: float
    #: (draws, candidates): log of the true mean error.
    log_error: Floats
    #: (draws, 10): coefficients of `polynomial`.
    coefficients: Floats
    #: The largest error that there is: 1 of fractions, inf of losses.
    highest: float = 1.0

    @property
    def choice(self) -> int:
        """Index of the candidate with the lowest expected error."""
        return int(np.argmin(self.mean))

    def p_best_among(self, able: Bools) -> Floats:
        """(candidates,): probability that each is the best of those that `able` (candidates,)
        names; 0 for the others. Of the largest error there is, all are equally good."""
        if not able.any():
            return np.zeros(len(able))
        lowest = self.log_error[:, able].min(axis=1, keepdims=True)
        first = able & (self.log_error <= lowest)
        return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0))

    def log_error_at(self, shares: Floats) -> Floats:
        """(draws, points): log error of the smooth part at shares (points, 3), whatever is the
        largest."""
        return np.asarray(self.coefficients @ polynomial(shares).T)

    def error_at(self, shares: Floats) -> Floats:
        """(draws, points): error of the smooth part at shares (points, 3), `highest` at most."""
        return np.asarray(np.exp(np.minimum(self.log_error_at(shares), np.log(self.highest))))


def fit_surface(
    design: Design,
    errors: Floats,
    prior: SurfacePrior = PRIOR,
    highest: float = 1.0,
    blocks: bool = True,
) -> Surface:
    """Fit errors (candidates, seeds) of a design's candidates, nan where not trained.

    Candidates without any run may be among them. highest: the largest error that there is, inf for
    losses; of which a multiple gives the same multiple. blocks: a seed does something to all
    candidates alike; else the runs of a candidate are mere repetitions. Raises InvalidInput.
    """
    errors = _checked(design, errors, highest)
    errors = errors if blocks else apart(errors)
    known = np.isfinite(errors)
    y = log_errors(errors)
    level = float(y[known].mean()) if known.any() else math.log(prior.unknown_error)
    seen = statistics(features(design), y - level, prior)
    grid = grid_posterior(seen, *prior.coefficients(design.steps.shape[1]), prior)
    return _summary(design, known.sum(axis=1), level, draw(seen, grid, prior), highest)


def _summary(design: Design, runs: Ints, level: float, draws: Draws, highest: float) -> Surface:
    """What the draws say of the candidates at equal cost; `level` was taken out before."""
    coefficients = draws.coefficients.copy()
    # The log of a mean error lies above the mean of log errors.
    coefficients[:, :, 0] += level + 0.5 * (draws.sigma**2 + draws.omega**2)
    coefficients = coefficients.reshape(2 * PAIRS, -1)
    at_equal_cost = features(replace(design, log_cost=np.zeros(len(design))))
    log_error = coefficients @ at_equal_cost.T + draws.deviation.reshape(len(coefficients), -1)
    wins = np.bincount(log_error.argmin(axis=1), minlength=len(design))
    log_error = np.minimum(log_error, np.log(highest))
    error = np.exp(log_error)
    mean = error.mean(axis=0)
    return Surface(
        design=design,
        mean=mean,
        sd=np.sqrt(np.maximum((error**2).mean(axis=0) - mean**2, 0)),
        p_best=wins / len(error),
        runs=runs,
        sigma=float(draws.sigma.mean()),
        tau=float(draws.tau.mean()),
        omega=float(draws.omega.mean()),
        log_error=log_error,
        coefficients=coefficients[:, :SMOOTH],
        highest=highest,
    )


def apart(errors: Floats) -> Floats:
    """(networks, runs): each run in a column of its own, so that none share a seed's effect."""
    row, column = np.nonzero(np.isfinite(errors))
    found = np.full((len(errors), max(1, len(row))), np.nan)
    found[row, np.arange(len(row))] = errors[row, column]
    return found


def log_errors(errors: Floats) -> Floats:
    """Logs, in the shape of errors; an error of 0 counts as half of the lowest one above it.

    Where all are 0, only that they are equal counts.
    """
    positive = errors[np.isfinite(errors) & (errors > 0)]
    floor = 0.5 * float(positive.min()) if positive.size else 1e-9
    return np.asarray(np.log(np.maximum(errors, floor)))


def _checked(design: Design, errors: Floats, highest: float) -> Floats:
    errors = np.asarray(errors, float)
    if errors.ndim != 2 or len(errors) != len(design):
        raise InvalidInput(
            f"errors has shape {errors.shape}, but must be ({len(design)}, seeds): give one row a "
            "candidate"
        )
    known = errors[np.isfinite(errors)]
    if known.size and not (known.min() >= 0 and known.max() <= highest):
        wanted = "fractions from 0 to 1" if highest == 1 else f"from 0 to {highest:g}"
        raise InvalidInput(
            f"errors lie within {known.min()} and {known.max()}, but must be {wanted}"
        )
    return errors
