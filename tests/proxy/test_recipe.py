"""Schedules at known points, and what a recipe refuses."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.proxy import Recipe


@pytest.mark.parametrize("schedule", ["cosine", "linear", "exponential"])
def test_warm_up_is_linear_from_zero(schedule: str) -> None:
    recipe = Recipe(learning_rate=0.4, warmup=0.2, schedule=schedule)
    assert recipe.learning_rate_at(0.0) == 0
    assert recipe.learning_rate_at(0.05) == pytest.approx(0.1)
    assert recipe.learning_rate_at(0.1) == pytest.approx(0.2)
    assert recipe.learning_rate_at(0.2) == pytest.approx(0.4)


def test_without_warm_up_the_run_starts_at_the_highest_rate() -> None:
    assert Recipe(learning_rate=0.4, warmup=0.0).learning_rate_at(0.0) == pytest.approx(0.4)


def test_cosine_and_linear_end_at_zero() -> None:
    cosine = Recipe(learning_rate=0.4, warmup=0.2, schedule="cosine")
    assert cosine.learning_rate_at(0.6) == pytest.approx(0.2)
    assert cosine.learning_rate_at(0.4) == pytest.approx(0.2 * (1 + math.cos(math.pi / 4)))
    assert cosine.learning_rate_at(1.0) == pytest.approx(0, abs=1e-12)
    linear = Recipe(learning_rate=0.4, warmup=0.2, schedule="linear")
    assert linear.learning_rate_at(0.8) == pytest.approx(0.1)
    assert linear.learning_rate_at(1.0) == pytest.approx(0, abs=1e-12)


def test_exponential_decays_as_in_the_paper() -> None:
    recipe = Recipe(learning_rate=0.256, warmup=0.0, schedule="exponential")
    epochs = 350
    # 0.97 every 2.4 epochs; a little after a step, as the steps of 1/146 of the run are rounded.
    for epoch in (1.0, 2.5, 12.1, 240.5):
        steps = math.floor(epoch / 2.4)
        assert recipe.learning_rate_at(epoch / epochs) == pytest.approx(0.256 * 0.97**steps)
    assert recipe.learning_rate_at(0.9999) == pytest.approx(0.256 * 0.97**145)


@given(
    schedule=st.sampled_from(["cosine", "linear", "exponential"]),
    warmup=st.floats(0, 0.9),
    points=st.lists(st.floats(0, 1), min_size=2, max_size=8),
)
def test_rate_stays_in_range_and_falls_after_the_warm_up(
    schedule: str, warmup: float, points: list[float]
) -> None:
    recipe = Recipe(learning_rate=0.3, warmup=warmup, schedule=schedule)
    after = [recipe.learning_rate_at(p) for p in sorted(points) if p >= warmup]
    assert all(late <= early + 1e-12 for early, late in itertools.pairwise(after))
    assert all(0 <= recipe.learning_rate_at(p) <= 0.3 + 1e-12 for p in points)


def test_regularisation_grows_with_phi_within_bounds() -> None:
    recipe = Recipe(
        dropout=0.2, dropout_per_phi=0.045, stochastic_depth=0.1, stochastic_depth_per_phi=0.2
    )
    assert recipe.regularisation(0) == (0.2, 0.1)
    dropout, depth = recipe.regularisation(2)
    assert dropout == pytest.approx(0.29)
    assert depth == pytest.approx(0.5)
    assert recipe.regularisation(100) == (0.9, 0.9)
    assert recipe.regularisation(-100) == (0.0, 0.0)
    constant = Recipe(dropout=0.3, stochastic_depth=0.2)
    assert constant.regularisation(5) == (0.3, 0.2)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epochs", [0, -1, 10_001]),
        ("batch_size", [0, 1, 70_000]),
        ("optimizer", ["adam", ""]),
        ("learning_rate", [0.0, -0.1, 101.0, math.inf, math.nan]),
        ("momentum", [-0.1, 1.1, math.nan]),
        ("warmup", [-0.1, 0.95, 1.0]),
        ("schedule", ["step", "Cosine"]),
        ("weight_decay", [-1e-4, 11.0]),
        ("label_smoothing", [-0.1, 1.5]),
        ("ema_horizon", [-0.1, 2.0]),
        ("dropout", [-0.1, 1.5]),
        ("stochastic_depth", [-0.1, 1.5]),
        ("dropout_per_phi", [-0.1, 1.5]),
        ("stochastic_depth_per_phi", [-0.1, 1.5]),
        ("augmentation", [-0.1, 1.5]),
        ("batch_norm_momentum", [0.0, 1.1]),
    ],
)
def test_settings_out_of_range_are_refused_by_name(name: str, values: list[float | str]) -> None:
    for value in values:
        with pytest.raises(InvalidInput, match=rf"recipe\.{name} is {value!r}"):
            Recipe(**{name: value})
