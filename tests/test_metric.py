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


MAP, LOSS = Metric("mAP", "maximize"), Metric("loss", "minimize", "unbounded")
WER = Metric("WER", "minimize", "percent")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (ERROR, ("val error", "the val error", "val accuracy")),
        (MAP, ("1 - val mAP", "1 - val mAP", "val mAP")),
        (LOSS, ("val loss", "the val loss", "val loss")),
        (WER, ("val WER", "the val WER", "val WER")),
    ],
)
def test_what_is_said_of_a_part_of_the_data(metric: Metric, said: tuple[str, ...]) -> None:
    assert (metric.error_on("val"), metric.the_error_on("val"), metric.shown_on("val")) == said
    assert metric.error_name == said[0].replace("val ", "")


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (ERROR, ("38.8 %", "38.8 % ± 0.4", "38.8 % ± 0.4", "1.2 points", "36.9 to 40.1")),
        (
            MAP,
            ("38.8 %", "38.8 % ± 0.4", "38.8 % ± 0.4 (mAP 61.2 %)", "1.2 points", "36.9 to 40.1"),
        ),
        (LOSS, ("0.3880", "0.3880 ± 0.0040", "0.3880 ± 0.0040", "0.0120", "0.3690 to 0.4010")),
    ],
)
def test_errors_and_differences_in_words(metric: Metric, told: tuple[str, ...]) -> None:
    assert told == (
        metric.text(0.388),
        metric.give_or_take(0.388, 0.004),
        metric.headline(0.388, 0.004),
        metric.difference(0.012),
        metric.between(0.369, 0.401),
    )


@given(st.floats(1e-12, 1e6), st.floats(1e-3, 1))
def test_a_loss_of_any_size_has_the_digits_that_its_noise_allows(loss: float, part: float) -> None:
    told, noise = LOSS.give_or_take(loss, part * loss).split(" ± ")
    assert float(noise) == pytest.approx(part * loss, rel=0.06)
    assert float(told) == pytest.approx(loss, abs=0.06 * part * loss)
    assert float(LOSS.text(loss)) == pytest.approx(loss, rel=6e-4)


@pytest.mark.parametrize("metric", [ERROR, MAP, LOSS, WER])
def test_what_is_shown_is_better_where_the_error_is_lower(metric: Metric) -> None:
    assert (metric.shown(0.2) > metric.shown(0.3)) == metric.rises
    assert metric.highest == (math.inf if metric is LOSS else 1)


def test_very_small_losses_are_read_at_a_glance() -> None:
    assert LOSS.text(4.123e-9) == "4.123e-09"
    assert LOSS.give_or_take(4.123e-9, 2e-11) == "4.123e-09 ± 2.0e-11"
    assert LOSS.between(0.0, 3.2e-9) == "0.0000000 to 3.20e-09"
    assert LOSS.difference(1e-15, known_to=0.04) == "0.0000"
