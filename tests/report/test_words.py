"""Reports of other metrics than mistakes: their names, their numbers, nothing of accuracies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from committed import EXPERIMENTS, long_but

from scaling_search.metric import ERROR, Metric
from scaling_search.report.content import Content
from scaling_search.report.kinds import CONTENT
from scaling_search.report.page import render
from scaling_search.report.series.observation1 import QUESTION
from scaling_search.report.short_runs import short_run_remarks
from scaling_search.report.words import Words, assumption
from scaling_search.study import StudyDefinition
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import Study, read_study

MAP = Metric("mAP", "maximize")
WER = Metric("WER", "minimize", "percent")
LOSS = Metric("loss", "minimize", "unbounded")
STUDIES = [
    "glyphs-quick",
    "glyphs-step-0",
    "glyphs-observation1",
    "glyphs-observation2",
    "glyphs-balance",
    "glyphs-single-vs-compound",
]
Report = Callable[..., Content]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a committed study, had its errors been those of another metric."""

    def make(
        name: str, metric: Metric, unit: float = 1.0, has_test: bool = True, **facts: Any
    ) -> Content:
        """unit: by which errors are multiplied. facts: what else is known of the task."""
        monkeypatch.setattr(StudyDefinition, "metric", property(lambda _: metric))
        monkeypatch.setattr(StudyDefinition, "has_test", property(lambda _: has_test))
        before = read_study(EXPERIMENTS / name)
        definition = replace(before.definition, facts=replace(before.definition.facts))
        for fact, value in facts.items():
            # Of data of one's own numbers may be unknown.
            object.__setattr__(definition.facts, fact, value)
        rows = tuple(
            replace(
                row,
                val_error=row.val_error and unit * row.val_error,
                test_error=unit * row.test_error if has_test and row.test_error else None,
                val_correct="",
            )
            for row in read_runs(before.folder)
        )
        return CONTENT[definition.settings.sweep.kind](Study(before.folder, definition), rows)

    return make


def text_of(content: Content) -> str:
    """Without what the paper said of accuracies."""
    return render("study", content)["report.md"].replace(QUESTION, "")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("metric", [MAP, WER, LOSS], ids=lambda metric: metric.name)
@pytest.mark.parametrize("name", long_but(STUDIES, "glyphs-quick", "glyphs-step-0"))
def test_nothing_is_said_of_mistakes(report: Report, name: str, metric: Metric) -> None:
    content = report(name, metric, unit=7.0 if metric is LOSS else 1.0)
    text = text_of(content)
    text = text.replace("figures/accuracy.svg", "")
    assert not re.search(r"(val|test) errors?\b|mistake|accurac|\berrs\b|in a hundred", text, re.I)
    assert f"test {metric.name}" in text
    assert "The statistics take " in text
    assert not re.search(r"\bnan\b", text)
    if metric is LOSS:
        # Shares and levels are whole, errors as percentages would not be.
        assert not re.findall(r"\d\.\d+ %", text)
        assert not re.search(r"\d\)? points|points? (of|worse)", text)


@pytest.mark.parametrize("name", long_but(STUDIES, "glyphs-step-0"))
def test_losses_are_drawn(report: Report, name: str) -> None:
    drawn = report(name, LOSS, unit=7.0).figures
    assert drawn
    assert all(figure.svg.rstrip().endswith("</svg>") for figure in drawn)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-step-0"])
def test_headlines_give_the_value_too(report: Report, name: str) -> None:
    first, second = report(name, MAP).answer[:2]
    told = re.findall(r"([\d.]+) %(?: ± [\d.]+)? \(mAP ([\d.]+) %\)", f"{first} {second}")
    assert len(told) >= 2
    assert all(float(error) + float(value) == pytest.approx(100) for error, value in told)


def numbers(content: Content, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content.files[name])
    return found


