"""What is believed about a scaling law before it is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.forecast.arguments import FloatArray, Range, instance, number
from scaling_search.metric import Metric

MEAN = Range("within -20 and 20", -20.0, 20.0, "It is the mean of a logarithm.", open=False)
SD = Range("within 0.001 and 10", 1e-3, 10.0, "It is the spread of a logarithm.", open=False)
WEIGHT = Range("within 0 and 1", 0.0, 1.0, "Give .2 for a fifth.", open=False)


@dataclass(frozen=True, kw_only=True)
class Beliefs:
    """Independent normal distributions of the four parameters, each on the scale that suits it.

    Raises InvalidInput where a mean lies beyond 20 or a standard deviation beyond .001 and 10.
    """

    log_exponent: float  # mean of log c
    log_exponent_sd: float
    logit_share: float  # mean of logit of E / (error at the smallest measured size)
    logit_share_sd: float
    log_scatter: float  # mean of log of the scatter of single sizes about the law (log error)
    log_scatter_sd: float
    log_drift: float  # mean of log of the drift rate, per (e-fold of macs)^1.5
    log_drift_sd: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            number(name, value, SD if name.endswith("_sd") else MEAN)

    @property
    def mean(self) -> FloatArray:
        """(4,): log exponent, logit share, log scatter, log drift: every other field."""
        return np.array([*vars(self).values()][::2])

    @property
    def sd(self) -> FloatArray:
        """(4,): standard deviations in the order of `mean`."""
        return np.array([*vars(self).values()][1::2])


@dataclass(frozen=True, kw_only=True)
class Prior:
    """A mixture of what published families taught and of nearly nothing.

    The second part keeps a family that is unlike the published ones from being forced into their
    mould: its own figures decide how much the first part counts (a robust mixture prior, Schmidli
    et al. 2014, Biometrics 70:1023). Raises InvalidInput.
    """

    learned: Beliefs
    weak: Beliefs
    weak_weight: float  # between 0 and 1
    source: str  # what it was learned from, and the command that does it

    def __post_init__(self) -> None:
        for name in ("learned", "weak"):
            instance(name, getattr(self, name), Beliefs, "Give the four means and their spreads.")
        number("weak_weight", self.weak_weight, WEIGHT)


WEAK_BELIEFS = Beliefs(
    log_exponent=float(np.log(0.5)),
    log_exponent_sd=1.0,
    logit_share=0.0,
    logit_share_sd=2.0,
    log_scatter=float(np.log(0.02)),
    log_scatter_sd=1.0,
    log_drift=float(np.log(0.03)),
    log_drift_sd=1.2,
)
WEAK_WEIGHT = 0.2
"""How much the wide beliefs count before a family is seen: set by hand, not fitted."""

WEAK_PRIOR = Prior(
    learned=WEAK_BELIEFS,
    weak=WEAK_BELIEFS,
    weak_weight=1.0,
    source="set by hand, wide: exponents of .07 to 3.7, any floor",
)
"""Give this as `prior` to switch the published families off."""

PUBLISHED_PRIOR = Prior(
    learned=Beliefs(
        log_exponent=-0.548,
        log_exponent_sd=0.292,
        logit_share=0.452,
        logit_share_sd=0.432,
        log_scatter=-4.445,
        log_scatter_sd=0.882,
        log_drift=-5.051,
        log_drift_sd=0.925,
    ),
    weak=WEAK_BELIEFS,
    weak_weight=WEAK_WEIGHT,
    source="17 ImageNet families of huggingface/pytorch-image-models, results/ (Apache-2.0): "
    "python -m scaling_search.forecast.learn_prior imagenet_families.csv",
)
"""The default of fractions. Fitted: exponents near .58, floors .61 of the smallest size's error."""


def usual_prior(metric: Metric) -> Prior:
    """The default: published families taught what error rates do, but nothing of losses.

    Losses fall more slowly: of 3.2, 2.1 at ten times the size and an exponent of .34, the intervals
    by the published families held 57 of 100 times, not 90, and by the wide beliefs always
    (docs/forecast.md).
    """
    return PUBLISHED_PRIOR if metric.is_fraction else WEAK_PRIOR
