"""sweep.rivals: points of one's own, and winners of other studies, compared at equal cost."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from commands import Call


def test_the_winner_of_another_study_is_compared(call: Call) -> None:
    assert call("name=a").code == 0
    winner = json.loads(Path("experiments/a/winner.json").read_text())
    rivals = "sweep.rivals={of_a: experiments/a, flat: [1.0,1.3,1.1]}"
    ended = call("name=b", "constraint.on=activations", rivals)
    assert ended.code == 0, ended.err
    trials = pd.read_csv("experiments/b/trials.csv", dtype={"marks": str})
    marked = {mark for marks in trials["marks"].dropna() for mark in marks.split()}
    assert {"of_a", "flat"} <= marked
    told = json.loads(Path("experiments/b/winner.json").read_text())
    assert told["regret"]["of_a"]["trial"]
    report = Path("experiments/b/report.md").read_text()
    assert "The rival of_a, brought to the same activations, is trial" in report
    # It is the other winner's direction, not its network: that has another cost here.
    at = trials["marks"].fillna("").str.split().map(lambda marks: "of_a" in marks)
    row = trials[at].iloc[0]
    shares = [row[f"share_{name}"] for name in ("depth", "width", "resolution")]
    assert max(abs(a - b) for a, b in zip(shares, dict(winner["shares"]).values())) < 0.35
    # The study stands alone, and repeating the command trains nothing.
    again = call("name=b", "constraint.on=activations", rivals)
    assert (again.code, again.jobs) == (0, [])
    assert "of_a:" in Path("experiments/b/study.yaml").read_text()


@pytest.mark.parametrize(
    ("rivals", "said"),
    [
        ("{paper: [1.2,1.1,1.15]}", "sweep.rivals has the name 'paper'"),
        ("{a b: [1.2,1.1,1.15]}", "sweep.rivals"),
        ("{x: [1.2,1.1]}", "sweep.rivals.x is [1.2, 1.1], but must be"),
        ("{x: [1,1,1]}", "no compute is added"),
        ("{x: [0.5,1,1]}", "alpha is 0.5, but must be at least 1"),
        ("{x: experiments/gone}", "experiments/gone"),
        ("{x: 3}", "sweep.rivals.x is 3, but must be"),
    ],
)
def test_nonsense_is_refused_in_a_line(call: Call, rivals: str, said: str) -> None:
    ended = call(f"sweep.rivals={rivals}")
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not ended.jobs
