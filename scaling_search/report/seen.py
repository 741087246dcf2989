"""What is to be seen in figures, in words, for who cannot see them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scaling_search.report.words import Words


def networks_seen(errors: Iterable[float], words: Words) -> str:
    """`12 networks, 90.9 to 93.0 %`: what is shown of those whose error is known."""
    known = np.array([error for error in errors if np.isfinite(error)], float)
    if not len(known):
        return "no network is trained yet"
    metric = words.metric
    low, high = sorted(metric.shown(end) for end in (known.min(), known.max()))
    count = f"{len(known)} network{'s' if len(known) > 1 else ''}"
    return f"{count}, {metric.between(low, high)}{metric.unit}"
