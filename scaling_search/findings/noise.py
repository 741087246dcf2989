"""The noise of a run: how far it lies from its network's mean, the effect of its seed taken out.

Learnt from repeated runs alone, together with what is believed before any run. The response surface
has a posterior of the same noise, but where most networks were trained once it cannot tell noise
from what single networks deviate, and its interval of the noise holds too seldom
(docs/calibration.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.findings.additive import fit_additive
from scaling_search.findings.interval import LEVEL, Floats, Interval, tails
from scaling_search.findings.surface import log_errors
from scaling_search.findings.surface_prior import PRIOR, SurfacePrior

#: With this probability a difference is to be seen.
POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class RunNoise:
    """The posterior of sigma, the standard deviation of a run in log error (0.05 is 5 % of the
    error): sigma^2 is inverse gamma, so that with no repeated run it is the prior."""

    shape: float
    rate: float
    #: The largest error that there is: 1 of fractions, inf of losses.
    highest: float = 1.0

    def sd(self, level: float = LEVEL) -> Interval:
        """The median of sigma, and the interval that holds it with `level`."""
        from scipy import special

        low, high = tails(level)
        quantiles = special.gammainccinv(self.shape, np.array([0.5, low, high]))
        return Interval(*np.sqrt(self.rate / quantiles).tolist())

    def mean_of(self, errors: Floats, draws: int) -> Floats:
        """(draws,): mean error over seeds of a network of which its own runs are all that is known.

        errors: (runs,). The draws are the same for the same input.
        """
        rng = np.random.default_rng(0)
        sigma = np.sqrt(self.rate / rng.gamma(self.shape, size=draws))
        z = rng.standard_normal(draws) / len(errors) ** 0.5
        # The log of a mean error lies above the mean of log errors.
        log_mean = log_errors(np.asarray(errors, float)).mean() + 0.5 * sigma**2 + sigma * z
        return np.asarray(np.exp(np.minimum(log_mean, np.log(self.highest))))

    def seeds_to_see(self, gap: float) -> Interval:
        """Seeds that each of two candidates needs, by their own runs alone, to be told apart.

        gap: their difference in log error. Told apart: with probability POWER the worse one is left
        a probability of 1 - LEVEL at most to be the better. With n common seeds the variance of the
        difference of means is 2 sigma^2 / n; the interval is that of sigma. Whole numbers.
        """
        from scipy import special

        needed = float(special.ndtri(LEVEL) + special.ndtri(POWER)) * np.array(self.sd()) / gap
        return Interval(*np.ceil(2 * needed**2).tolist())


def run_noise(
    errors: Floats, prior: SurfacePrior = PRIOR, *, highest: float = 1.0, blocks: bool = True
) -> RunNoise:
    """Of errors (candidates, seeds) up to `highest`, nan where a run is missing.

    blocks: whether seeds have effects of their own, as in `fit_additive`.
    """
    fit = fit_additive(log_errors(np.asarray(errors, float)), blocks)
    freedom = fit.degrees_of_freedom
    squares = freedom * fit.residual_sd**2 if freedom else 0.0
    return RunNoise(
        shape=prior.sigma_shape + freedom / 2,
        rate=prior.sigma_rate + squares / 2,
        highest=highest,
    )
