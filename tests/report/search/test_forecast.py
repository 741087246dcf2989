"""The forecast in a study's report, in forecast.json and in read_study."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.forecast import contrast, fit_scaling_law, held_out_sizes
from scaling_search.report import build_report
from scaling_search.scaling import Coefficients
from scaling_search.study import StudyDefinition, read_definition
from scaling_search.study.decision import decide_by_rows
from scaling_search.study.files.runs_csv import RUN_COLUMNS, read_runs
from scaling_search.study.files.study_yaml import write_definition

pytestmark = pytest.mark.usefixtures("undrawn")
SIZES, SEEDS = 6, (0, 1, 2)


def law_error(macs: float, smallest: float) -> float:
    return 0.1 + 0.3 * (macs / smallest) ** -0.6


def row(definition: StudyDefinition, planned: Any, val: float, test: float) -> dict[str, Any]:
    known = {
        "run": planned.spec.key,
        "step": planned.step,
        "trial": planned.member.id,
        "phi": planned.member.phi,
        "seed": planned.spec.seed,
        "epochs": planned.spec.epochs,
        "resolution": planned.spec.resolution,
        "status": "finished",
        "val_error": val,
        "test_error": test,
        "macs": planned.member.cost.macs,
        "val_correct": None,
        "spec": planned.spec.content,
    }
    return {**dict.fromkeys(RUN_COLUMNS, 0), **known}


@pytest.fixture
def family(study: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A study whose family follows a known law, and the rows of its family's runs."""
    before = read_definition(study)
    wider = replace(before.settings.family, sizes=SIZES, span=20.0, seeds=list(SEEDS))
    settings = replace(before.settings, family=wider)
    # So many test images that counting mistakes adds no noise.
    definition = replace(before, settings=settings, facts=replace(before.facts, test_images=10**6))
    write_definition(study, definition)
    known = [
        row(definition, run, 0.3 + 0.01 * index, 0.3)
        for index, run in enumerate(definition.search_runs)
    ]
    write(study, known, [])
    winner = decide_by_rows(definition, definition.candidates, read_runs(study)).winner
    assert winner is not None
    planned = definition.family_runs(winner.coefficients)
    smallest = min(run.member.cost.macs for run in planned)
    rows = [
        row(
            definition,
            run,
            0.3,
            law_error(run.member.cost.macs, smallest) * (1 + 0.01 * (run.spec.seed - 1)),
        )
        for run in planned
    ]
    write(study, known, rows)
    return study, rows


