"""Is the baseline balanced? On runs whose truth is known."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes import diverged, fake_outcome

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.series import BalanceSettings

Make = Callable[..., Path]
Answer = Callable[[Path], str]


def depth_of(job: Job) -> float:
    return sum(job.spec.network.repeats) / 8  # type: ignore[union-attr]


def test_a_baseline_that_is_starved_of_pixels(made: Make, answer: Answer) -> None:
    def more_pixels_are_better(_: float, job: Job) -> float:
        return 0.5 + 0.01 * (job.spec.resolution - 12)

    folder = made(BalanceSettings(), more_pixels_are_better)
    said = answer(folder)
    assert "efficientnet_micro is starved of resolution on glyphs" in said
    assert "+sweep=baseline searches a balanced baseline" in said
    found = ss.read_study(folder)
    verdict = found.verdict
    assert (verdict["verdict"], verdict["starved_of"]) == ("starved", ["resolution"])
    pixels = found.points.set_index("series")["resolution"]
    for name, one in verdict["exchanges"].items():
        truth = pixels[name] - 12
        # The noise of a run is 2 % of fake_outcome's: .1 points.
        assert one["low"] - 0.3 < truth < one["high"] + 0.3
        expected = "better" if truth > 0 else "worse" if truth < 0 else "open"
        assert one["verdict"] == expected
    report = (folder / "report.md").read_text()
    assert "resolution: points of accuracy, more of it buys +" in report
    assert "less resolution" in report


def test_a_baseline_with_more_depth_than_it_can_use(made: Make, answer: Answer) -> None:
    folder = made(BalanceSettings(), lambda _, job: 0.5 - 0.05 * (depth_of(job) - 1))
    said = answer(folder)
    assert "is saturated in depth and starved of" in said
    assert set(ss.read_study(folder).verdict["starved_of"]) == {"width", "resolution"}


def test_a_balanced_baseline(made: Make, answer: Answer) -> None:
    """Every change from it costs 4 points."""

    def itself_is_best(doublings: float, job: Job) -> float:
        changed = job.spec.resolution != 12 or depth_of(job) != 1
        changed |= job.spec.network.stem_channels != 10  # type: ignore[union-attr]
        return 0.6 - 0.04 * changed

    folder = made(BalanceSettings(), itself_is_best)
    said = answer(folder)
    assert "is balanced on glyphs as far as 21 runs can tell: with 90 % confidence every" in said
    assert "+sweep=baseline" not in said
    verdict = ss.read_study(folder).verdict
    assert verdict["starved_of"] == []
    assert verdict["verdict"] == "balanced"
    assert -4.3 < verdict["no_exchange_gains_more_than"] < -3.5


def test_noise_is_no_balance(made: Make, answer: Answer) -> None:
    def finer_may_be_better(job: Job) -> Any:
        found = fake_outcome(job)
        found.result.test_error -= 0.05 * (job.spec.resolution > 12)
        return found

    folder = made(BalanceSettings(seeds=[0, 1]), outcome=finer_may_be_better)
    said = answer(folder)
    most = ss.read_study(folder).verdict["no_exchange_gains_more_than"]
    assert f"no exchange lowers the test error by more than {most:.1f} points" in said
    assert most > 1
    assert "No imbalance of efficientnet_micro is seen on glyphs, but 14 runs leave room" in said
    assert re.search(r"as it looks, more resolution, less \w+ lowers .* More seeds", said)


def test_networks_that_learn_nothing_are_no_balance(made: Make, answer: Answer) -> None:
    folder = made(BalanceSettings(seeds=[0, 1]), lambda *_: 0.03)
    assert "no network is twice as good as chance" in answer(folder)


def test_one_seed_tells_nothing(made: Make, answer: Answer) -> None:
    folder = made(BalanceSettings(seeds=[0]))
    assert "Too few runs to judge efficientnet_micro on glyphs." in answer(folder)


def test_an_unfinished_study_is_judged_by_what_is_there(made: Make, answer: Answer) -> None:
    folder = made(BalanceSettings(seeds=[0, 1]))
    rows = list(csv.reader((folder / "runs.csv").open()))
    # The baseline and two of its exchanges with the first seed.
    with (folder / "runs.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows[:4])
    assert "Too few runs to judge" in answer(folder)
    assert "3 of 14 runs are known" in (folder / "report.md").read_text()
    exchanges = ss.read_study(folder).verdict["exchanges"].values()
    assert sum(one["verdict"] == "it is not trained" for one in exchanges) == 4


def test_an_exchange_that_diverged_is_not_compared(made: Make, answer: Answer) -> None:
    def fine_diverges(job: Job) -> Any:
        return diverged() if job.spec.resolution > 12 else fake_outcome(job)

    folder = made(BalanceSettings(seeds=[0, 1]), outcome=fine_diverges)
    answer(folder)
    exchanges = ss.read_study(folder).verdict["exchanges"]
    apart = {name for name, one in exchanges.items() if one["verdict"] == "it diverged"}
    assert apart == {"more resolution, less depth", "more resolution, less width"}
