"""Which candidates may be the best, and how well their differences are known.

Both come from the posterior of the response surface (surface.py). How often they hold the truth:
docs/calibration.md.
"""

from __future__ import annotations

import numpy as np

from scaling_search.findings.interval import LEVEL, Bools, Floats, tails
from scaling_search.findings.surface import Surface


def possible_best(p_best: Floats, level: float = LEVEL) -> Bools:
    """The smallest set of candidates that holds the best with probability `level`.

    p_best: (candidates,), the probability that each is the best; they add up to 1. Those that are
    as probable as the last one of the set are in it too. Raises InvalidInput.
    """
    tails(level)
    ordered = -np.sort(-p_best)
    return np.asarray(p_best >= ordered[np.argmax(np.cumsum(ordered) >= level - 1e-9)])


def difference_widths(surface: Surface, best: int, level: float = LEVEL) -> Floats:
    """(candidates,): how well each one's error above that of candidate `best` is known.

    Half the width of the interval that holds the difference with `level`, in errors; 0
    for the best itself.
    """
    error = np.exp(surface.log_error)
    low, high = np.quantile(error - error[:, [best]], tails(level), axis=0)
    return np.asarray((high - low) / 2)
