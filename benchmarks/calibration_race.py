"""One race on a synthetic landscape, from its first round to the report, against the truth.

The race and the decision are those of real studies, RaceSettings.search and decide; only the
answers come from the landscape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from landscapes import COST_RATIO, Landscape, make_landscape
from search_table import Half, Network, Table

from scaling_search.baselines import load_baseline
from scaling_search.findings.interval import LEVEL, tails
from scaling_search.findings.lack_of_fit import lack_of_fit
from scaling_search.findings.optimum import STEPS, find_optimum
from scaling_search.findings.triangle import triangle
from scaling_search.search import Budget, Candidates, CostConstraint, RaceSettings, SearchSpace
from scaling_search.search.decide import Decision, decide

#: Its networks are the landscape's, so no grid is asked for; all else is as in `+sweep=race`.
SWEEP = RaceSettings(alpha=[1.0], beta=[1.0])
#: A race looks no further than at what a run costs; the baseline stands there unread.
SPACE = SearchSpace(
    load_baseline("efficientnet_micro", num_classes=10, in_channels=1),
    CostConstraint(cost_ratio=COST_RATIO),
    native_resolution=64,
    epochs=1,
    train_images=1000,
)
#: By how much costs differ at most: the tolerance of the constraint.
COST = 0.05


@dataclass(frozen=True)
class Setting:
    """A landscape and its noise; all but the kind are standard deviations of log error."""

    kind: str
    #: Of the smooth part between candidates.
    spread: float
    #: Of what networks of one resolution have in common, and of single networks.
    step: float
    tau: float
    #: Of runs, and of seeds.
    sigma: float
    omega: float


@dataclass(frozen=True)
class Outcome:
    """What a race found, against the truth. The truth is that at the wished cost."""

    #: Whether the region holds the lattice point next to the true optimum, and its share of points.
    region_holds: bool
    region_size: float
    #: p-value of the test of lack of fit; nan without repeated seeds.
    fit_p: float
    #: Whether the truly best candidate has a run, and whether it is a possible winner, trained or
    #: one of the untrained that may be better still.
    best_trained: bool
    winners_hold: bool
    #: What the report gives as the probability that the best has no run.
    untrained_said: float
    #: Whether the truly best of those that have a run is a possible winner, and how many possible
    #: winners there are, the untrained ones among them.
    best_of_trained_holds: bool
    winners: int
    #: Share of the candidates whose true error lies in its own 90 % interval.
    errors_hold: float
    #: The same of the true differences from the winner.
    differences_hold: float
    #: Whether the noise of a run lies in its 90 % interval.
    noise_holds: bool
    #: True error of the winner above that of the true best, in points.
    regret: float
    runs: int
    decided: bool


def calibrate_once(setting: Setting, number: int, budget: Budget) -> Outcome:
    """Race once on a landscape of this setting; each number has its own landscape and noise."""
    rng = np.random.default_rng([number, 3])
    land = make_landscape(
        setting.kind, setting.spread, setting.tau, rng, step=setting.step, cost=COST
    )
    table = land.table(len(SWEEP.seeds), setting.sigma, setting.omega, rng)
    return judge(land, race_on(table, budget), setting.sigma)


def race_on(table: Table, budget: Budget) -> Decision[Network]:
    """STEP 1's decision by all that a race got to know of a table."""
    candidates: Any = table.networks
    search = SWEEP.search(SPACE, Candidates(candidates, ()), budget)
    Half(table, tuple(SWEEP.seeds)).carry_out(search)
    return decide(
        table.networks,
        search.answers,
        seeds=SWEEP.seeds,
        epochs=search.epochs,
        cost_ratio=COST_RATIO,
    )


def judge(land: Landscape, decision: Decision[Network], sigma: float) -> Outcome:
    """The report's answers against the truth; sigma is the noise of a run."""
    surface, possible = decision.surface, decision.possible
    assert surface is not None
    assert decision.winner is not None
    optimum = find_optimum(surface, LEVEL)
    points = triangle(STEPS)
    nearest = points[int(((points - land.optimum) ** 2).sum(axis=1).argmin())]
    low, high = np.exp(np.quantile(surface.log_error, tails(LEVEL), axis=0))
    trained = decision.trained
    best_of_trained = int(np.argmin(np.where(trained, land.error, np.inf)))
    chosen = decision.candidates.index(decision.winner)
    error, noise = np.exp(surface.log_error), decision.noise.sd()
    apart = land.error - land.error[chosen]
    near, far = np.quantile(error - error[:, [chosen]], tails(LEVEL), axis=0)
    others = np.arange(len(apart)) != chosen
    return Outcome(
        region_holds=bool((np.abs(optimum.region - nearest).max(axis=1) < 1e-9).any()),
        region_size=len(optimum.region) / len(points),
        fit_p=lack_of_fit(surface.design, decision.errors).p_value,
        best_trained=bool(trained[land.best]),
        winners_hold=bool(possible[land.best]),
        untrained_said=float(surface.p_best[~trained].sum()),
        best_of_trained_holds=bool(possible[best_of_trained]),
        winners=int(possible.sum()),
        errors_hold=float(((low <= land.error) & (land.error <= high)).mean()),
        differences_hold=float(((near <= apart) & (apart <= far))[others].mean()),
        noise_holds=noise.low <= sigma <= noise.high,
        regret=100 * float(land.error[chosen] - land.error.min()),
        runs=int(np.isfinite(decision.errors).sum()),
        decided=decision.decided,
    )
