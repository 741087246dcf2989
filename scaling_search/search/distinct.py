"""One multiplier for each distinct outcome of a rounding, so that all networks can be listed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scaling_search.baselines import ArchitectureBaseline
from scaling_search.scaling.rounding import Floats, Ints


def distinct_depths(baseline: ArchitectureBaseline, low: float, high: float) -> Floats:
    """One depth multiplier for each distinct number of blocks from low to high."""
    repeats, rounding = baseline.architecture.repeats, baseline.rounding
    changes = rounding.depth_changes(repeats, low, high)
    return _cells(changes, lambda mult: rounding.repeats(repeats, mult), low, high)


def distinct_widths(baseline: ArchitectureBaseline, low: float, high: float) -> Floats:
    """One width multiplier for each distinct set of channels from low to high."""
    channels, rounding = baseline.architecture.channels, baseline.rounding
    changes = rounding.width_changes(channels, low, high)
    return _cells(changes, lambda mult: rounding.channels(channels, mult), low, high)


def _cells(changes: Floats, realise: Callable[[Floats], Ints], low: float, high: float) -> Floats:
    """One multiplier for each distinct outcome of a rounding between low and high.

    It is the realised ratio of the sums where scaling by that gives the outcome back, so that
    multipliers read as what they do, and else the geometric middle of the outcome's interval.
    """
    edges = np.r_[low, changes, high]
    middles = np.sqrt(edges[:-1] * edges[1:])
    base = realise(np.array([1.0]))[0]
    outcomes = realise(middles)
    ratios = outcomes.sum(axis=1) / int(base.sum())
    exact = (realise(ratios) == outcomes).all(axis=1)
    chosen: dict[bytes, float] = {}
    for outcome, middle, ratio, is_exact in zip(outcomes, middles, ratios, exact):
        chosen.setdefault(outcome.tobytes(), float(ratio if is_exact else middle))
    chosen[base.tobytes()] = 1.0
    return np.array(sorted(chosen.values()))
