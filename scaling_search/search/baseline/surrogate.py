"""What the answers so far say of networks that nobody has trained: a Gaussian process on choices.

Rasmussen & Williams 2006, chapters 2 and 5; expected improvement as in Jones et al. 1998.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_search.findings.interval import Floats

#: Variance of the mean log error of all networks, over what was seen.
_OFFSET = 0.25


@dataclass(frozen=True)
class Kernel:
    """How alike the log errors of two networks are, by their choices in standard deviations."""

    #: Standard deviation of what one choice adds to the log error, per standard deviation of it.
    slope: float
    #: That of what choices do together, and the distance over which it fades.
    bend: float
    reach: float
    #: That of a run: seeds, and what the choices do not tell of a network.
    noise: float

    def of(self, a: Floats, b: Floats) -> Floats:
        """(n, m): covariance of networks (n, p) with networks (m, p)."""
        from scipy.spatial.distance import cdist

        near = np.exp(-cdist(a, b, "sqeuclidean") / (2 * self.reach**2))
        return np.asarray(_OFFSET + self.slope**2 * (a @ b.T) + self.bend**2 * near)


#: What the hyperparameters may be; the marginal likelihood chooses. Effects of choices as they were
#: seen on omniglot and glyphs lie within.
_KERNELS = tuple(
    Kernel(*values)
    for values in itertools.product((0.05, 0.15), (0.1, 0.3), (2.0, 4.0), (0.1, 0.2))
)


@dataclass(frozen=True, eq=False)
class Surrogate:
    """The posterior given networks (n, p) and their log errors (n,)."""

    networks: Floats
    log_error: Floats
    kernel: Kernel

    @cached_property
    def _factor(self) -> Floats:
        from scipy.linalg import cholesky

        covariance = self.kernel.of(self.networks, self.networks)
        noisy = covariance + self.kernel.noise**2 * np.eye(len(covariance))
        return np.asarray(cholesky(noisy, lower=True))

    @cached_property
    def _centred(self) -> Floats:
        return np.asarray(self.log_error - self.log_error.mean())

    @cached_property
    def _weights(self) -> Floats:
        from scipy.linalg import cho_solve

        return np.asarray(cho_solve((self._factor, True), self._centred))

    @property
    def likelihood(self) -> float:
        """Log marginal likelihood, but for a constant."""
        determinant = np.log(np.diag(self._factor)).sum()
        return float(-0.5 * self._centred @ self._weights - determinant)

    def predict(self, networks: Floats) -> tuple[Floats, Floats]:
        """(m,), (m,): mean and standard deviation of the log error of networks (m, p)."""
        from scipy.linalg import solve_triangular

        across = self.kernel.of(self.networks, networks)
        mean = self.log_error.mean() + across.T @ self._weights
        explained = solve_triangular(self._factor, across, lower=True)
        own = _OFFSET + self.kernel.slope**2 * (networks**2).sum(axis=1) + self.kernel.bend**2
        variance = own - (explained**2).sum(axis=0)
        return np.asarray(mean), np.sqrt(np.maximum(variance, 1e-12))

    def expected_improvement(self, networks: Floats, best: float) -> Floats:
        """(m,): by how much networks (m, p) are expected to fall below a log error.

        best: of a posterior mean, since of noisy runs the lowest was lucky.
        """
        from scipy.special import ndtr

        mean, sd = self.predict(networks)
        ahead = (best - mean) / sd
        density = np.exp(-(ahead**2) / 2) / math.sqrt(2 * math.pi)
        return np.asarray(sd * (ahead * ndtr(ahead) + density))


def fit_surrogate(networks: Floats, log_error: Floats) -> Surrogate:
    """The surrogate whose hyperparameters have the highest marginal likelihood.

    networks: (n, p), in standard deviations of what is proposed. log_error: (n,).
    """
    fitted = [Surrogate(networks, log_error, kernel) for kernel in _KERNELS]
    return max(fitted, key=lambda surrogate: surrogate.likelihood)
