"""Networks compared with one of them, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.additive import fit_additive
from scaling_search.findings.interval import LEVEL, Floats


@dataclass(frozen=True, kw_only=True)
class Differences:
    """How much better one network is than each of the others. Arrays follow the networks."""

    #: Error of the other minus error of the one: above 0, the one is better. 0 for
    #: itself, nan where a network is no rival or no common seeds connect the two.
    difference: Floats
    #: Bounds that hold together for all others; nan without a repetition.
    low: Floats
    high: Floats
    degrees_of_freedom: int


def compare_with_one(
    errors: Floats,
    one: int,
    rivals: Sequence[int] | None = None,
    level: float = LEVEL,
    blocks: bool = True,
) -> Differences:
    """Compare network `one` with its rivals, by default with all others.

    errors: (networks, seeds), nan where a run is missing. Pairs share a seed: what it
    does to all networks alike cancels. The noise that is left is pooled over all networks, rivals
    or not, and the intervals are Student's with Bonferroni's correction for the rivals. blocks: as
    in `fit_additive`.
    """
    from scipy import special

    fit = fit_additive(np.asarray(errors, float), blocks)
    difference = fit.effect - fit.effect[one]
    others = [i for i in range(len(difference)) if i != one] if rivals is None else list(rivals)
    outside = ~np.isin(np.arange(len(difference)), [one, *others])
    difference[outside | (fit.connected != fit.connected[one])] = math.nan
    count = int(np.isfinite(difference[others]).sum())
    half = np.full(len(difference), math.nan)
    if fit.degrees_of_freedom > 0 and count > 0:
        tail = (1 - level) / 2 / count
        critical = float(special.stdtrit(fit.degrees_of_freedom, 1 - tail))
        unit = fit.unit
        spread = np.diag(unit) + unit[one, one] - 2 * unit[one]
        half = critical * fit.residual_sd * np.sqrt(np.maximum(spread, 0))
    return Differences(
        difference=difference,
        low=difference - half,
        high=difference + half,
        degrees_of_freedom=fit.degrees_of_freedom,
    )
