"""What the finite val set adds to the uncertainty of a difference between two candidates.

Seeds and val images are two crossed samples (Owen 2007, "The pigeonhole bootstrap", Annals of
Applied Statistics 1, 386-411). The scatter between seeds already holds what a run does by chance to
single images; it cannot hold that the same val images judge all runs. So

    total variance = variance by seeds (RunNoise, over seeds) + variance by images (here),

with the chance of single runs taken out of the second, where repeated seeds let it be known. With
one seed each it cannot be taken out and is counted twice, which widens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Bools


@dataclass(frozen=True, kw_only=True)
class ValDifference:
    """Val error of one candidate less that of another, averaged over their seeds. Fractions."""

    difference: float
    #: Standard error by the choice of val images alone: that of a new val set of the same size.
    se: float


def val_difference(correct: Bools, other: Bools) -> ValDifference:
    """Compare correct (seeds, images) of one candidate with `other` (its seeds, same images).

    Images must be in the same order; at least two. Raises InvalidInput otherwise.
    """
    both = [np.atleast_2d(np.asarray(runs, bool)) for runs in (correct, other)]
    images = both[0].shape[1]
    if images != both[1].shape[1] or images < 2 or min(len(runs) for runs in both) < 1:
        raise InvalidInput(
            f"correctness has the shapes {both[0].shape} and {both[1].shape}, but must be "
            "(seeds, images) with the same images, at least 2: compare runs of one val set"
        )
    # Per image, how much more often the first candidate is wrong.
    worse = both[1].mean(axis=0) - both[0].mean(axis=0)
    variance = worse.var(ddof=1)
    for runs in both:
        if len(runs) > 1:
            variance -= runs.var(axis=0, ddof=1).mean() / len(runs)
    se = float(np.sqrt(max(variance, 0.0) / images))
    return ValDifference(difference=float(worse.mean()), se=se)
