"""Metrics: which error a value stands for, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.metric import DIRECTIONS, ERROR, SCALES, Metric

BOUNDED = [(direction, scale) for direction in DIRECTIONS for scale in ("fraction", "percent")]


@pytest.mark.parametrize(
    ("metric", "value", "error"),
    [
        (Metric("mAP", "maximize"), 0.4, 0.6),
        (Metric("mAP", "maximize", "percent"), 40, 0.6),
        (Metric("top-1 error", "minimize", "percent"), 12.5, 0.125),
        (Metric("loss", "minimize", "unbounded"), 3.5, 3.5),
        (ERROR, 0.25, 0.25),
    ],
)
def test_the_error_of_a_value(metric: Metric, value: float, error: float) -> None:
    assert metric.error(value) == pytest.approx(error)


@given(st.sampled_from(BOUNDED), st.floats(0, 1))
def test_better_values_have_lower_errors_and_come_back(kind: tuple[str, str], part: float) -> None:
    metric = Metric("m", *kind)
    value = part * SCALES[metric.scale]
    error = metric.error(value)
    assert 0 <= error <= 1
    assert metric.value(error) == pytest.approx(value, abs=1e-9)
    best = SCALES[metric.scale] if metric.maximised else 0.0
    assert metric.error(best) == 0 <= error


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.5, True, "0.5", None, [0.5]])
def test_a_value_outside_the_range_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="mAP is"):
        Metric("mAP", "maximize").error(value)


def test_a_percentage_taken_for_a_fraction_is_answered_with_the_scale() -> None:
    with pytest.raises(InvalidInput, match=r"trainer\.scale=percent"):
        Metric("mAP", "maximize").error(43.2)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("",), "trainer.metric"),
        (("a\nb",), "trainer.metric"),
        (("mAP", "up"), "trainer.direction"),
        (("mAP", "maximize", "0-1"), "trainer.scale"),
        (("reward", "maximize", "unbounded"), "maximised without a largest value"),
    ],
)
def test_a_metric_that_says_nothing_is_refused(given: tuple[str, ...], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        Metric(*given)
