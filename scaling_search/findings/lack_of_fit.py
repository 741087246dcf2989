"""Does the quadratic surface fit? The F test of lack of fit, where seeds were repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings.surface import log_errors
from scaling_search.findings.triangle import quadratic

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LackOfFit:
    """Deviations of candidates from the surface against the noise of runs, in log error.

    Numbers are nan where the data cannot tell: without repeated seeds or with too few candidates.
    """

    #: Mean square of the deviations over that of the noise; 1 is expected where the surface fits.
    ratio: float
    #: Probability of such a ratio or a greater one, if the surface fits.
    p_value: float
    deviation_freedom: int
    noise_freedom: int

    @property
    def testable(self) -> bool:
        """Whether there are degrees of freedom for both."""
        return self.deviation_freedom > 0 and self.noise_freedom > 0


def lack_of_fit(
    shares: Floats,
    errors: Floats,
    log_cost: Floats | None = None,
    log_pixel_price: Floats | None = None,
) -> LackOfFit:
    """Test shares (candidates, 3), errors (candidates, seeds), nan where not trained.

    The model surface + seed is compared with candidate + seed, both by least squares on log errors
    (Box and Draper 2007, Response Surfaces, section 3.6). log_cost and log_pixel_price: as in
    fit_surface.
    """
    errors = np.asarray(errors, float)
    rows, columns = np.nonzero(np.isfinite(errors))
    y = log_errors(errors)[rows, columns]
    smooth = quadratic(shares)
    for covariate in (log_cost, log_pixel_price):
        if covariate is not None:
            smooth = np.column_stack([smooth, covariate])
    seeds = np.eye(errors.shape[1])[columns]
    square, rank = _residual(np.column_stack([smooth[rows], seeds]), y)
    own_square, own_rank = _residual(np.column_stack([np.eye(len(errors))[rows], seeds]), y)
    between, within = own_rank - rank, len(y) - own_rank
    if between < 1 or within < 1 or own_square <= 0:
        return LackOfFit(math.nan, math.nan, max(between, 0), max(within, 0))
    from scipy import special

    ratio = max(square - own_square, 0.0) / between / (own_square / within)
    return LackOfFit(ratio, float(special.fdtrc(between, within, ratio)), between, within)


def _residual(design: Floats, y: Floats) -> tuple[float, int]:
    """Sum of squares that is left over, and the rank of the design."""
    if y.size == 0:
        return 0.0, 0
    solution, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    return float(((y - design @ solution) ** 2).sum()), int(rank)
