"""Does each dimension alone help, and less and less? On runs whose truth is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.series import (
    Observation1Settings,
)

Make = Callable[..., Path]
Answer = Callable[[Path], str]


def test_observation_1_holds_where_accuracy_saturates(made: Make, answer: Answer) -> None:
    folder = made(Observation1Settings(seeds=[0, 1, 2], largest_cost=6))
    assert "depth, width, resolution: holds, it helps and the gain diminishes" in answer(folder)
    found = ss.read_study(folder).verdict["series"]
    for series in ("depth", "width", "resolution"):
        one = found[series]
        assert one["difference_above"] > 0
        assert one["start"]["low"] <= one["start"]["median"] <= one["start"]["high"]
        # The slope at the smallest network is 20 points times log 2.
        assert one["start"]["low"] < 13.9 < one["start"]["high"]
    report = (folder / "report.md").read_text()
    assert "start minus end" in report


def test_observation_1_is_contradicted_where_a_dimension_hurts(
    made: Make, answer: Answer, saturating: Callable[[float, Job], float]
) -> None:
    def deep_is_bad(doublings: float, job: Job) -> float:
        blocks = sum(job.spec.network.repeats)  # type: ignore[union-attr]
        return saturating(doublings, job) if blocks <= 8 else 0.5 - 0.01 * blocks

    folder = made(Observation1Settings(seeds=[0, 1], largest_cost=6), deep_is_bad)
    said = answer(folder)
    assert re.search(r"depth: contradicted, scaling it hurts", said)
    assert ss.read_study(folder).verdict["series"]["depth"]["helps"] == "hurts"
