"""An Optuna sampler on the triangle of shares: uniform, repeatable, told only what it may see."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.baselines import load_baseline
from scaling_search.errors import InvalidInput
from scaling_search.search import MARKS, CostConstraint, OptunaSettings
from scaling_search.search.candidates import Snapper
from scaling_search.search.marks import marked_points
from scaling_search.search.optuna_samplers import SAMPLERS, make_sampler
from scaling_search.search.sampler import SampledProposals, shares_of, uniforms_of
from scaling_search.search.strategy import Answer, Ending

MICRO = load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=20)
EPOCHS = 4


def proposals(sampler: Any = "tpe", native: int = 64, **settings: Any) -> SampledProposals:
    return SampledProposals(
        OptunaSettings(sampler=sampler, **settings),
        Snapper(MICRO, CostConstraint(), native),
        marked_points(2.0),
        EPOCHS,
    )


def error_of(number: int) -> float:
    """Some error for ask `number`."""
    return 0.3 + 0.1 * math.sin(number)


def dialogue(
    asking: SampledProposals,
    asks: int = 20,
    error: Callable[[int], float | None] = error_of,
) -> list[tuple[float, ...]]:
    """Ask and tell in turn; gives the coefficients that were asked for."""
    for number in range(asks):
        if asking.ask() is not None:
            asking.tell(number, [(EPOCHS, Answer(error(number)))])
    return [
        (a.coefficients.alpha, a.coefficients.beta, a.coefficients.gamma) for a, _ in asking.asked
    ]


unit = st.floats(0, 1)


@given(unit, unit)
def test_shares_lie_on_the_triangle(u: float, v: float) -> None:
    shares = shares_of(u, v)
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert min(shares) >= 0


@given(unit, unit)
def test_uniforms_give_their_shares_back(u: float, v: float) -> None:
    shares = shares_of(u, v)
    assert shares_of(*uniforms_of(*shares)) == pytest.approx(shares, abs=1e-7)


@given(unit, unit)
def test_shares_give_their_uniforms_back(a: float, b: float) -> None:
    low, high = sorted((a, b))
    u, v = uniforms_of(low, high - low, 1 - high)
    assert 0 <= u <= 1
    assert 0 <= v <= 1
    assert shares_of(u, v) == pytest.approx((low, high - low, 1 - high), abs=1e-7)


def test_uniform_numbers_give_a_uniform_triangle() -> None:
    # On a uniform triangle each share lies beyond s with probability (1 - s)^2.
    rng = np.random.default_rng(0)
    points = np.array([shares_of(u, v) for u, v in rng.random((20_000, 2))])
    for share in points.T:
        for s in (0.1, 0.3, 0.5, 0.8):
            assert (share > s).mean() == pytest.approx((1 - s) ** 2, abs=0.015)
    assert np.corrcoef(points.T)[0, 1] == pytest.approx(-0.5, abs=0.03)


def test_a_random_sampler_fills_the_triangle() -> None:
    asking = proposals("random", asks=305)
    for _ in range(305):
        asking.ask()
    shares = np.array([a.coefficients.shares() for a, _ in asking.asked[5:]])
    # In four triangles of equal area: three corners and the middle.
    parts = [*(shares > 0.5).mean(axis=0), (shares <= 0.5).all(axis=1).mean()]
    assert parts == pytest.approx([0.25] * 4, abs=0.08)


@pytest.mark.parametrize("name", ["tpe", "random"])
def test_every_argument_of_a_named_sampler_is_recorded(name: str) -> None:
    recorded = OptunaSettings(sampler=name).sampler
    assert yaml.safe_load(yaml.safe_dump(recorded)) == recorded
    kind = type(make_sampler(recorded))
    assert recorded["_target_"] == f"optuna.samplers.{kind.__name__}"
    parameters = inspect.signature(kind).parameters
    assert set(recorded) - {"_target_"} <= set(parameters)
    # A deprecated argument warns when it is given; all others are, so that a new default of
    # Optuna's changes no study.
    for argument in set(parameters) - set(recorded) - {"constraints_func"}:
        with pytest.warns(FutureWarning, match=argument):
            kind(**{argument: 1.0})


def test_the_record_of_a_named_sampler_makes_the_same_study() -> None:
    named = OptunaSettings(sampler="tpe")
    assert OptunaSettings(sampler=named.sampler) == named
    assert named.sampler is not SAMPLERS["tpe"]


OTHER = {"_target_": "optuna.samplers.NSGAIISampler", "seed": 3, "population_size": 5}


@pytest.mark.parametrize("sampler", ["tpe", "random", OTHER])
def test_equal_answers_give_equal_asks(sampler: Any) -> None:
    first = dialogue(proposals(sampler))
    assert dialogue(proposals(sampler)) == first
    # Not only the startup trials, and no constant.
    assert len(set(first)) > 15


def test_tpe_learns_and_random_does_not() -> None:
    other = [
        dialogue(proposals(name), error=lambda n: 0.3 - 0.01 * n) for name in ("tpe", "random")
    ]
    same = [dialogue(proposals(name)) for name in ("tpe", "random")]
    assert other[0][:8] == same[0][:8]
    assert other[0] != same[0]
    assert other[1] == same[1]


def test_the_seed_matters() -> None:
    asked = [
        dialogue(proposals({"_target_": "optuna.samplers.RandomSampler", "seed": seed}))
        for seed in (1, 2)
    ]
    assert asked[0][:5] == asked[1][:5]
    assert not set(asked[0][5:]) & set(asked[1][5:])


@pytest.mark.parametrize("asks", [3, 5, 8])
def test_the_marked_points_come_first(asks: int) -> None:
    asking = proposals(asks=asks)
    dialogue(asking, asks)
    assert [a.mark for a, _ in asking.asked] == [*MARKS, "", "", ""][:asks]
    for (asked, candidate), mark in zip(asking.asked, marked_points(2.0)):
        assert asked == mark
        assert candidate is not None
    numbers = [(t.params["u"], t.params["v"]) for t in asking.study.trials[:5]]
    for uv, mark in zip(numbers, marked_points(2.0)):
        assert shares_of(*uv) == pytest.approx(tuple(mark.coefficients.shares()), abs=1e-7)


def states(asking: SampledProposals) -> list[str]:
    return [trial.state.name for trial in asking.study.trials]


def test_what_optuna_is_told() -> None:
    asking = proposals(rungs=[1, 2], lag=8)
    for _ in range(5):
        asking.ask()
    told: list[Sequence[tuple[int, Answer]]] = [
        [(1, Answer(0.6)), (2, Answer(0.5)), (4, Answer(0.4))],
        [(1, Answer(0.7))],
        [(1, Answer(0.6)), (2, Answer(0.55))],
        [(1, Answer(0.6)), (2, Answer(None, status=Ending.DIVERGED))],
    ]
    for number, answers in enumerate(told):
        asking.tell(number, answers)
    assert states(asking) == ["COMPLETE", "PRUNED", "PRUNED", "FAIL", "RUNNING"]
    first, second, third, fourth, _ = asking.study.trials
    assert (first.value, first.intermediate_values) == (0.4, {1: 0.6, 2: 0.5, 4: 0.4})
    assert (second.value, second.intermediate_values) == (0.7, {1: 0.7})
    assert (third.value, third.intermediate_values) == (0.55, {1: 0.6, 2: 0.55})
    assert fourth.value is None


def test_a_point_without_a_network_is_asked_and_fails() -> None:
    # At the native resolution nothing can grow by resolution.
    asking = proposals(native=20)
    for _ in range(8):
        asking.ask()
    missing = [number for number, (_, candidate) in enumerate(asking.asked) if candidate is None]
    assert missing
    assert [n for n, state in enumerate(states(asking)) if state == "FAIL"] == missing
    assert len(asking.candidates.dropped) == len(missing)
    assert {d.asked for d in asking.candidates.dropped} == {asking.asked[n][0] for n in missing}


def test_what_a_reader_of_the_study_sees() -> None:
    asking = proposals()
    candidate = asking.ask()
    assert candidate is not None
    seen = asking.study.trials[0].user_attrs
    c, shares = candidate.coefficients, candidate.shares
    assert (seen["alpha"], seen["beta"], seen["gamma"]) == pytest.approx(
        (c.alpha, c.beta, c.gamma), abs=1e-6
    )
    assert [seen[f"share_{name}"] for name in ("depth", "width", "resolution")] == pytest.approx(
        shares, abs=1e-6
    )
    assert seen["cost_ratio"] == pytest.approx(candidate.cost_ratio, abs=1e-6)
    assert (seen["trial"], seen["mark"], seen["macs"]) == (candidate.id, "paper", candidate.macs)


@pytest.mark.parametrize(
    "sampler",
    [
        # The grid is not the triangle's; there is no step; arguments that it looks at late.
        {"_target_": "optuna.samplers.GridSampler", "seed": 0, "search_space": {"u": [0.5]}},
        {"_target_": "optuna.samplers.BruteForceSampler", "seed": 0},
        {"_target_": "optuna.samplers.TPESampler", "seed": 0, "n_startup_trials": "x"},
        {"_target_": "optuna.samplers.TPESampler", "seed": 0, "n_ei_candidates": -1},
    ],
)
def test_a_sampler_that_fails_while_it_is_asked_is_named(sampler: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"sweep\.sampler is .*_target_.* fails .*another"):
        dialogue(proposals(sampler))


def test_a_rehearsal_changes_no_ask() -> None:
    settings = {"_target_": "optuna.samplers.TPESampler", "seed": 3}
    OptunaSettings(sampler=settings).rehearse()
    assert dialogue(proposals(settings), asks=8) == dialogue(proposals(settings), asks=8)
