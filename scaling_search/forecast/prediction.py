"""What a law answers: a forecast with its interval, a parameter with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from scaling_search.forecast.arguments import FloatArray
from scaling_search.wording import level_text

Of = Literal["mean", "run"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """Errors that are forecast at some sizes; arrays of shape (sizes,)."""

    macs: FloatArray
    mean: FloatArray  # exp of the posterior mean of log error; never rises with macs
    low: FloatArray
    high: FloatArray
    level: float  # the probability that the interval asks for
    of: Of  # "mean": the law at this size. "run": one new training of one network of this size
    times_beyond: FloatArray  # macs / largest measured macs; above 1 is extrapolation

    @property
    def statement(self) -> str:
        """What the interval is, in a sentence."""
        what = {
            "mean": "the error that networks of this size have on average",
            "run": "the measured error of one new training of one network of this size",
        }[self.of]
        far = float(np.max(self.times_beyond, initial=0.0))
        where = f", up to {far:.2g} times beyond the largest measured size" if far > 1 else ""
        return f"{level_text(self.level)} Bayesian prediction interval for {what}{where}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        plain = {name: np.asarray(value).tolist() for name, value in vars(self).items()}
        return {**plain, "statement": self.statement}


@dataclass(frozen=True)
class Estimate:
    """A parameter: posterior median and 90 % interval."""

    median: float
    low: float
    high: float
