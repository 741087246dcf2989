"""Accuracy against compute, numbers in, numbers out: laws, fits, intervals, back-tests."""

from scaling_search.forecast.backtest import Backtest, backtest, held_out_sizes
from scaling_search.forecast.contrast import contrast
from scaling_search.forecast.law import ScalingLaw, fit_scaling_law
from scaling_search.forecast.next_size import (
    Lesson,
    SizeNeeded,
    next_sizes,
    size_needed,
    sizes_needed,
)
from scaling_search.forecast.prediction import Prediction
from scaling_search.forecast.prior import PUBLISHED_PRIOR, WEAK_PRIOR, Beliefs, Prior
from scaling_search.forecast.warning import ForecastWarning, WarningType

__all__ = [
    "PUBLISHED_PRIOR",
    "WEAK_PRIOR",
    "Backtest",
    "Beliefs",
    "ForecastWarning",
    "Lesson",
    "Prediction",
    "Prior",
    "ScalingLaw",
    "SizeNeeded",
    "WarningType",
    "backtest",
    "contrast",
    "fit_scaling_law",
    "held_out_sizes",
    "next_sizes",
    "size_needed",
    "sizes_needed",
]
