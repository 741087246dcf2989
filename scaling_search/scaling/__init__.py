"""The rule: coefficients and shares, architectures as data, rounding, exact cost. No torch."""

from scaling_search.scaling.architecture import Architecture, Stage, plain_architecture
from scaling_search.scaling.changing_shares import ChangingShares, ScalingRule
from scaling_search.scaling.coefficients import (
    DIMENSIONS,
    PAPER,
    Coefficients,
    Multipliers,
    Shares,
)
from scaling_search.scaling.cost import Cost, Grid, cost
from scaling_search.scaling.memory import MemorySetup, grid_peak_bytes, peak_bytes
from scaling_search.scaling.realise import require_multipliers, scale_architecture
from scaling_search.scaling.rounding import FineRounding, PaperRounding, Rounding

__all__ = [
    "DIMENSIONS",
    "PAPER",
    "Architecture",
    "ChangingShares",
    "Coefficients",
    "Cost",
    "FineRounding",
    "Grid",
    "MemorySetup",
    "Multipliers",
    "PaperRounding",
    "Rounding",
    "ScalingRule",
    "Shares",
    "Stage",
    "cost",
    "grid_peak_bytes",
    "peak_bytes",
    "plain_architecture",
    "require_multipliers",
    "scale_architecture",
]