def write(study: Path, search: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    table = pd.DataFrame(search + rows, columns=list(RUN_COLUMNS))
    table.drop_duplicates("run").to_csv(study / "runs.csv", index=False)


def rewrite(study: Path, rows: list[dict[str, Any]]) -> None:
    """Other family runs beside the same runs of STEP 1."""
    runs = pd.read_csv(study / "runs.csv", dtype={"run": str, "trial": str})
    write(study, runs[runs["step"] == "search"].to_dict("records"), rows)


def forecast(study: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((study / "forecast.json").read_text())
    return content


def test_the_law_is_fitted_to_single_runs(family: tuple[Path, list[dict[str, Any]]]) -> None:
    study, rows = family
    build_report(study)
    told = forecast(study)["law"]
    law = fit_scaling_law(
        [r["macs"] for r in rows],
        [r["test_error"] for r in rows],
        test_images=read_definition(study).facts.test_images,
    )
    assert told == law.to_dict()
    assert told["runs"] == SIZES * len(SEEDS)
    assert len(told["macs"]) == SIZES
    read = ss.read_study(study)
    assert read.law.to_dict() == told
    assert read.backtest.to_dict() == forecast(study)["backtest"]
    table = pd.read_csv(study / "family.csv")
    listed = table[table["forecast"].notna()]
    predicted = read.law.predict(listed["macs"].to_numpy(float))
    assert np.allclose(predicted.mean, listed["forecast"], rtol=1e-12)
    assert np.allclose(predicted.low, listed["forecast_low"], rtol=1e-12)


def test_the_held_out_members_are_not_seen(family: tuple[Path, list[dict[str, Any]]]) -> None:
    study, rows = family
    build_report(study)
    honest = forecast(study)["backtest"]
    text = (study / "report.md").read_text()
    assert honest["hit"] == [True, True]
    assert text.count(": a hit") >= 2
    assert "a miss" not in text
    largest = sorted({r["macs"] for r in rows})[-2:]
    assert honest["prediction"]["macs"] == largest
    rewrite(study, [{**r, "test_error": 0.9} if r["macs"] in largest else r for r in rows])
    build_report(study)
    changed = forecast(study)["backtest"]
    assert changed["prediction"] == honest["prediction"]
    assert changed["law"] == honest["law"]
    assert changed["hit"] == [False, False]
    assert "90.0 % was measured: a miss" in (study / "report.md").read_text()


def test_table_headline_and_back_test_have_one_number_for_the_same_runs(
    family: tuple[Path, list[dict[str, Any]]],
) -> None:
    study, rows = family
    largest = max(r["macs"] for r in rows)
    far_apart = {0: 0.08, 1: 0.16, 2: 0.30}
    rewrite(
        study,
        [{**r, "test_error": far_apart[r["seed"]]} if r["macs"] == largest else r for r in rows],
    )
    assert f"18.0 % at {largest:,}" in build_report(study)
    table = pd.read_csv(study / "family.csv").set_index("macs")
    assert table.loc[largest, "test_error"] == pytest.approx(0.18)
    assert forecast(study)["backtest"]["error"][-1] == pytest.approx(0.18)
    assert forecast(study)["law"]["error"][-1] == pytest.approx(0.18)
    text = (study / "report.md").read_text()
    assert "and 18.0 % was measured: a " in text
    assert "| 18.0 % ± " in text


def test_a_forecast_above_what_is_measured_is_said(
    family: tuple[Path, list[dict[str, Any]]],
) -> None:
    study, rows = family
    assert "already measured" not in build_report(study)
    assert "above_measured" not in (study / "report.md").read_text()
    # No law follows so steep an end.
    largest, lucky = max(r["macs"] for r in rows), {0: 0.012, 1: 0.008, 2: 0.013}
    rewrite(
        study,
        [{**r, "test_error": lucky[r["seed"]]} if r["macs"] == largest else r for r in rows],
    )
    _, second = build_report(study).splitlines()
    told = f"above the 1.1 % already measured at {largest:,} (3 runs: 0.8 to 1.3 %)."
    assert second.endswith(told)
    text = (study / "report.md").read_text()
    assert "- Forecast (above_measured): " in text
    assert told in text


def test_too_few_sizes_for_a_back_test_are_said(
    family: tuple[Path, list[dict[str, Any]]],
) -> None:
    study, rows = family
    few = sorted({r["macs"] for r in rows})[:3]
    rewrite(study, [r for r in rows if r["macs"] in few])
    build_report(study)
    assert "only 3 sizes" in forecast(study)["backtest"]["reason"]
    text = (study / "report.md").read_text()
    assert "There is no back-test: only 3 sizes" in text
    assert "Forecast (few_sizes): Only 3 size(s)" in text
    with pytest.raises(InvalidInput, match="only 3 sizes"):
        _ = ss.read_study(study).backtest


def test_the_rule_knows_only_how_many_sizes_there_are() -> None:
    assert [held_out_sizes(n) for n in range(1, 13)] == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4]


def test_sizes_needed_follow_the_law(family: tuple[Path, list[dict[str, Any]]]) -> None:
    study, rows = family
    build_report(study)
    told = forecast(study)
    smallest = min(r["macs"] for r in rows)
    largest = max(r["macs"] for r in rows)
    reached = law_error(largest, smallest)
    tenth, _, half = told["sizes_needed"]
    assert tenth["error"] == pytest.approx(0.9 * reached)
    true = smallest * ((0.9 * reached - 0.1) / 0.3) ** (-1 / 0.6)
    assert tenth["macs_if_lucky"] < true
    assert tenth["macs_if_unlucky"] is None or tenth["macs_if_unlucky"] > true
    baseline = ss.scale(read_definition(study).baseline, Coefficients(1, 1, 1.2), 0)
    assert tenth["effective_phi"] == pytest.approx(math.log2(tenth["macs"] / baseline.cost.macs))
    # Half of the error lies below the floor of .1.
    assert half["error"] < 0.1
    assert half["out_of_reach"]
    assert half["macs"] is None
    assert half["probability_floor_above"] > 0.5
    assert "| half as many |" in (study / "report.md").read_text()
    assert "out of reach" in (study / "report.md").read_text()


def test_what_to_train_next_is_not_trained_yet(
    family: tuple[Path, list[dict[str, Any]]],
) -> None:
    study, rows = family
    build_report(study)
    found = forecast(study)["next_sizes"]
    assert found
    trained = {r["macs"] for r in rows}
    assert all(lesson["macs"] not in trained for lesson in found)
    gains = [lesson["narrowing_per_cost"] for lesson in found]
    assert gains == sorted(gains, reverse=True)
    table = pd.read_csv(study / "family.csv")
    allowed = set(table.loc[~table["above_native"], "macs"])
    assert {lesson["macs"] for lesson in found} <= allowed
    text = (study / "report.md").read_text()
    assert f"train φ = {found[0]['phi']:g} next" in text


def test_a_run_without_a_mistake_counts_as_half_a_mistake(
    family: tuple[Path, list[dict[str, Any]]],
) -> None:
    study, rows = family
    largest = max(r["macs"] for r in rows)
    rewrite(study, [{**r, "test_error": 0.0} if r["macs"] == largest else r for r in rows])
    build_report(study)
    images = read_definition(study).facts.test_images
    assert forecast(study)["law"]["error"][-1] == pytest.approx(0.5 / images)
    assert forecast(study)["sizes_needed"] == []


def test_two_studies_are_contrasted(family: tuple[Path, list[dict[str, Any]]]) -> None:
    study, rows = family
    build_report(study)
    first = ss.read_study(study).law
    rewrite(study, [{**r, "test_error": 1.2 * r["test_error"]} for r in rows])
    build_report(study)
    worse = ss.read_study(study).law
    difference = contrast(first, worse, sorted({r["macs"] for r in rows}))
    assert np.all(difference.high < 0.02)
    assert np.all(difference.mean < 0)
    assert difference.probability_first_better.min() > 0.8


def test_a_study_without_a_run_has_no_law(study: Path) -> None:
    runs = pd.read_csv(study / "runs.csv")
    runs.iloc[:0].to_csv(study / "runs.csv", index=False)
    build_report(study)
    assert forecast(study)["law"] is None
    with pytest.raises(InvalidInput, match="no winner yet"):
        _ = ss.read_study(study).law
