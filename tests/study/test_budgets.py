"""Studies whose budget is another than multiply-adds, and bounds beside it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pandas as pd
import pytest
from commands import Call
from folders import content

from scaling_search.report import build_report
from scaling_search.study.read import read_study

ACTIVATIONS = ("name=a", "constraint.on=activations", "constraint.at_most={params: 20k}")


def test_all_candidates_cost_the_same_in_the_budget(call: Call, tmp_path: Path) -> None:
    ended = call(*ACTIVATIONS)
    assert ended.code == 0, ended.err
    trials = pd.read_csv("experiments/a/trials.csv")
    base = read_study("experiments/a").definition.base.cost
    within = trials[trials["within_tolerance"]]
    ratios = within["activations"] / base.activations
    assert ((ratios / 2 - 1).abs() <= 0.05).all()
    assert ratios.to_numpy() == pytest.approx(within["cost_ratio"].to_numpy())
    # By multiply-adds they differ by more than the tolerance.
    macs = within["macs"] / base.macs
    assert macs.max() / macs.min() > 1.1
    family = pd.read_csv("experiments/a/family.csv")
    doublings = [math.log2(value / base.activations) for value in family["activations"]]
    assert doublings == pytest.approx(family["effective_phi"].tolist())
    beyond = family[family["params"] > 20_000]
    assert beyond["beyond"].str.contains("parameters, beyond the bound of 20,000").all()
    assert (beyond["runs"] == 0).all()
    assert beyond["forecast"].isna().all()
    assert (family.loc[family["runs"] > 0, "params"] <= 20_000).all()
    assert {job.spec.network for job in ended.jobs}
    report = Path("experiments/a/report.md").read_text()
    assert "times the activations of" in report
    assert "times the multiply-adds of" not in report
    forecast = json.loads(Path("experiments/a/forecast.json").read_text())
    assert forecast["quantity"] == "activations"


def test_a_report_follows_from_the_records_alone(call: Call, tmp_path: Path) -> None:
    assert call(*ACTIVATIONS).code == 0
    folder = tmp_path / "experiments" / "a"
    before = content(folder)
    build_report(folder)
    assert content(folder) == before
    again = call(*ACTIVATIONS)
    assert (again.code, again.jobs) == (0, [])


def test_runs_are_shared_with_other_budgets(call: Call) -> None:
    """A budget says which networks are trained, never what a run of one gives."""
    by_macs = {job.spec.key for job in call("name=m").jobs}
    by_activations = call("name=a", "constraint.on=activations")
    assert by_activations.code == 0
    assert not by_macs & {job.spec.key for job in by_activations.jobs}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("constraint.on=flops", "must be one of macs, params, activations, memory, latency"),
        ("constraint.at_most={params: 8 apples}", "'apples' is not known"),
        ("constraint.at_most={apples: 8}", "constraint.at_most has 'apples'"),
        ("constraint.at_most={params: 100}", "leaves no room: the baseline"),
        ("constraint.at_most={params: 0}", "constraint.at_most.params is 0"),
    ],
)
def test_nonsense_is_refused_in_a_line(call: Call, words: str, said: str) -> None:
    ended = call(words)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not ended.jobs


def test_a_bound_that_no_candidate_keeps(call: Call) -> None:
    """The baseline keeps it, and nothing of twice the cost does."""
    plan = call("name=a", "dry_run=true").out
    base = int(plan.split(" px, ")[1].split(" multiply-adds")[0].replace(",", ""))
    ended = call(f"constraint.at_most={{macs: {1.2 * base:.0f}}}", "sweep.beta=[1.0]")
    assert ended.code == 2
    assert f"multiply-adds, beyond the bound of {1.2 * base:,.0f}" in ended.err
    assert not ended.jobs


def test_other_sweeps_have_no_use_for_it(call: Call) -> None:
    ended = call("constraint.on=params", study=("+sweep=observation1",))
    assert ended.code == 2
    assert "constraint.on is 'params', but +sweep=observation1 has no use for it" in ended.err


MEMORY = ("name=a", "constraint.on=memory", "constraint.tolerance=0.15")


def test_memory_is_that_of_the_recipes_step(call: Call, tmp_path: Path) -> None:
    ended = call(*MEMORY)
    assert ended.code == 0, ended.err
    assert "memory of training at batch 16" in ended.out
    trials = pd.read_csv("experiments/a/trials.csv")
    definition = read_study("experiments/a").definition
    ratios = trials["memory"] / definition.base.amount
    assert ratios.to_numpy() == pytest.approx(trials["cost_ratio"].to_numpy())
    assert ((ratios[trials["within_tolerance"]] / 2 - 1).abs() <= 0.15).all()
    inference = call(*MEMORY, "name=b", "constraint.training=false", "dry_run=true")
    assert "memory of inference at batch 16" in inference.out


OWN_NET = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, layers = round(24 * width_mult), []
    for index in range(round(6 * depth_mult)):
        layers += [nn.Conv2d(width if index else in_channels, width, 3, padding=1), nn.ReLU()]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(*layers)
"""


