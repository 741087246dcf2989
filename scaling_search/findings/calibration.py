"""Does the answer hold what it promises? Races on synthetic landscapes whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.findings.lack_of_fit import lack_of_fit
from scaling_search.findings.landscapes import make_landscape
from scaling_search.findings.optimum import STEPS, find_optimum
from scaling_search.findings.replay import replay_race
from scaling_search.findings.triangle import triangle

#: One seed for each of 36 candidates, rounds of 12, and on average three seeds for each.
START, BATCH, BUDGET = 36, 12, 108
SEEDS = 16
LEVEL = 0.9


@dataclass(frozen=True)
class Setting:
    """A landscape and its noise; spreads are standard deviations of log error."""

    kind: str
    #: Of the smooth part between candidates, and of candidates about it.
    spread: float
    tau: float
    #: Of runs, and of seeds.
    sigma: float
    omega: float


@dataclass(frozen=True)
class Outcome:
    """What a race found, against the truth."""

    #: Whether the region holds the lattice point next to the true optimum, and its share of points.
    region_holds: bool
    region_size: float
    #: p-value of the test of lack of fit.
    fit_p: float
    #: Whether the set of winners holds the true best candidate, and how many it has.
    winners_hold: bool
    winners: int
    #: Share of the candidates whose true error lies in its own 90 % interval.
    errors_hold: float
    #: True error of the chosen candidate above that of the true best, in points.
    regret: float
    runs: int
    decided: bool


def calibrate_once(setting: Setting, replay: int) -> Outcome:
    """Race once on a landscape of this setting; the same number is the same race."""
    rng = np.random.default_rng([replay, 3])
    land = make_landscape(setting.kind, setting.spread, setting.tau, rng)
    table = land.runs(SEEDS, setting.sigma, setting.omega, rng)
    race = replay_race(land.shares, table, START, BATCH, BUDGET, LEVEL)
    optimum = find_optimum(race.surface, LEVEL)
    points = triangle(STEPS)
    nearest = points[int(((points - land.optimum) ** 2).sum(axis=1).argmin())]
    low, high = np.exp(np.quantile(race.surface.log_error, [0.05, 0.95], axis=0))
    return Outcome(
        region_holds=bool((np.abs(optimum.region - nearest).max(axis=1) < 1e-9).any()),
        region_size=len(optimum.region) / len(points),
        fit_p=lack_of_fit(land.shares, race.errors).p_value,
        winners_hold=bool(race.comparison.possible[land.best]),
        winners=int(race.comparison.possible.sum()),
        errors_hold=float(((low <= land.error) & (land.error <= high)).mean()),
        regret=100 * float(land.error[race.surface.choice] - land.error.min()),
        runs=race.runs,
        decided=race.decided,
    )
