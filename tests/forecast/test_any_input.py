"""Whatever is asked: an answer without nan, or InvalidInput that names the argument."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.forecast import (
    PUBLISHED_PRIOR,
    WEAK_PRIOR,
    Beliefs,
    Prior,
    backtest,
    contrast,
    fit_scaling_law,
    held_out_sizes,
    next_sizes,
    size_needed,
)
from scaling_search.forecast.prior import WEAK_BELIEFS

MACS = [1e8, 2e8, 4e8, 8e8, 1.6e9]
ERROR = [0.5, 0.4, 0.33, 0.28, 0.25]
LAW = fit_scaling_law(MACS, ERROR, test_images=1000)
#: Without shrinking, which takes minutes where every example is a fit.
OFTEN = settings(
    max_examples=20, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)

PLAIN = st.sampled_from(
    [
        *(0, 1, -1, 2, 0.5, 1e-9, 1e-8, 1e-50, 1e50, 5e-324, 1e308, 10**400, -(10**400), 90),
        *(1 - 1e-16, float("nan"), float("inf"), float("-inf"), np.nan, Fraction(1, 3)),
        *(True, False, None, "a", "", "0.5", b"1", "run", "mean", 1j),
        *([], {}, set(), (), [[]], object(), WEAK_PRIOR, LAW),
        *(np.float32(0.3), np.int64(3), np.bool_(True), np.datetime64("2020-01-01")),
    ]
)
VALUES = st.one_of(
    PLAIN,
    st.floats(),
    st.integers(),
    st.lists(PLAIN, max_size=4),
    st.lists(st.one_of(PLAIN, st.floats()), min_size=5, max_size=5),
    st.lists(st.floats(1e-9, 1, exclude_min=True, exclude_max=True), min_size=5, max_size=5),
    st.lists(st.floats(1e-50, 1e50), min_size=5, max_size=5),
    st.sampled_from(
        [
            np.array([]),
            np.zeros((2, 2)),
            np.array(0.3),
            np.array([True, False]),
            np.array(["a"]),
            np.array([1j]),
            np.array([None, 0.3]),
            np.array(["2020-01-01"], dtype="datetime64[D]"),
            [np.ones(2), np.ones(3)],
            [[0.1, 0.2], [0.3]],
            range(1, 6),
            ERROR,
            MACS,
        ]
    ),
)


def numbers_in(answer: Any) -> Any:
    """All numbers of an answer, whatever it is made of."""
    if answer is None or isinstance(answer, (str, bool)):
        return
    if is_dataclass(answer):
        for field in fields(answer):
            yield from numbers_in(getattr(answer, field.name))
    elif isinstance(answer, dict):
        for part in answer.values():
            yield from numbers_in(part)
    elif isinstance(answer, (list, tuple)):
        for part in answer:
            yield from numbers_in(part)
    else:
        yield from np.asarray(answer, dtype=float).ravel().tolist()


def check(call: Any) -> None:
    """Only InvalidInput may come out of it, and no nan or inf in what it answers."""
    try:
        with np.errstate(all="raise", under="ignore"):
            answer = call()
    except InvalidInput as refusal:
        words = str(refusal)
        assert words.count("`") >= 2 or words.startswith("only "), words
        assert " must " in words or "needs" in words, words
        assert words.endswith("."), words
        return
    assert all(np.isfinite(number) for number in numbers_in(answer))


def told(law: Any) -> list[Any]:
    """Everything that a law says without being asked for a size."""
    assert "nan" not in law.summary()
    return [law.to_dict(), [w.sentence for w in law.warnings], law.exponent, law.predict(1e9)]


@OFTEN
@given(
    st.sampled_from(["macs", "error", "error_se", "test_images", "prior"]), VALUES, st.booleans()
)
def test_a_fit_with_one_argument_of_any_kind(name: str, value: Any, se: bool) -> None:
    arguments = {"macs": MACS, "error": ERROR, "error_se": [0.01] * 5 if se else None}
    check(lambda: told(fit_scaling_law(**{**arguments, name: value})))


@OFTEN
@given(
    st.lists(
        st.tuples(
            st.floats(1e-50, 1e50),
            st.floats(1e-9, 1, exclude_min=True, exclude_max=True),
            st.floats(0, 0.5),
        ),
        min_size=1,
        max_size=7,
    ),
    st.sampled_from([None, 1, 7, 10**6, 10**300]),
    st.sampled_from([None, WEAK_PRIOR]),
    st.booleans(),
)
def test_every_family_within_the_limits_gets_an_answer(
    rows: list[tuple[float, float, float]], images: int | None, prior: Any, se: bool
) -> None:
    macs, error, error_se = (list(column) for column in zip(*rows))
    with np.errstate(all="raise", under="ignore"):
        law = fit_scaling_law(macs, error, error_se if se else None, images, prior)
        every = [1e-50, *macs, 1e50]
        answers = [told(law), law.predict(every), law.predict(every, of="run")]
        answers += [law.each_form(every), law.probability_below(every, 0.1, "run")]
        answers += [size_needed(law, 0.1), next_sizes(law, every, 1e20), contrast(law, LAW, every)]
        if law.observations.macs.size > 1:
            held_out = backtest(macs, error, 1, error_se if se else None, images, prior)
            answers.append(held_out.to_dict())
    assert all(np.isfinite(number) for number in numbers_in(answers))


QUESTIONS = {
    "predict, macs": lambda v: LAW.predict(v),
    "predict, level": lambda v: LAW.predict([1e9, 1e10], level=v),
    "predict, of": lambda v: LAW.predict(1e9, of=v),
    "centre": lambda v: LAW.centre(v),
    "quantiles, macs": lambda v: LAW.quantiles(v, [0.5]),
    "quantiles, probabilities": lambda v: LAW.quantiles(1e10, v),
    "quantiles, of": lambda v: LAW.quantiles(1e10, [0.5], v),
    "normals": lambda v: LAW.normals(v, "run"),
    "each_form": lambda v: LAW.each_form(v),
    "probability_below, macs": lambda v: LAW.probability_below(v, 0.2),
    "probability_below, error": lambda v: LAW.probability_below([1e8, 1e10], v),
    "probability_below, of": lambda v: LAW.probability_below([1e8, 1e10], 0.2, v),
    "above_measured": lambda v: LAW.above_measured(v),
    "contrast, first": lambda v: contrast(v, LAW, 1e9),
    "contrast, second": lambda v: contrast(LAW, v, 1e9),
    "contrast, macs": lambda v: contrast(LAW, LAW, v),
    "contrast, level": lambda v: contrast(LAW, LAW, 1e9, level=v),
    "contrast, of": lambda v: contrast(LAW, LAW, 1e9, of=v),
    "size_needed, law": lambda v: size_needed(v, 0.2),
    "size_needed, error": lambda v: size_needed(LAW, v),
    "size_needed, level": lambda v: size_needed(LAW, 0.2, v),
    "size_needed, times_beyond": lambda v: size_needed(LAW, 0.2, 0.9, v),
    "next_sizes, law": lambda v: next_sizes(v, [1e9], 1e10),
    "next_sizes, candidates": lambda v: next_sizes(LAW, v, 1e10),
    "next_sizes, target": lambda v: next_sizes(LAW, [1e9, 2e9], v),
    "next_sizes, cost": lambda v: next_sizes(LAW, MACS, 1e10, v),
    "backtest, macs": lambda v: backtest(v, ERROR).to_dict(),
    "backtest, error": lambda v: backtest(MACS, v).to_dict(),
    "backtest, held_out": lambda v: backtest(MACS, ERROR, v).to_dict(),
    "backtest, error_se": lambda v: backtest(MACS, ERROR, error_se=v).to_dict(),
    "backtest, test_images": lambda v: backtest(MACS, ERROR, test_images=v).to_dict(),
    "backtest, prior": lambda v: backtest(MACS, ERROR, prior=v).to_dict(),
    "backtest, level": lambda v: backtest(MACS, ERROR, level=v).to_dict(),
    "held_out_sizes": lambda v: held_out_sizes(v),
    "Beliefs": lambda v: Beliefs(**{**asdict(WEAK_BELIEFS), "log_drift_sd": v, "log_drift": v}),
    "Prior, learned": lambda v: Prior(learned=v, weak=WEAK_BELIEFS, weak_weight=0.2, source=""),
    "Prior, weak_weight": lambda v: told(
        fit_scaling_law(MACS, ERROR, prior=replace(PUBLISHED_PRIOR, weak_weight=v))
    ),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
@settings(max_examples=20, deadline=None, derandomize=True)
@given(VALUES)
def test_any_question_of_any_kind(question: Any, value: Any) -> None:
    check(lambda: question(value))


@pytest.mark.parametrize("mean", [-20.0, 0.0, 20.0])
@pytest.mark.parametrize("sd", [1e-3, 1.0, 10.0])
def test_any_beliefs_within_their_limits_give_an_answer(mean: float, sd: float) -> None:
    every = Beliefs(**{f.name: sd if f.name.endswith("_sd") else mean for f in fields(Beliefs)})
    for learned, weak in ((every, every), (every, WEAK_BELIEFS), (WEAK_BELIEFS, every)):
        prior = Prior(learned=learned, weak=weak, weak_weight=0.2, source="test")
        law = fit_scaling_law(MACS, ERROR, prior=prior)
        assert all(np.isfinite(n) for n in numbers_in([told(law), law.predict([1e8, 1e11])]))
