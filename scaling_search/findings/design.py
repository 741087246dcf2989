"""What is known of candidates before any training: what surface, first round and tests rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Floats, Ints


class Realised(Protocol):
    """A network: shares of depth, width and resolution, cost over the baseline's, resolution in px,
    and multiply-adds per pixel over those at the baseline's resolution."""

    @property
    def shares(self) -> tuple[float, float, float]: ...
    @property
    def cost_ratio(self) -> float: ...
    @property
    def resolution(self) -> int: ...
    @property
    def pixel_price(self) -> float: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """n candidates. What is left out is alike in all of them. Raises InvalidInput."""

    #: (n, 3): shares of depth, width and resolution, which add up to 1.
    shares: Floats
    #: (n,): log of the cost over the cost at which all are compared.
    log_cost: Floats = field(default_factory=lambda: np.zeros(1))
    #: (n,): in px.
    resolution: Ints = field(default_factory=lambda: np.ones(1, np.int64))
    #: (n,): log of the multiply-adds per pixel over those at the baseline's resolution.
    log_pixel_price: Floats = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        shares = np.asarray(self.shares, float)
        if shares.ndim != 2 or shares.shape[1] != 3:
            raise InvalidInput(
                f"shares has shape {shares.shape}, but must be (candidates, 3): give one row a "
                "candidate"
            )
        if not np.allclose(shares.sum(axis=1), 1, atol=1e-6):
            worst = int(np.abs(shares.sum(axis=1) - 1).argmax())
            raise InvalidInput(f"the shares {shares[worst]} do not add up to 1: normalise them")
        object.__setattr__(self, "shares", shares)
        for name, kind in (("log_cost", float), ("resolution", int), ("log_pixel_price", float)):
            values = np.broadcast_to(np.asarray(getattr(self, name), kind), (len(shares),))
            object.__setattr__(self, name, values)

    @classmethod
    def of(cls, candidates: Sequence[Realised], cost_ratio: float) -> Design:
        """The design of candidates that are compared at `cost_ratio` times the baseline's cost."""
        return cls(
            shares=np.array([c.shares for c in candidates], float).reshape(-1, 3),
            log_cost=np.log([c.cost_ratio / cost_ratio for c in candidates]),
            resolution=np.array([c.resolution for c in candidates], np.int64),
            log_pixel_price=np.log([c.pixel_price for c in candidates]),
        )

    def __len__(self) -> int:
        return len(self.shares)

    def __getitem__(self, rows: ArrayLike) -> Design:
        """The design of some of the candidates, by a mask or by indices."""
        at = np.asarray(rows)
        at = at if at.size else np.empty(0, np.int64)
        return Design(**{name: values[at] for name, values in vars(self).items()})

    @property
    def covariates(self) -> Floats:
        """(n, 2): log cost and log pixel price."""
        return np.column_stack([self.log_cost, self.log_pixel_price])

    @property
    def steps(self) -> Floats:
        """(n, steps): 1 where a candidate has the resolution of a step, else 0.

        A resolution that a candidate has alone is part of its deviation, and that of all is no
        step.
        """
        values, sizes = np.unique(self.resolution, return_counts=True)
        shared = values[(sizes > 1) & (sizes < len(self))]
        return np.asarray(self.resolution[:, None] == shared, dtype=np.float64)
