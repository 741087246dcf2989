"""The report of a study of growth says what its runs came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fakes import diverged, fake_study, inline
from folders import content
from grown import finished_search, outcome, settings_of

from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.scaling import cost

Errors = Callable[[Job], float]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_search(tmp_path_factory.mktemp("experiments"))


def error_of(job: Job) -> float:
    """An error that follows from the network, with little noise of the run."""
    spec = job.spec
    cost_of = cost(spec.network, spec.resolution)
    noise = int(spec.key[:4], 16) / 0xFFFF - 0.5
    return (0.2 * (1e5 / cost_of.macs) ** 0.3) * (1 + 0.01 * spec.seed) * (1 + 0.004 * noise)


def grown_better(job: Job) -> float:
    return error_of(job) * (0.8 if job.start is not None else 1.0)


def ranking_reversed(job: Job) -> float:
    """From nothing finer images are better, and grown they are worse."""
    spec = job.spec
    slope = -1 if job.start is None else 1
    noise = int(spec.key[:4], 16) / 0xFFFF - 0.5
    return 0.2 + 0.01 * slope * (spec.resolution - 12) + 1e-4 * noise


@pytest.fixture
def made(tmp_path: Path, source: Path) -> Callable[..., Path]:
    def make(errors: Errors = error_of, **sweep: object) -> Path:
        executor = inline(partial(outcome, test_error=errors))
        return fake_study(tmp_path, settings_of(source, **sweep), executor, name="g")

    return make


def told(folder: Path) -> dict:
    build_report(folder)
    found: dict = json.loads((folder / "verdict.json").read_text())
    return found


def test_growth_that_helps_is_said_with_its_size(made: Callable[..., Path], undrawn: None) -> None:
    folder = made(grown_better)
    found = told(folder)
    assert found["family"]["change"] == pytest.approx(-0.2, abs=0.01)
    assert found["family"]["high"] < 0
    report = (folder / "report.md").read_text()
    assert "**Does growing help a family?** Yes: " in report
    # What is better in all alike changes no ranking.
    assert "**Does the ranking of candidates change?** Not more than noise explains" in report
    table = pd.read_csv(folder / "growth.csv")
    family = table[table["group"] == "family"]
    assert np.isnan(family["change"].iloc[0])
    assert family["change"].iloc[1:].to_numpy() == pytest.approx(-0.2, abs=0.01)
    assert (family["change_high"].iloc[1:] < 0).all()
    # Its smallest size is the same runs both ways.
    first = family.iloc[0]
    assert first["test_error_grown"] == first["test_error_from_nothing"]


def test_no_effect_is_none(made: Callable[..., Path], undrawn: None) -> None:
    folder = made()
    found = told(folder)
    assert found["family"]["low"] < 0.002
    assert found["family"]["high"] > -0.002
    assert abs(found["family"]["change"]) < 0.02


def test_growth_that_harms_is_named(made: Callable[..., Path], undrawn: None) -> None:
    folder = made(lambda job: error_of(job) * (1.3 if job.start else 1.0))
    assert told(folder)["answer"][0].startswith("No, it harms: ")


def test_a_ranking_that_turns_round_is_beyond_noise(
    made: Callable[..., Path], undrawn: None
) -> None:
    found = told(made(ranking_reversed))["ranking"]
    assert found["tau"]["value"] < -0.5
    assert found["beyond_noise"]


def test_what_it_costs_is_that_of_the_chain(made: Callable[..., Path], undrawn: None) -> None:
    folder = made()
    flops = told(folder)["train_flops"]
    table = pd.read_csv(folder / "growth.csv")
    runs = pd.read_csv(folder / "runs.csv")
    family = table[table["group"] == "family"]
    # Ten epochs each of the chain; the study's rows count the same images.
    images = runs["train_flops"].iloc[0] / (6 * runs["macs"].iloc[0] * runs["epochs"].iloc[0])
    assert flops["grown"] == pytest.approx(6 * 10 * images * family["macs"].sum(), rel=0.05)
    ratio = (family["macs"] * family["epochs_from_nothing"]).sum() / (10 * family["macs"].sum())
    assert flops["from_nothing"] / flops["grown"] == pytest.approx(ratio)


def test_without_candidates_or_seeds_less_is_said(made: Callable[..., Path], undrawn: None) -> None:
    folder = made(ranked=0, seeds=[0])
    found = told(folder)
    assert found["family"]["low"] is None
    report = (folder / "report.md").read_text()
    assert "Not asked: no candidates take part" in report
    assert "too few to judge" in report


def test_diverged_and_missing_runs_are_told(tmp_path: Path, source: Path, undrawn: None) -> None:
    def some(job: Job) -> object:
        is_grown = job.start is not None
        return diverged() if is_grown and job.spec.seed == 1 else outcome(job, error_of)

    settings = settings_of(source, ranked=0)
    folder = fake_study(tmp_path, settings, inline(some), name="g")
    rows = (folder / "runs.csv").read_text().splitlines(keepends=True)
    (folder / "runs.csv").write_text("".join(rows[:-1]))
    build_report(folder)
    report = (folder / "report.md").read_text()
    assert "runs diverged; they are left out" in report
    assert "The study is unfinished" in report


def test_a_report_is_the_same_bytes_each_time(made: Callable[..., Path]) -> None:
    folder = made(grown_better)
    build_report(folder)
    before = content(folder)
    svg = before["figures/growth.svg"]
    candidates = before["growth.csv"].count(b"\ncandidates,")
    assert candidates >= 3
    assert svg.count(b'class="point"') == 2 * 3 + candidates
    for name in ("growth.csv", "verdict.json", "report.html", "figures/growth.svg"):
        (folder / name).unlink()
    build_report(folder)
    assert content(folder) == before


def test_runs_of_another_study_are_refused(made: Callable[..., Path], undrawn: None) -> None:
    folder = made()
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(text.replace("epochs: 10", "epochs: 9"))
    with pytest.raises(ValueError, match=r"does not follow from study\.yaml"):
        build_report(folder)


def test_candidates_that_all_err_alike_have_no_ranking(
    made: Callable[..., Path], undrawn: None
) -> None:
    folder = made(lambda _: 0.0)
    ranking = told(folder)["ranking"]
    assert "err alike in one of the two ways, so that there is no ranking" in ranking["reason"]
    report = (folder / "report.md").read_text()
    assert "nan" not in report
    assert "with one seed" not in report


def test_one_epoch_is_not_one_epochs(tmp_path: Path, source: Path, undrawn: None) -> None:
    settings = settings_of(source, epochs=1, ranked=0)
    folder = fake_study(tmp_path, settings, inline(outcome), name="g")
    build_report(folder)
    assert "a seed, 1 epoch each." in (folder / "report.md").read_text()
