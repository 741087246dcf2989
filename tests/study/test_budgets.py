"""Studies whose budget is another than multiply-adds, and bounds beside it."""

from __future__ import annotations

import json
import math
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
