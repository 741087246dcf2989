"""A law over shares and compute: log error wherever depth, width and resolution grow.

With t the log of the cost over the baseline's, T that of the dearest network, and u the place of
the shares on the plane of the triangle,

    log error = level(t) + (t/T)^g bowl(u) + (t/T)^g (t/T - 1) drift . u
                + slope * log_pixel_price + step(resolution) + deviation(network) + block(seed)
                + noise

level is a quadratic in t, bowl a cubic in u as that of a response surface (surface.py), whose terms
all vanish at the baseline, where nothing has been shared out: how fast they grow, g, is not known,
and each of GROWTHS is tried. The drift moves the lowest point of the bowl by so much for each
doubling of the compute; without any the best shares are the same at all sizes, which is what
alpha^phi, beta^phi, gamma^phi says (Tan and Le 2019, Eq. 3). Priors and posterior are those of a
response surface.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.interval import Floats
from scaling_search.findings.surface import apart, log_errors
from scaling_search.findings.surface_posterior import PAIRS, Draws, draw, grid_posterior, statistics
from scaling_search.findings.surface_prior import PRIOR, SurfacePrior
from scaling_search.findings.triangle import PLANE, polynomial

#: Powers of the log cost by which the effect of shares grows.
GROWTHS = (0.0, 1.0, 2.0)
#: Scales of the drift over that of the bowl's slopes. None of them is 0: with a belief in no drift
#: at all, regions of shares that do drift hold them too seldom at the cheapest cost.
DRIFT_SCALES = (0.3, 1.0, 3.0)
#: Scales of the bowl's terms of third degree over that of its slopes: some landscapes are nearly
#: quadratic, and on others regions of a bowl alone hold the truth too seldom.
BENDS = (0.5, 1.0, 2.0)
#: Log cost over the baseline's below which a network's shares tell nothing. Larger and smaller
#: networks are never fitted together: what a starved baseline should grow in first it should give
#: up last.
LEAST = math.log(1.2)
#: Networks that a law needs, as many as a bowl has coefficients: fewer only repeat the prior.
FEWEST = 6
#: Terms of the level, of the bowl and of the drift, which come first.
_LEVEL, _BOWL, _DRIFT = 3, 9, 2
_SMOOTH = _LEVEL + _BOWL + _DRIFT


@dataclass(frozen=True, kw_only=True, eq=False)
class SharesLaw:
    """The posterior. Errors are fractions or losses, lower is better.

    Draws are the same for the same input.
    """

    #: Log cost of the dearest network.
    longest: float
    #: Of each growth its posterior probability, and its coefficients (draws, 14).
    p_growth: tuple[float, ...]
    coefficients: tuple[Floats, ...]
    #: The largest error that there is: 1 of fractions, inf of losses.
    highest: float

    def at(self, log_cost: float) -> AtCost:
        """The law at one cost over the baseline's."""
        return AtCost(self, log_cost)


@dataclass(frozen=True)
class AtCost:
    """A law at one cost: an error over the triangle."""

    law: SharesLaw
    log_cost: float

    def log_error_at(self, shares: Floats) -> Floats:
        """(draws, points): log error at shares (points, 3), whatever is the largest."""
        shares = np.atleast_2d(shares)
        t = np.full(len(shares), self.log_cost / self.law.longest)
        return np.concatenate(
            [
                coefficients @ _smooth(shares, t, growth).T
                for growth, coefficients in zip(GROWTHS, self.law.coefficients)
            ]
        )

    def error_at(self, shares: Floats) -> Floats:
        """(draws, points): error at shares (points, 3), `highest` at most."""
        return np.asarray(np.exp(np.minimum(self.log_error_at(shares), np.log(self.law.highest))))


