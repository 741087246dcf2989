"""What was measured, checked and brought into the form that the fit reads: one row per size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scaling_search.errors import InvalidInput
from scaling_search.forecast.arguments import (
    MEASURED,
    SIZE,
    FloatArray,
    Numbers,
    instance,
    measured,
    numbers,
    same_length,
    standard_errors,
    whole_number,
)
from scaling_search.metric import ERROR, Metric
from scaling_search.wording import Amounts, macs_text

#: What sizes are, unless something else is said.
MACS = Amounts(macs_text, "multiply-adds")


@dataclass(frozen=True, eq=False, kw_only=True)
class Observations:
    """One row per distinct size, from the smallest to the largest.

    All arrays have the shape (sizes,). Variances are those of the natural log of the error.
    """

    macs: FloatArray
    log_error: FloatArray  # mean of the log over the runs of this size: what the fit reads
    error: FloatArray  # mean over the runs of this size: what texts and tables say
    lowest: FloatArray  # of the runs of this size
    highest: FloatArray
    count: npt.NDArray[np.int64]  # runs of this size
    noise: FloatArray  # variance of `log_error` that is known: seeds and evaluation
    run_noise: float  # variance of one run about the mean of its size, without evaluation noise
    largest_se: float  # the largest of the standard errors that were given, over its error
    test_images: int | None
    metric: Metric  # of which these are the errors
    amounts: Amounts  # how sizes are told

    @property
    def runs(self) -> int:
        """How many rows were given."""
        return int(self.count.sum())

    @property
    def x(self) -> FloatArray:
        """log(macs / largest macs): 0 at the largest size, negative before it."""
        return np.asarray(np.log(self.macs) - np.log(self.macs[-1]))

    @property
    def decades(self) -> float:
        """Factors of ten between the smallest and the largest size."""
        return float(abs(self.x[0]) / np.log(10.0))


def evaluation_noise(log_error: FloatArray, test_images: int | None) -> FloatArray:
    """Variance of the log error that comes from counting mistakes on `test_images` images.

    Binomial: (1 - error) / (error * images). Networks that share a test set also share a part of
    this noise; taking it as independent makes the interval a little too wide, never too narrow.
    """
    if test_images is None:
        return np.zeros_like(log_error)
    error = np.exp(np.clip(log_error, np.log(MEASURED.low), 0.0))
    return np.asarray((1.0 - error) / (error * float(test_images)))


def observe(
    macs: Numbers,
    error: Numbers,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    metric: Metric = ERROR,
    amounts: Amounts = MACS,
) -> Observations:
    """Check the input and average the runs of equal size; arguments as in `fit_scaling_law`.

    Where `error_se` is absent, the spread of the runs of a size, pooled over the sizes, becomes the
    noise. Raises InvalidInput.
    """
    instance("metric", metric, Metric, "Give Metric('loss', 'minimize', 'unbounded') for losses.")
    macs_n, error_n = numbers("macs", macs, SIZE), numbers("error", error, measured(metric))
    same_length("error", error_n, "macs", macs_n)
    if test_images is not None:
        if not metric.is_fraction:
            raise InvalidInput(
                f"`test_images` is {test_images}, but {metric.the_error_on()} counts no images. "
                "Leave it out."
            )
        test_images = whole_number("test_images", test_images, 1, "Leave it out if unknown.")
    given = np.zeros_like(error_n)
    if error_se is not None:
        given = numbers("error_se", error_se, standard_errors(metric))
        same_length("error_se", given, "error", error_n)
    se_n = given / error_n  # standard error of the log, to first order

    sizes, row = np.unique(macs_n, return_inverse=True)
    count = np.bincount(row)
    log_n = np.log(error_n)
    log_error = np.bincount(row, weights=log_n) / count
    spare = macs_n.size - sizes.size
    pooled = float(((log_n - log_error[row]) ** 2).sum() / spare) if spare else 0.0
    if error_se is None:
        noise, run_noise = pooled / count, pooled
    else:
        noise = np.bincount(row, weights=se_n**2) / count**2
        run_noise = max(pooled, float(np.median(se_n**2)))
    by_error = np.lexsort((error_n, row))  # the runs of each size, from the lowest error
    last = np.cumsum(count) - 1
    return Observations(
        macs=sizes,
        log_error=log_error,
        error=np.bincount(row, weights=error_n) / count,
        lowest=error_n[by_error][last - count + 1],
        highest=error_n[by_error][last],
        count=count,
        noise=noise + evaluation_noise(log_error, test_images),
        run_noise=run_noise,
        largest_se=float(se_n.max()),
        test_images=test_images,
        metric=metric,
        amounts=amounts,
    )
