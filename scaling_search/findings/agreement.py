"""Does a ranking survive at another fidelity? Rank agreement, and the ceiling that noise sets it.

Two noisy rankings of the same candidates never agree fully. What was measured is therefore held
against two measurements of one truth: if the agreement lies within what noise alone would give,
nothing says that the ranking changes with the fidelity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.findings.additive import Additive, fit_additive
from scaling_search.findings.interval import LEVEL, Floats, Interval, tails

DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Kendall's tau between mean errors at two fidelities; 1 is the same order, 0 none.

    Numbers are nan where the noise is not known, with one seed at a fidelity.
    """

    candidates: int
    #: With the interval that holds it over other candidates of the same kind: bootstrap over
    #: candidates, each with both of its measured means and thus with their noise.
    tau: Interval
    #: Tau of two noisy measurements of one truth: expected, and the interval that holds it.
    ceiling: Interval
    #: How often another candidate has the lowest mean at the second fidelity, runs drawn anew.
    winner_changes: float
    #: How often it would, if noise alone told the fidelities apart.
    winner_changes_by_noise: float
    level: float

    @property
    def beyond_noise(self) -> bool:
        """Whether the rankings agree less than noise explains."""
        return self.tau.value < self.ceiling.low


def rank_agreement(
    first: Floats, second: Floats, level: float = LEVEL, blocks: bool = True
) -> Agreement:
    """Compare errors (candidates, seeds of a fidelity), nan where a run is missing.

    Candidates that were trained at both fidelities count; at least three, not all of one error, or
    it raises InvalidInput. Means are those of `fit_additive`, as are `blocks`. Runs are drawn anew
    as normal numbers (a parametric bootstrap over seeds; few seeds cannot be resampled), whose
    noise is drawn too: a residual of few degrees of freedom does not tell it. The one truth behind
    the ceiling is the mean of both fidelities, in the spread of each, shrunk for its own noise.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.ndim != 2 or second.ndim != 2 or len(first) != len(second):
        raise InvalidInput(
            f"errors have the shapes {first.shape} and {second.shape}, but must be (candidates, "
            "seeds) with the same candidates: give one row a candidate"
        )
    both = np.isfinite(first).any(axis=1) & np.isfinite(second).any(axis=1)
    if both.sum() < 3:
        raise InvalidInput(
            f"{both.sum()} networks have both of the errors that are compared, but a ranking "
            "needs 3: train more of them"
        )
    pair = [fit_additive(errors[both], blocks) for errors in (first, second)]
    mean = np.stack([fit.effect for fit in pair])
    # What rounding leaves of equal means is no order.
    if (np.ptp(mean, axis=1) <= 1e-12 * np.abs(mean).max(axis=1)).any():
        raise InvalidInput(
            f"all {both.sum()} networks err alike in one of the two ways, so that there is no "
            "ranking: compare networks whose errors differ"
        )
    count = mean.shape[1]
    rng = np.random.default_rng(0)

    pick = rng.integers(count, size=(DRAWS, count))
    again = _tau(mean[0][pick], mean[1][pick])
    # Some bootstrap samples are one candidate alone, which has no order.
    low, high = np.full(2, np.nan)
    if np.isfinite(again).any():
        low, high = np.nanquantile(again, tails(level))

    se = np.stack([fit.se for fit in pair])
    noise = se[:, None, :] * rng.standard_normal((2, DRAWS, count))
    freedom = np.array([fit.degrees_of_freedom for fit in pair])[:, None]
    noise *= np.sqrt(freedom / rng.chisquare(np.maximum(freedom, 1), (2, DRAWS)))[:, :, None]
    drawn = mean[:, None, :] + noise
    truth = _one_truth(pair)
    same = truth[:, None, :] + noise
    ceiling = _tau(same[0], same[1])
    known = bool(np.isfinite(se).all())
    bounds = np.quantile(ceiling, tails(level)) if known else [np.nan] * 2
    return Agreement(
        candidates=count,
        tau=Interval(float(_tau(mean[:1], mean[1:])[0]), float(low), float(high)),
        ceiling=Interval(float(ceiling.mean()), float(bounds[0]), float(bounds[1])),
        winner_changes=_changes(drawn) if known else float("nan"),
        winner_changes_by_noise=_changes(same) if known else float("nan"),
        level=level,
    )


def _tau(first: Floats, second: Floats) -> Floats:
    """(draws,): Kendall's tau-b of two arrays (draws, candidates)."""
    i, j = np.triu_indices(first.shape[1], 1)
    one, two = np.sign(first[:, i] - first[:, j]), np.sign(second[:, i] - second[:, j])
    untied = np.sqrt(np.abs(one).sum(axis=1) * np.abs(two).sum(axis=1))
    missing = np.isnan(first).any(axis=1) | np.isnan(second).any(axis=1) | (untied == 0)
    agree = np.where(missing, np.nan, (one * two).sum(axis=1))
    return np.asarray(agree / np.where(untied == 0, 1, untied))


def _one_truth(pair: list[Additive]) -> Floats:
    """(2, candidates): one ranking, with the spread of true errors that each fidelity has."""
    standard, spread = [], []
    for fit in pair:
        away = fit.effect - fit.effect.mean()
        standard.append(away / max(float(away.std()), 1e-12))
        spread.append(np.sqrt(max(float(away.var(ddof=1) - (fit.se**2).mean()), 0.0)))
    common = standard[0] + standard[1]
    common = common / max(float(common.std(ddof=1)), 1e-12)
    return np.stack([common * sd for sd in spread])


def _changes(drawn: Floats) -> float:
    """Share of draws (2, draws, candidates) in which the lowest differ."""
    return float((drawn[0].argmin(axis=1) != drawn[1].argmin(axis=1)).mean())
