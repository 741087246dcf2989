"""Accuracy against compute, numbers in, numbers out: laws, fits, intervals, back-tests."""

from scaling_search.forecast.law import Estimate, Prediction, ScalingLaw, fit_scaling_law
from scaling_search.forecast.prior import PUBLISHED_PRIOR, WEAK_PRIOR, Beliefs, Prior
from scaling_search.forecast.warning import ForecastWarning, WarningType

__all__ = [
    "PUBLISHED_PRIOR",
    "WEAK_PRIOR",
    "Beliefs",
    "Estimate",
    "ForecastWarning",
    "Prediction",
    "Prior",
    "ScalingLaw",
    "WarningType",
    "fit_scaling_law",
]
