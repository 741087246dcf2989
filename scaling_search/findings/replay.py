"""A race replayed on known runs: those of a table, or of a synthetic landscape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.racing import first_round, next_runs
from scaling_search.findings.surface import Surface, fit_surface
from scaling_search.findings.winner import Comparison, compare_with_best

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Race:
    """What a race knew when it stopped."""

    surface: Surface
    #: The last look; its possible winners were never excluded.
    comparison: Comparison
    #: (candidates, seeds): the errors it paid for.
    errors: Floats
    #: Whether it stopped with one possible winner, and not because the budget was spent.
    decided: bool

    @property
    def runs(self) -> int:
        """How many runs it paid for."""
        return int(np.isfinite(self.errors).sum())


def replay_race(
    shares: Floats, table: Floats, start: int, batch: int, budget: int, level: float = 0.9
) -> Race:
    """Race candidates at shares (candidates, 3) with the errors of table (candidates, seeds).

    start: runs of the first round, one for each of so many candidates. batch: runs of each further
    round. budget: runs in all. After every round the candidates are looked at; the race ends when
    every candidate was trained and one alone may be the best, or when the budget is spent.
    """
    if not 0 < start <= budget or batch < 1:
        raise InvalidInput(
            f"start is {start}, batch {batch}, budget {budget}, but start and batch must be at "
            "least 1 and start at most the budget"
        )
    errors = np.full(table.shape, np.nan)
    _pay(errors, table, first_round(shares, start))
    looks = 1 + math.ceil((budget - start) / batch)
    excluded = np.zeros(len(table), bool)
    while True:
        comparison = compare_with_best(errors, level, looks=looks, excluded=excluded)
        trained = np.isfinite(errors).any(axis=1)
        excluded |= trained & ~comparison.possible
        surface = fit_surface(shares, errors)
        spent = int(np.isfinite(errors).sum())
        decided = bool(trained.all() and comparison.possible.sum() == 1)
        able = ~excluded & ~np.isfinite(errors).all(axis=1)
        if decided or spent >= budget or not able.any():
            return Race(surface, comparison, errors, decided)
        _pay(errors, table, next_runs(surface, min(batch, budget - spent), able))


def _pay(errors: Floats, table: Floats, chosen: tuple[int, ...]) -> None:
    for index in chosen:
        seed = int(np.isfinite(errors[index]).sum())
        errors[index, seed] = table[index, seed]