@pytest.mark.usefixtures("undrawn")
def test_a_search_among_losses_is_the_same_in_any_unit(report: Report) -> None:
    one, other = report("glyphs-quick", LOSS, unit=2.0), report("glyphs-quick", LOSS, unit=60.0)
    a, b = numbers(one, "winner.json"), numbers(other, "winner.json")
    for name in ("trial", "possible_winners", "decided", "shares"):
        assert a[name] == b[name]
    assert b["expected_error"] == pytest.approx(30 * a["expected_error"])
    assert b["run_sd"]["value"] == pytest.approx(30 * a["run_sd"]["value"])
    assert b["to_settle"]["runs"] == a["to_settle"]["runs"]
    a, b = numbers(one, "forecast.json"), numbers(other, "forecast.json")
    ends = [
        [member[end] for member in told["members"] for end in ("low", "high")] for told in (a, b)
    ]
    assert np.allclose(ends[1], 30 * np.array(ends[0]))
    assert a["backtest"]["hit"] == b["backtest"]["hit"]


@pytest.mark.usefixtures("undrawn")
def test_series_of_losses_are_the_same_in_any_unit(report: Report) -> None:
    def both(name: str) -> list[dict[str, Any]]:
        return [numbers(report(name, LOSS, unit=unit), "verdict.json") for unit in (1e-4, 30.0)]

    for a, b in zip(*(told["series"].values() for told in both("glyphs-observation1"))):
        assert a["summary"] == b["summary"]
        assert a["little_from"]["median"] == pytest.approx(b["little_from"]["median"])
        assert b["gain"]["median"] == pytest.approx(3e5 * a["gain"]["median"])
        assert b["difference_above"] == pytest.approx(3e5 * a["difference_above"])
    for a, b in zip(*(told["gaps"] for told in both("glyphs-observation2"))):
        assert a["verdict"] == b["verdict"]
        assert b["points"] == pytest.approx(3e5 * a["points"])
    a, b = both("glyphs-balance")
    assert a["verdict"] == b["verdict"]
    most = "no_exchange_gains_more_than"
    assert b[most] == pytest.approx(3e5 * a[most])
    a, b = both("glyphs-single-vs-compound")
    assert [c["verdict"] for c in a["comparisons"]] == [c["verdict"] for c in b["comparisons"]]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", STUDIES)
def test_where_there_is_no_test_value_all_is_said_of_val(report: Report, name: str) -> None:
    content = report(name, MAP, has_test=False, val_images=0, test_images=0)
    text = text_of(content)
    assert "val mAP" in text
    assert not re.search(r"test (mAP|images|is)", text)
    table = next((n for n in ("family.csv", "points.csv") if n in content.files), "trials.csv")
    head = content.files[table].split("\n")[0].split(",")
    assert "val_error" in head
    assert "nan" not in re.sub(r"dominant", "", text)
    if table != "trials.csv":
        assert "test_error" not in head


@pytest.mark.usefixtures("undrawn")
def test_unknown_numbers_of_images_are_left_out(report: Report) -> None:
    text = text_of(report("glyphs-quick", MAP, val_images=0, test_images=0))
    assert "holds for one val set and one recipe" in text
    assert "Measured on test images" in text_of(report("glyphs-balance", MAP, test_images=0))
    definition = read_study(EXPERIMENTS / "glyphs-balance").definition
    own = replace(definition, facts=replace(definition.facts))
    object.__setattr__(own.facts, "train_images", 0)
    assert short_run_remarks(own) == []


def test_what_the_statistics_assume_is_that_of_the_metric() -> None:
    assert assumption(Words(ERROR, "val"), log=True, forecast=True) == []
    (logs,) = assumption(Words(MAP, "val"), log=True, forecast=True)
    assert "log(1 - val mAP)" in logs
    assert "ImageNet" in logs
    (loss,) = assumption(Words(LOSS, "val"), log=True, forecast=True)
    assert "wide beliefs" in loss
    (plain,) = assumption(Words(LOSS, "test"))
    assert "the test loss of" in plain
    assert "forecast" not in plain


@pytest.mark.parametrize(
    ("metric", "axis", "places"),
    [
        (ERROR, "test accuracy, %", [80, 70]),
        (MAP, "test mAP, %", [80, 70]),
        (WER, "test WER, %", [20, 30]),
        (LOSS, "test loss", [0.2, 0.3]),
    ],
)
def test_axes_show_what_a_reader_knows(metric: Metric, axis: str, places: list[float]) -> None:
    words = Words(metric, "test")
    assert words.axis == axis
    assert words.drawn(np.array([0.2, 0.3])) == pytest.approx(places)
    assert words.spread(0.1) == pytest.approx(0.1 if metric is LOSS else 10)
