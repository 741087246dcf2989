"""What to train next: the size that a wished error needs, and the size that teaches most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_search.forecast.arguments import (
    FACTOR,
    FURTHEST,
    SIZE,
    FloatArray,
    Numbers,
    number,
    numbers,
    same_length,
    wished,
)
from scaling_search.forecast.drift import drift_covariance
from scaling_search.forecast.law import ScalingLaw, require_law

STEPS = 120  # sizes between the smallest and the furthest, on a log scale


@dataclass(frozen=True, kw_only=True)
class SizeNeeded:
    """The multiply-adds at which the law reaches a wished error; None: not within `furthest`."""

    error: float
    macs: float | None  # where the forecast reaches it
    macs_if_lucky: float | None  # where the low end of the interval does
    macs_if_unlucky: float | None  # where the high end does
    furthest: float  # how far was looked, macs
    probability_floor_above: float  # that no amount of macs will do
    level: float

    @property
    def out_of_reach(self) -> bool:
        """The forecast does not get there within `furthest`."""
        return self.macs is None


def size_needed(
    law: ScalingLaw, error: float, level: float = 0.9, times_beyond: float = 100.0
) -> SizeNeeded:
    """The smallest size whose forecast mean error is `error` or less.

    Looks from the smallest measured size to `times_beyond` times the largest: a law says little
    further out. Raises InvalidInput.
    """
    return sizes_needed(law, [error], level, times_beyond)[0]


def sizes_needed(
    law: ScalingLaw, errors: Sequence[float], level: float = 0.9, times_beyond: float = 100.0
) -> list[SizeNeeded]:
    """The same for each of several errors, of one forecast. Raises InvalidInput."""
    require_law("law", law)
    seen = law.observations.macs
    wanted = [number("error", error, wished(law.observations.metric)) for error in errors]
    furthest = min(float(seen[-1]) * number("times_beyond", times_beyond, FACTOR), FURTHEST)
    at = np.geomspace(seen[0], furthest, STEPS)
    forecast = law.predict(at, level)
    posterior = law.posterior
    log_floor = posterior.level - np.logaddexp(0.0, -posterior.logit_share)

    def first(errors: FloatArray, error: float) -> float | None:
        reached = errors <= error
        here = int(np.argmax(reached))
        if here == 0:
            return float(at[0]) if reached[0] else None
        before, after = np.log(errors[here - 1]), np.log(errors[here])
        part = (before - np.log(error)) / (before - after)
        return float(at[here - 1] * (at[here] / at[here - 1]) ** part)

    return [
        SizeNeeded(
            error=error,
            macs=first(forecast.mean, error),
            macs_if_lucky=first(forecast.low, error),
            macs_if_unlucky=first(forecast.high, error),
            furthest=furthest,
            probability_floor_above=float(posterior.weight[log_floor > np.log(error)].sum()),
            level=level,
        )
        for error in wanted
    ]


@dataclass(frozen=True)
class Lesson:
    """What training one more size would do to the forecast at the target."""

    macs: float
    sd_before: float  # standard deviation of the log error that is forecast at the target
    sd_after: float  # what is expected to be left of it
    cost: float

    @property
    def narrowing_per_cost(self) -> float:
        """Share of the standard deviation that is removed, per unit of cost."""
        return (1.0 - self.sd_after / self.sd_before) / self.cost


def next_sizes(
    law: ScalingLaw, candidates: Numbers, target: float, cost: Numbers | None = None
) -> list[Lesson]:
    """The candidate sizes, the one that narrows the forecast at `target` most per cost first.

    candidates: (n,) macs that could be trained next; target: macs of the forecast that matters.
    cost: (n,), by default the candidate's macs over the largest measured, because training costs
    in proportion. Linear Bayes: the variance that one run at the candidate is expected to explain,
    from the covariance of the two forecasts. Raises InvalidInput.
    """
    require_law("law", law)
    at = numbers("candidates", candidates, SIZE)
    price = at / law.observations.macs[-1] if cost is None else numbers("cost", cost, SIZE)
    same_length("cost", price, "candidates", at)
    both = np.append(at, number("target", target, SIZE))
    posterior, weight = law.posterior, law.posterior.weight
    mean, var = law.normals(both, "mean")
    _, var_run = law.normals(both, "run")
    away = mean - weight @ mean
    x = np.log(both) - np.log(law.observations.macs[-1])
    covariance = (
        (weight[:, None] * away).T @ away
        + weight @ posterior.level_var
        + (weight @ posterior.drift**2) * drift_covariance(x, x)
    )
    np.fill_diagonal(covariance, weight @ (var + away**2))
    run_extra = weight @ (var_run - var)
    before = float(covariance[-1, -1])
    lessons = []
    for i in range(at.size):
        explained = covariance[i, -1] ** 2 / (covariance[i, i] + run_extra[i])
        after = max(before - float(explained), 0.0)
        lessons.append(Lesson(float(at[i]), before**0.5, after**0.5, float(price[i])))
    return sorted(lessons, key=lambda lesson: -lesson.narrowing_per_cost)
