"""The terms of a response surface, and what is believed of them before any run.

Each term has a normal prior whose scale is a multiple of sigma, the noise of a run, and sigma^2 has
an inverse gamma one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.findings.design import Design
from scaling_search.findings.interval import Floats
from scaling_search.findings.triangle import polynomial

#: Terms of the smooth part, which come first.
SMOOTH = 10


def features(design: Design) -> Floats:
    """(n, 12 + steps): level, slopes, curvatures, third degree; log cost, log price; steps."""
    return np.column_stack([polynomial(design.shares), design.covariates, design.steps])


@dataclass(frozen=True, kw_only=True)
class SurfacePrior:
    """Centres in log error, scales in units of sigma; scales that are listed are all tried, with
    equal weights."""

    #: Scales of the slopes, and with them of the curvatures.
    surface_scales: tuple[float, ...] = (0.3, 1.0, 3.0, 9.0, 27.0)
    #: Standard deviations of single networks from the surface (tau).
    tau_scales: tuple[float, ...] = (0.0, 0.15, 0.3, 0.6, 1.2, 2.4, 5.0, 10.0)
    #: Standard deviations of the effects of seeds (omega).
    omega_scales: tuple[float, ...] = (0.0, 0.5, 1.5, 5.0)
    #: Standard deviations of the steps.
    step_scales: tuple[float, ...] = (0.05, 0.5, 1.0, 2.0)
    #: The level is as good as unknown.
    level_scale: float = 30.0
    #: Centre of the curvatures over the slopes' scale: returns of a dimension diminish, so a bowl
    #: is likelier than a hill, and its bottom is about as likely inside as on an edge.
    bowl: float = 1.0
    #: Scale of the curvatures over that of the slopes: leaves a hill a quarter of the probability.
    curvature: float = 1.5
    #: The same of the terms of third degree: without them a bowl must be as steep on one side as
    #: on the other, and is sure of a wrong place.
    bend: float = 1.0
    #: Log error per unit of log cost, centre and scale: what doublings of small networks buy. The
    #: few per cent by which costs differ cannot teach it, but would let it stand in for what else
    #: networks of equal rounding have in common.
    cost_slope: tuple[float, float] = (-0.3, 2.0)
    #: Log error per unit of log pixel price at equal cost, likewise: compute that rounding takes
    #: away is missed as much as the slope of the cost says, or more.
    pixel_price_slope: tuple[float, float] = (0.3, 8.0)
    #: Of the inverse gamma of sigma^2: the median of sigma is 6 % of the error, and it lies within
    #: 3 and 22 % with probability 90 %.
    sigma_shape: float = 1.0
    sigma_rate: float = 0.0025
    #: Stands for sigma in the centre of the curvatures, a likely order of size and no more.
    unit_sigma: float = 0.06
    #: Without any run the level is taken to be that of this error.
    unknown_error: float = 0.3

    def coefficients(self, steps: int) -> tuple[Floats, Floats]:
        """Scales and centres, (combinations, 12 + steps) each, of the coefficients of `features`.

        Each scale of the surface is combined with each of the steps, where there are any.
        """
        unit = np.repeat([1.0, self.curvature, self.bend], [2, 3, 4])
        bowl = np.zeros(len(unit))
        bowl[[2, 4]] = self.bowl * self.unit_sigma
        slope, slope_scale = np.transpose([self.cost_slope, self.pixel_price_slope])
        surface, step = (
            grid.reshape(-1, 1)
            for grid in np.meshgrid(
                self.surface_scales, self.step_scales if steps else [1.0], indexing="ij"
            )
        )
        one = np.ones_like(surface)
        scale = [one * self.level_scale, surface * unit, one * slope_scale, step * np.ones(steps)]
        centre = [0 * one, surface * bowl, one * slope, 0 * step * np.ones(steps)]
        return np.hstack(scale), np.hstack(centre)


PRIOR = SurfacePrior()
