"""Points of the search: their metric, and the networks under given multipliers."""

from __future__ import annotations

import numpy as np

from scaling_search.baselines import Baseline, FamilyMember
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.scaling.rounding import Floats


def alone(dimension: str, cost_ratio: float) -> Coefficients:
    """The coefficients that spend the whole budget on one dimension."""
    depth, width, resolution = (float(name == dimension) for name in DIMENSIONS)
    return Coefficients.from_shares(depth, width, resolution, cost_ratio)


def scaled(
    baseline: Baseline, depth: float = 1.0, width: float = 1.0, resolution: float = 1.0
) -> FamilyMember:
    """The baseline under these multipliers."""
    pixels = baseline.round_resolution(resolution)
    return FamilyMember(baseline, baseline.network(depth, width), pixels, depth, width)


def log_point(multipliers: Floats) -> Floats:
    """(..., 3) multipliers in the metric of the search: log alpha, 2 log beta, 2 log gamma."""
    point: Floats = np.log(multipliers) * np.array([1.0, 2.0, 2.0])
    return point