def test_memory_of_an_own_network_is_stored_and_read_without_its_code(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "own_net.py").write_text(OWN_NET)
    own = ("baseline=own", "baseline._target_=own_net.net", "baseline.resolution=12")
    few = ("sweep.alpha=[1.0,1.41]", "sweep.beta=[1.0]", "family.sizes=1", "family.phi=[0,1]")
    ended = call(*MEMORY, *own, *few)
    monkeypatch.delitem(sys.modules, "own_net", raising=False)
    assert ended.code == 0, ended.err
    (tmp_path / "own_net.py").unlink()
    folder = tmp_path / "experiments" / "a"
    networks = pd.read_csv(folder / "networks.csv")
    assert (networks["memory"] > 0).any()
    before = content(folder)
    build_report(folder)
    assert content(folder) == before
    trials = pd.read_csv(folder / "trials.csv")
    assert ((trials.loc[trials["within_tolerance"], "cost_ratio"] / 2 - 1).abs() <= 0.15).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("constraint.batch_size=8",), "constraint.batch_size is 8, but neither"),
        (("constraint.training=false",), "constraint.training is false, but neither"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    call: Call, words: tuple[str, ...], said: str
) -> None:
    ended = call(*words)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("constraint.on=latency", "a model of latency knows those of one baseline"),
        ("constraint.at_most={latency: 12ms}", "a model of latency knows those of one baseline"),
        ("constraint.at_most={params: 2000}", "leaves no room: the present baseline"),
        ("constraint.on=params sweep.macs=3000", "give sweep.budget="),
        ("sweep.budget=3k", "give sweep.macs="),
    ],
)
def test_step_0_takes_what_is_counted(call: Call, words: str, said: str) -> None:
    ended = call(*words.split(" ", 1) if "{" not in words else [words], study=STEP_0_SMALL)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1


STEP_0_SMALL = ("+sweep=baseline", "recipe=smoke", "data.train_images=150", "sweep.asks=2")


def test_step_0_compares_what_keeps_the_bounds(call: Call) -> None:
    plan = call("constraint.at_most={params: 6000}", "dry_run=true", study=STEP_0_SMALL)
    assert plan.code == 0, plan.err
    assert "left out resnet50_micro: at that cost it exceeds constraint.at_most" in plan.out


def test_checks_of_fidelity_keep_the_bounds(call: Call) -> None:
    assert call("name=a", "fidelity.phi=2").code == 0
    bound = 9000
    ended = call("name=b", "fidelity.phi=2", f"constraint.at_most={{params: {bound}}}")
    assert ended.code == 0, ended.err
    runs = pd.read_csv("experiments/b/runs.csv")
    assert (runs["params"] <= bound).all()
    assert pd.read_csv("experiments/a/runs.csv")["params"].max() > bound
