"""Settings of studies of series that are wrong or without effect, refused like all others."""

from __future__ import annotations

import pytest
from commands import BALANCE, COMPARE, FIRST, SECOND, SMALL, Refuse, name_of

REFUSED = [
    # The paper's comparisons.
    ([FIRST, "sweep.depth=[2,1]"], ["sweep.depth", "[2.0, 1.0]", "growing"]),
    ([FIRST, "sweep.width=[nan]"], ["sweep.width", "nan", "between"]),
    ([FIRST, "sweep.resolution=[0]"], ["sweep.resolution", "0.0", "between"]),
    ([FIRST, "sweep.largest_cost=1"], ["sweep.largest_cost", "1.0", "above 1"]),
    ([FIRST, "sweep.seeds=[]"], ["sweep.seeds", "[]"]),
    ([FIRST, "sweep.kind=grid"], ["sweep.kind", "grid", "observation1"]),
    ([FIRST, "family.sizes=2"], ["family.sizes", "observation1", "leave it out"]),
    ([FIRST, "budget.runs=2"], ["budget.runs", "observation1", "leave it out"]),
    ([FIRST, "fidelity.epochs=9"], ["fidelity.epochs", "observation1", "leave it out"]),
    ([FIRST, "constraint.tolerance=0.1"], ["constraint.tolerance", "leave it out"]),
    ([FIRST, *SMALL[1:], "sweep.largest_cost=1.01"], ["are 1", "sweep.largest_cost"]),
    ([SECOND, "sweep.bases=[[1,1]]"], ["sweep.bases", "two pairs"]),
    ([SECOND, "sweep.bases=[[1,1],[2]]"], ["sweep.bases", "pairs"]),
    ([SECOND, "sweep.width=[1]"], ["sweep.width", "two or more"]),
    ([COMPARE, "sweep.costs=[1]"], ["sweep.costs", "1.0", "above 1"]),
    ([COMPARE, "sweep.costs=[9]"], ["sweep.costs", "9.0", "8"]),
    ([COMPARE, "constraint.on=nominal"], ["constraint.on", "nominal", "leave it out"]),
    (
        [COMPARE, *SMALL[1:-1], "sweep.baselines=[efficientnet_b0,efficientnet_micro]"],
        ["224", "64", "baseline.resolution="],
    ),
    (
        [COMPARE, *SMALL[1:], "sweep.coefficients=[1.3,1,1]", "sweep.winner_of=x"],
        ["sweep.winner_of", "sweep.coefficients", "leave one out"],
    ),
    ([COMPARE, "constraint.cost_ratio=3"], ["constraint.cost_ratio", "sweep.costs="]),
    ([COMPARE, "sweep.coefficients=[1.2]"], ["sweep.coefficients", "gamma"]),
    ([COMPARE, "sweep.coefficients=[1,1,0.5]"], ["gamma", "0.5", "at least 1"]),
    ([COMPARE, *SMALL[1:], "sweep.baselines=[resnet]"], ["resnet", "efficientnet_micro"]),
    ([COMPARE, *SMALL[1:], "sweep.winner_of=absent"], ["absent", "no study is there"]),
    # Balance.
    ([BALANCE, "sweep.exchange=1"], ["sweep.exchange", "1.0", "above 1 and at most 4"]),
    ([BALANCE, "sweep.exchange=nan"], ["sweep.exchange", "nan", "above 1"]),
    ([BALANCE, "constraint.cost_ratio=3"], ["constraint.cost_ratio", "sweep.exchange="]),
    ([BALANCE, "constraint.on=nominal"], ["constraint.on", "nominal", "leave it out"]),
    ([BALANCE, "family.sizes=2"], ["family.sizes", "balance", "leave it out"]),
    (
        [BALANCE, *SMALL[1:], "constraint.tolerance=1e-6"],
        ["nothing can be exchanged", "the nearest costs", "constraint.tolerance="],
    ),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=name_of)
def test_bad_input_is_refused(refuse: Refuse, words: list[str], said: list[str]) -> None:
    refuse(words, said)
