"""Do the best shares change with size? On runs whose truth is known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes import SETTINGS, diverged, fake_outcome

import scaling_search as ss
from scaling_search.proxy import Job
from scaling_search.scaling import cost
from scaling_search.series import SharesSettings

Make = Callable[..., Path]
Answer = Callable[[Path], str]
BASELINE = SETTINGS.baseline.load(num_classes=36, in_channels=1)
FIRST, LAST = np.array([0.25, 0.25, 0.5]), np.array([0.55, 0.25, 0.2])
SWEEP = SharesSettings(costs=[2.0, 4.0, 8.0])


def runs_with(last: np.ndarray, depth: float = 1.2) -> Callable[[Job], Any]:
    """Runs whose error is a bowl around shares that move from FIRST to `last` with the log cost."""
    base = ss.scale(BASELINE, ss.Coefficients(1, 1, 1))
    low, high = math.log(SWEEP.costs[0]), math.log(SWEEP.costs[-1])

    def outcome(job: Job) -> Any:
        found, spec = fake_outcome(job), job.spec
        network: Any = spec.network
        t = math.log(cost(network, spec.resolution).macs / base.cost.macs)
        resolution = 2 * math.log(spec.resolution / base.resolution) / t
        blocks = sum(network.repeats) / sum(base.network.repeats)  # type: ignore[union-attr]
        share = np.array([math.log(blocks) / t, 1 - resolution - math.log(blocks) / t, resolution])
        best = FIRST + (t - low) / (high - low) * (last - FIRST)
        error = 0.3 * math.exp(-0.3 * t + depth * t / high * float(((share - best) ** 2).sum()))
        noise = 0.02 * (found.result.val_error - 0.35) - 0.002 * spec.seed
        found.result.val_error = found.result.test_error = error + noise
        return found

    return outcome


@pytest.mark.usefixtures("undrawn")
def test_shares_that_stay(made: Make, answer: Answer) -> None:
    folder = made(SWEEP, outcome=runs_with(FIRST))
    said = answer(folder)
    assert "No, constant shares suffice as far as" in said
    assert re.search(r"α = 1\.\d+, β = 1\.\d+, γ = 1\.\d+ for each doubling", said)
    verdict = ss.read_study(folder).verdict
    assert verdict["changes"] is False
    table = pd.read_csv(folder / "shares.csv")
    assert table["phi"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    for row in table.itertuples():
        assert math.isclose(row.share_depth + row.share_width + row.share_resolution, 1)
        assert math.isclose(row.depth_mult, 2 ** (row.phi * row.share_depth))


def test_shares_that_move_and_are_told_before_the_dearest_networks(
    made: Make, answer: Answer
) -> None:
    folder = made(SWEEP, outcome=runs_with(LAST))
    assert " Yes: the shares that are best at ×2, kept up to ×8, have " in answer(folder)
    verdict = ss.read_study(folder).verdict
    assert verdict["changes"] is True
    last = verdict["costs"]["×8"]
    assert np.abs(np.array(last["shares"]) - LAST).max() < 0.16
    assert verdict["held_out"]["verdict"] == "better"
    report = (folder / "report.md").read_text()
    assert "which it did not see, would have changed them from" in report
    assert "+sweep=grid family.shares=curve family.curve_from=experiments/" in report


@pytest.mark.usefixtures("undrawn")
def test_smaller_networks_give_up_other_shares(made: Make, answer: Answer) -> None:
    saved = np.array([0.6, 0.2, 0.2])

    def outcome(job: Job) -> Any:
        network: Any = job.spec.network
        base = ss.scale(BASELINE, ss.Coefficients(1, 1, 1))
        t = math.log(cost(network, job.spec.resolution).macs / base.cost.macs)
        if t > 0:
            return runs_with(FIRST)(job)
        found = fake_outcome(job)
        resolution = 2 * math.log(job.spec.resolution / base.resolution) / t
        depth = math.log(sum(network.repeats) / sum(base.network.repeats)) / t  # type: ignore[union-attr]
        share = np.array([depth, 1 - resolution - depth, resolution])
        away = float(((share - saved) ** 2).sum())
        error = 0.3 * math.exp(-0.3 * t * (1 + 0.8 * away))
        found.result.val_error = found.result.test_error = error - 0.002 * job.spec.seed
        return found

    sweep = SharesSettings(costs=[2.0, 4.0], smaller=[0.15, 0.3], lattice=6)
    folder = made(sweep, outcome=outcome)
    said = answer(folder)
    assert "No, constant shares suffice" in said
    assert "of the growth at every larger size" in said
    report = (folder / "report.md").read_text()
    assert "What should smaller networks give up?" in report
    below = ss.read_study(folder).verdict["below"]
    assert set(below["costs"]) == {"×0.3", "×0.15"}
    best = np.array(below["costs"]["×0.15"]["shares"])
    assert np.abs(best - saved).max() < 0.25
    table = pd.read_csv(folder / "shares.csv")
    assert table["phi"].tolist() == [-3, -2, -1, 1, 2, 3, 4, 5, 6, 7]
    for row in table.itertuples():
        assert math.isclose(row.width_mult, 2 ** (row.phi * row.share_width / 2))


@pytest.mark.usefixtures("undrawn")
def test_a_study_that_has_not_learnt_says_so(made: Make, answer: Answer) -> None:
    def at_chance(job: Job) -> Any:
        found = fake_outcome(job)
        found.result.val_error = found.result.test_error = 0.97
        return found

    said = answer(made(SharesSettings(costs=[2.0, 4.0]), outcome=at_chance))
    assert "cannot be judged: no network is twice as good as chance" in said
    assert "suffice" not in said


@pytest.mark.usefixtures("undrawn")
def test_two_costs_hold_none_out(made: Make, answer: Answer) -> None:
    folder = made(SharesSettings(costs=[2.0, 4.0]), outcome=runs_with(FIRST))
    answer(folder)
    assert "Not tried: two costs leave none to hold out" in (folder / "report.md").read_text()


def test_runs_that_diverged_are_not_asked_for_again(made: Make, answer: Answer) -> None:
    folder = made(SWEEP, outcome=lambda _: diverged())
    answer(folder)
    report = (folder / "report.md").read_text()
    assert "Give a lower recipe.learning_rate=: runs diverged." in report
    assert "Repeat the command" not in report
