"""Does the quadratic surface fit? The F test of lack of fit, where seeds were repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.design import Design
from scaling_search.findings.interval import Floats
from scaling_search.findings.surface import log_errors
from scaling_search.findings.triangle import quadratic

#: Below this p-value the surface is said not to fit.
MISFIT = 0.05


@dataclass(frozen=True, kw_only=True)
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


def lack_of_fit(design: Design, errors: Floats, blocks: bool = True) -> LackOfFit:
    """Test errors (candidates, seeds) of a design's candidates, nan where not trained.

    The model surface + seed is compared with candidate + seed, both by least squares on log errors
    (Box and Draper 2007, Response Surfaces, section 3.6); the surface is the quadratic with the
    design's covariates. blocks: whether seeds have effects of their own, as in `fit_additive`.
    """
    errors = np.asarray(errors, float)
    rows, columns = np.nonzero(np.isfinite(errors))
    y = log_errors(errors)[rows, columns]
    smooth = np.column_stack([quadratic(design.shares), design.covariates])
    seeds = np.eye(errors.shape[1])[columns] if blocks else np.ones((len(y), 1))
    square, rank = _residual(np.column_stack([smooth[rows], seeds]), y)
    own_square, own_rank = _residual(np.column_stack([np.eye(len(errors))[rows], seeds]), y)
    between, within = max(own_rank - rank, 0), max(len(y) - own_rank, 0)
    ratio = p_value = math.nan
    if between and within and own_square > 0:
        from scipy import special

        ratio = max(square - own_square, 0.0) / between / (own_square / within)
        p_value = float(special.fdtrc(between, within, ratio))
    return LackOfFit(ratio=ratio, p_value=p_value, deviation_freedom=between, noise_freedom=within)


def _residual(design: Floats, y: Floats) -> tuple[float, int]:
    """Sum of squares that is left over, and the rank of the design."""
    if y.size == 0:
        return 0.0, 0
    solution, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    return float(((y - design @ solution) ** 2).sum()), int(rank)
