"""What each choice of a network's shape is worth: log error, linear in the choices.

    log error = level + choices b + slope * log_cost + deviation(network) + block(seed) + noise

Most of what makes a network good is no sum of its choices, so each network has a deviation of its
own (sd tau), as on the response surface of STEP 1; its posterior is computed by the same formulas
(surface_posterior.py). A network's expected error is therefore drawn towards what its choices say,
the more the fewer its runs: the best of many noisy runs is mostly a lucky one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import LEVEL, Floats, Interval, tails
from scaling_search.findings.surface import apart, log_errors
from scaling_search.findings.surface_posterior import draw, grid_posterior, statistics
from scaling_search.findings.surface_prior import PRIOR

#: Of the effects of choices, in units of the noise of a run; all are tried, with equal weights.
_SCALES = (0.3, 1.0, 3.0, 9.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Choices:
    """The posterior. Draws are the same for the same input."""

    #: (p,): log error per unit of each choice; -0.1 is about a tenth fewer mistakes.
    effects: tuple[Interval, ...]
    #: (draws, n): log of each network's mean error over seeds, at its own cost.
    log_error: Floats
    #: Standard deviation of networks about their choices, in log error: its posterior mean.
    tau: float

    @property
    def mean(self) -> Floats:
        """(n,): expected error of each network."""
        return np.asarray(np.exp(self.log_error).mean(axis=0))

    @property
    def sd(self) -> Floats:
        """(n,): its standard deviation."""
        return np.asarray(np.exp(self.log_error).std(axis=0))


def fit_choices(
    choices: Floats,
    log_cost: Floats,
    errors: Floats,
    level: float = LEVEL,
    highest: float = 1.0,
    blocks: bool = True,
) -> Choices:
    """Fit errors (n, seeds), nan where there is no run.

    choices: (n, p), each in its own unit. log_cost: (n,), log of the cost over a common one.
    highest: the largest error that there is, inf for losses. blocks: as in `fit_surface`. Raises
    InvalidInput without any run.
    """
    choices, errors = np.asarray(choices, float), np.asarray(errors, float)
    errors = errors if blocks else apart(errors)
    known = np.isfinite(errors)
    if not known.any():
        raise InvalidInput("no network has a finished run, so no choice can be judged: train one")
    y = log_errors(errors)
    centre_y = float(y[known].mean())
    # Centred, so that the level is that of the networks and not of a corner of the space.
    middle = choices - choices.mean(axis=0)
    x = np.column_stack([np.ones(len(choices)), middle, np.asarray(log_cost, float)])
    slope, slope_scale = PRIOR.cost_slope
    count = choices.shape[1]
    scale = np.array([[PRIOR.level_scale, *[s] * count, slope_scale] for s in _SCALES])
    centre = np.array([[0.0, *[0.0] * count, slope]] * len(_SCALES))
    seen = statistics(x, y - centre_y, PRIOR)
    draws = draw(seen, grid_posterior(seen, scale, centre, PRIOR), PRIOR)
    coefficients = draws.coefficients.reshape(-1, x.shape[1])
    deviation = draws.deviation.reshape(len(coefficients), -1)
    # The log of a mean error lies above the mean of log errors.
    noise = np.tile(0.5 * (draws.sigma**2 + draws.omega**2), 2)
    log_error = centre_y + noise[:, None] + coefficients @ x.T + deviation
    low, high = np.quantile(coefficients, tails(level), axis=0)
    effects = np.stack([coefficients.mean(axis=0), low, high], axis=1)[1:-1]
    return Choices(
        effects=tuple(map(Interval._make, effects.tolist())),
        log_error=np.minimum(log_error, np.log(highest)),
        tau=float(draws.tau.mean()),
    )
