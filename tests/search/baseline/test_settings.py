"""What cannot be searched is refused before anything is trained."""

from __future__ import annotations

from typing import Any

import pytest
from spaces import TASK, present, sweep

from scaling_search.baselines import load_baseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Architecture, cost
from scaling_search.search import Budget
from scaling_search.search.baseline.guide import GUIDE
from scaling_search.search.strategy import Answer, Evaluation, Search


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"blocks": ["dense"]}, "sweep.blocks holds 'dense', but must hold mbconv"),
        ({"blocks": []}, r"sweep.blocks is \[\], but must hold one or more"),
        ({"kernels": [3, 3]}, r"sweep.kernels is \[3, 3\], but must hold one or more different"),
        ({"kernels": [4]}, "sweep.kernels holds 4, but kernels must be odd"),
        ({"se_ratios": [2.0]}, "sweep.se_ratios holds 2.0, but must hold numbers from 0 to 1"),
        ({"stages": [0]}, "sweep.stages holds 0, but must hold numbers from 1 to 20"),
        ({"growths": [float("nan")]}, "sweep.growths holds nan"),
        ({"activations": ["gelu"]}, "sweep.activations holds 'gelu', but must hold silu"),
        ({"objective": "best"}, "sweep.objective is 'best', but must be paper or pareto"),
        ({"tolerance": 0.0}, "sweep.tolerance is 0.0, but must lie above 0 and below 1"),
        ({"w": 100.0}, "sweep.w is 100.0, but must lie above -10"),
        ({"span": 1.0}, "sweep.span is 1.0, but must lie above 1"),
        ({"macs": 0}, "sweep.macs is 0, but must be a whole number above 0"),
        ({"asks": 0}, "sweep.asks is 0, but must lie between 1 and"),
        ({"finalists": 0}, "sweep.finalists is 0"),
        ({"channel_divisor": 0}, "sweep.channel_divisor is 0"),
        ({"rungs": [1]}, "sweep.lag is 3, but with rungs it must be at least sweep.bracket - 1"),
        ({"sampler": "cma"}, "sweep.sampler is 'cma', but must be one of gp, nsgaii, random, tpe"),
        ({"sampler": {"_target_": GUIDE, "rate": 2}}, "sweep.sampler.rate is 2, but must lie"),
        ({"sampler": {"_target_": GUIDE, "start": 1}}, "sweep.sampler.start is 1, but must lie"),
        ({"sampler": {"_target_": GUIDE, "seed": None}}, "sweep.sampler.seed is None"),
        ({"sampler": {"_target_": GUIDE, "kernel": 1}}, "sweep.sampler.kernel is no setting"),
        ({"kind": "grid"}, "sweep.kind is 'grid', but must be 'baseline'"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        sweep(**change)


def test_a_cost_that_nothing_reaches_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"none comes within 5 % of it; the nearest costs \d"):
        sweep(macs=10).search(TASK, present(), (), Budget())


def test_resolutions_above_the_images_are_left_out_or_refused() -> None:
    assert sweep().space(24).resolutions == (16, 24)
    with pytest.raises(InvalidInput, match="but the images have 8 px"):
        sweep().space(8)


def test_without_a_cost_it_is_the_present_baselines() -> None:
    network = present().network(1, 1)
    assert isinstance(network, Architecture)
    assert sweep(macs=None).goal(present()).amount == cost(network, 20).macs


def answered(search: Search[Any]) -> dict[str, list[int]]:
    """Carry a search out with errors that follow from the trial: trial -> seeds trained."""
    steps, answers, seeds = search.steps(), {}, {}
    request = next(steps)
    while True:
        for e in request.start:
            error = (int(e.trial[:4], 16) % 97) / 200 + 0.001 * e.seed
            answers[e] = Answer(error)
            seeds.setdefault(e.trial, []).append(e.seed)
        try:
            request = steps.send({e: answers[e] for e in request.wait})
        except StopIteration:
            return seeds


def test_the_best_and_the_present_baseline_get_the_other_seeds() -> None:
    other = load_baseline("mobilenet_v1_micro", 10, 3)
    search = sweep(finalists=2, seeds=[5, 6, 7]).search(TASK, present(), (other,), Budget())
    trained = answered(search)
    whole = {trial for trial, seeds in trained.items() if seeds == [5, 6, 7]}
    marks = [trial for trial, point in search.points.items() if point.mark]
    errors = {t: search.answers[Evaluation(t, 5, 3)].val_error for t in trained}
    proposed = sorted((t for t in trained if t not in marks), key=lambda t: errors[t] or 0)
    assert len(marks) == 2
    assert whole == {marks[0], *proposed[:2]}
    assert all(seeds in ([5], [5, 6, 7]) for seeds in trained.values())


def test_a_budget_of_runs_is_kept() -> None:
    search = sweep(finalists=2).search(TASK, present(), (), Budget(runs=9))
    assert sum(map(len, answered(search).values())) == 9


def test_at_a_rung_the_frontier_goes_on() -> None:
    settings = sweep(objective="pareto", rungs=[1], lag=5, bracket=6, asks=11, finalists=1)
    search = settings.search(TASK, present(), (), Budget())
    answered(search)
    first = list(search.points.values())[:6]
    costs = {point.id: point.macs for point in first}
    on = [t for t in costs if Evaluation(t, 0, 3) in search.answers]
    errors = {t: search.answers[Evaluation(t, 0, 1)].val_error or 0 for t in costs}
    assert len(on) == 2
    for trial in on:
        better = [t for t in costs if errors[t] < errors[trial] and costs[t] < costs[trial]]
        assert not set(better) - set(on)
