"""Is balance what pays, at equal cost? On runs whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.series import (
    Observation2Settings,
)

Make = Callable[..., Path]
Answer = Callable[[Path], str]


def test_observation_2_compares_bases_at_equal_cost(
    made: Make, answer: Answer, saturating: Callable[[float, Job], float]
) -> None:
    def balanced_is_better(doublings: float, job: Job) -> float:
        deep_and_fine = job.spec.resolution > 12 and sum(job.spec.network.repeats) > 8  # type: ignore[union-attr]
        return saturating(doublings, job) + 0.03 * deep_and_fine

    folder = made(
        Observation2Settings(seeds=[0, 1], width=[1, 1.4, 1.8, 2.6], largest_cost=10),
        balanced_is_better,
    )
    said = answer(folder)
    assert "Here it holds" in said
    assert "(d=2, r=1.3)" in said
    gaps = {(g["series"], g["rival"]): g for g in ss.read_study(folder).verdict["gaps"]}
    best = gaps["d=2, r=1.3", "d=1, r=1"]
    assert best["low"] < 3.0 < best["high"]
    assert best["verdict"] == "better"
    assert gaps["d=2, r=1", "d=1, r=1"]["verdict"] == "open"


def test_a_missing_base_is_not_replaced_by_another(made: Make, answer: Answer) -> None:
    sweep = Observation2Settings(
        seeds=[0, 1], bases=[[1, 1], [2, 1], [2, 1.3]], width=[1, 1.4, 1.8], largest_cost=3.3
    )
    said = answer(made(sweep))
    assert "cannot be judged: no network of the base (d=2, r=1.3) is trained" in said
