"""What was measured, checked and brought into the form that the fit reads: one row per size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from scaling_search.errors import InvalidInput

FloatArray: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | npt.NDArray[np.float64] | float


@dataclass(frozen=True, eq=False)
class Observations:
    """One row per distinct size, from the smallest to the largest.

    All arrays have the shape (sizes,). Variances are those of the natural log of the error.
    """

    macs: FloatArray
    log_error: FloatArray  # mean over the runs of this size
    noise: FloatArray  # variance of `log_error` that is known: seeds and evaluation
    runs: int  # how many rows were given
    run_noise: float  # variance of one run about the mean of its size, without evaluation noise
    test_images: int | None

    @property
    def x(self) -> FloatArray:
        """log(macs / largest macs): 0 at the largest size, negative before it."""
        return np.asarray(np.log(self.macs) - np.log(self.macs[-1]))

    @property
    def decades(self) -> float:
        """Factors of ten between the smallest and the largest size."""
        return float(abs(self.x[0]) / np.log(10.0))


def positive_numbers(name: str, values: Numbers) -> FloatArray:
    """The values as an array of shape (n,); InvalidInput unless all are finite and above 0."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InvalidInput(
            f"`{name}` is {values!r}, but must be a list of numbers. Remove what is not a number."
        ) from None
    if array.ndim != 1 or array.size == 0:
        raise InvalidInput(
            f"`{name}` has the shape {array.shape}, but must be a list with at least one number."
        )
    bad = ~(np.isfinite(array) & (array > 0))
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        raise InvalidInput(
            f"`{name}[{where}]` is {array[where]}, but must be finite and above 0. "
            "Leave out the sizes that were not measured."
        )
    return array


def evaluation_noise(log_error: FloatArray, test_images: int | None) -> FloatArray:
    """Variance of the log error that comes from counting mistakes on `test_images` images.

    Binomial: (1 - error) / (error * images). Networks that share a test set also share a part of
    this noise; taking it as independent makes the interval a little too wide, never too narrow.
    """
    if test_images is None:
        return np.zeros_like(log_error)
    error = np.clip(np.exp(log_error), 1e-9, 1.0)
    return np.asarray((1.0 - error) / (error * test_images))


def observe(
    macs: Numbers,
    error: Numbers,
    error_se: Numbers | None = None,
    test_images: int | None = None,
) -> Observations:
    """Check the input and average the runs of equal size.

    macs: (n,) multiply-adds, any unit, above 0, in any order. error: (n,) fractions in (0, 1).
    error_se: (n,) standard errors of `error`, same unit. Rows with equal macs are runs of one
    size; where `error_se` is absent, their spread, pooled over the sizes, becomes the noise.
    Raises InvalidInput.
    """
    macs_n, error_n = positive_numbers("macs", macs), positive_numbers("error", error)
    if error_n.size != macs_n.size:
        raise InvalidInput(
            f"`error` has {error_n.size} values and `macs` {macs_n.size}, but each size needs one "
            "of each. Give lists of the same length."
        )
    if (error_n >= 1).any():
        where = int(np.flatnonzero(error_n >= 1)[0])
        raise InvalidInput(
            f"`error[{where}]` is {error_n[where]}, but must be a fraction between 0 and 1. "
            "Divide percentages by 100."
        )
    if test_images is not None and not test_images >= 1:
        raise InvalidInput(
            f"`test_images` is {test_images}, but must be at least 1. Leave it out if unknown."
        )
    se_n = np.zeros_like(error_n)
    if error_se is not None:
        given = np.atleast_1d(np.asarray(error_se, dtype=np.float64))
        if given.shape != error_n.shape or not np.all(np.isfinite(given) & (given >= 0)):
            raise InvalidInput(
                f"`error_se` is {given.tolist()}, but must be {error_n.size} finite numbers of at "
                "least 0, one per size. Leave it out where it was not measured."
            )
        se_n = given / error_n  # standard error of the log, to first order

    sizes, row = np.unique(macs_n, return_inverse=True)
    count = np.bincount(row).astype(np.float64)
    log_n = np.log(error_n)
    log_error = np.bincount(row, weights=log_n) / count
    spare = macs_n.size - sizes.size
    pooled = float(((log_n - log_error[row]) ** 2).sum() / spare) if spare else 0.0
    if error_se is None:
        noise, run_noise = pooled / count, pooled
    else:
        noise = np.bincount(row, weights=se_n**2) / count**2
        run_noise = max(pooled, float(np.median(se_n**2)))
    return Observations(
        macs=sizes,
        log_error=log_error,
        noise=noise + evaluation_noise(log_error, test_images),
        runs=int(macs_n.size),
        run_noise=run_noise,
        test_images=test_images,
    )