def fit_shares_law(
    design: Design,
    errors: Floats,
    prior: SurfacePrior = PRIOR,
    highest: float = 1.0,
    blocks: bool = True,
) -> SharesLaw:
    """Fit errors (networks, seeds), nan where not trained.

    design: its log_cost is that over the baseline's. highest, blocks: as of `fit_surface`. Raises
    InvalidInput where fewer than FEWEST networks are trained that cost LEAST more than the
    baseline, or where these have one cost.
    """
    errors = np.asarray(errors, float)
    if errors.ndim != 2 or len(errors) != len(design):
        raise InvalidInput(
            f"errors has shape {errors.shape}, but must be ({len(design)}, seeds): give one row a "
            "network"
        )
    known = np.isfinite(errors).any(axis=1) & (design.log_cost >= LEAST)
    design, errors = design[known], errors[known]
    _require_costs(design.log_cost)
    longest = float(design.log_cost.max())
    y = log_errors(errors if blocks else apart(errors))
    level = float(y[np.isfinite(y)].mean())
    drawn: list[Draws] = []
    evidence = []
    for growth in GROWTHS:
        seen = statistics(_features(design, longest, growth), y - level, prior)
        grid = grid_posterior(seen, *_beliefs(prior, design.steps.shape[1]), prior)
        evidence.append(grid.log_evidence)
        drawn.append(draw(seen, grid, prior))
    p_growth = np.exp(np.array(evidence) - max(evidence))
    p_growth /= p_growth.sum()
    return SharesLaw(
        longest=longest,
        p_growth=tuple(p_growth.tolist()),
        coefficients=tuple(
            _part(draws, level, share) for draws, share in zip(drawn, _counts(p_growth))
        ),
        highest=highest,
    )


def _require_costs(log_cost: Floats) -> None:
    if len(log_cost) < FEWEST or np.ptp(log_cost) < LEAST:
        costs = np.exp(log_cost)
        told = f", by {costs.min():.3g} to {costs.max():.3g} times" if len(costs) else ""
        raise InvalidInput(
            f"{len(log_cost)} trained networks differ enough from the baseline in cost{told}, but "
            f"whether shares change with size takes {FEWEST} networks and two costs: train more"
        )


def _smooth(shares: Floats, t: Floats, growth: float) -> Floats:
    """(n, 14): level, bowl and drift at shares (n, 3) and log costs t (n,) over the longest."""
    size = t[:, None] ** growth
    level = np.column_stack([np.ones(len(t)), t - 1, (t - 1) ** 2])
    return np.hstack(
        [level, size * polynomial(shares)[:, 1:], size * (t - 1)[:, None] * shares @ PLANE]
    )


def _features(design: Design, longest: float, growth: float) -> Floats:
    """(n, 15 + steps)"""
    smooth = _smooth(design.shares, design.log_cost / longest, growth)
    return np.column_stack([smooth, design.log_pixel_price, design.steps])


def _beliefs(prior: SurfacePrior, steps: int) -> tuple[Floats, Floats]:
    """Scales and centres, (combinations, 15 + steps) each, of the coefficients of `_features`."""
    price, price_scale = prior.pixel_price_slope
    bowl = np.zeros(_BOWL)
    bowl[[2, 4]] = prior.bowl * prior.unit_sigma
    scales, centres = [], []
    for surface, drift, bend, step in itertools.product(
        prior.surface_scales, DRIFT_SCALES, BENDS, prior.step_scales if steps else [1.0]
    ):
        unit = np.repeat([1.0, prior.curvature, bend], [2, 3, 4])
        level, moved = [prior.level_scale] * _LEVEL, [surface * drift] * _DRIFT
        scales.append([*level, *(surface * unit), *moved, price_scale, *[step] * steps])
        none = [0.0] * _LEVEL, [0.0] * _DRIFT, [0.0] * steps
        centres.append([*none[0], *(surface * bowl), *none[1], price, *none[2]])
    return np.array(scales), np.array(centres)


def _counts(p_growth: Floats) -> list[int]:
    """Pairs of draws of each growth, PAIRS in all."""
    ends = np.rint(np.cumsum(p_growth) * PAIRS).astype(int).tolist()
    return [end - start for start, end in zip([0, *ends], ends)]


def _part(draws: Draws, level: float, pairs: int) -> Floats:
    """(2 pairs, 14): so many pairs of the draws, evenly over the grid."""
    picked = np.linspace(0, PAIRS - 1, pairs).round().astype(int)
    coefficients = draws.coefficients[:, picked, :_SMOOTH].copy()
    # The log of a mean error lies above the mean of log errors.
    noise = draws.sigma[picked] ** 2 + draws.omega[picked] ** 2
    coefficients[:, :, 0] += level + 0.5 * noise
    return coefficients.reshape(2 * pairs, _SMOOTH)
