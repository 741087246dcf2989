"""The first screen: four questions, and the figures of the full answer."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from committed import EXPERIMENTS, long_but

from scaling_search.report.kinds import CONTENT
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study

QUESTIONS = [
    "What should I use?",
    "How sure is that?",
    "What does the next doubling buy?",
    "What should I do next?",
]


@cache
def first_screen(name: str) -> dict[str, str]:
    study = read_study(EXPERIMENTS / name)
    content = CONTENT[study.definition.settings.sweep.kind](study, tuple(read_runs(study.folder)))
    return {brief.question: brief.answer for brief in content.brief}


@pytest.mark.parametrize(
    "name", long_but(["glyphs-quick", "omniglot-small", "fashion-mnist"], "glyphs-quick")
)
def test_it_says_what_the_full_answer_says(name: str) -> None:
    told = first_screen(name)
    winner = json.loads((EXPERIMENTS / name / "winner.json").read_text())
    forecast = json.loads((EXPERIMENTS / name / "forecast.json").read_text())
    assert list(told) == QUESTIONS
    use, sure, buys, then = told.values()
    assert f"α = {winner['alpha']:.3g}, β = {winner['beta']:.3g}" in use
    assert f"{len(winner['possible_winners'])} of" in use
    best = winner["probability_of_best"][winner["trial"]]
    assert f"the best with probability {best:.2f}" in sure
    # Twice the largest trained size lies between the members that are forecast about it.
    mean = float(re.findall(r"to about ([\d.]+) %", buys)[0]) / 100
    members = [m for m in forecast["members"] if m["forecast"] is not None]
    wanted = 2 * max(m["macs"] for m in members if m["measured"] is not None)
    above = [m["forecast"] for m in members if m["macs"] <= wanted]
    below = [m["forecast"] for m in members if m["macs"] >= wanted]
    assert max(below, default=0) - 0.0005 <= mean <= min(above) + 0.0005
    assert then.endswith(".")
    assert all(len(answer) < 260 for answer in told.values())


def test_an_answer_on_the_edge_asks_for_the_balance() -> None:
    assert "+sweep=balance" in first_screen("glyphs-quick")[QUESTIONS[3]]


def test_a_found_baseline_is_named_with_its_next_command() -> None:
    told = first_screen("glyphs-step-0")
    assert "baseline=found baseline.from=experiments/glyphs-step-0" in told[QUESTIONS[3]]
    assert "searched_micro" in told["How does the present baseline compare?"]
