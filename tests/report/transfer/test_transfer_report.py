"""The report of a study of transfer, on runs whose truth is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fakes import SETTINGS, diverged, fake_outcome, fake_study, inline
from transfers import finished_search

from scaling_search.baselines import BaselineSettings
from scaling_search.proxy import DataSettings, Job
from scaling_search.report import build_report
from scaling_search.report.compare import compare
from scaling_search.scaling import cost
from scaling_search.search import CostConstraint
from scaling_search.study import FamilySettings, StudySettings
from scaling_search.study.transfer import TransferSettings

Outcome = Callable[[Job], Any]


@pytest.fixture(scope="module")
def experiments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_search(tmp_path_factory.mktemp("studies")).parent


@pytest.fixture
def made(experiments: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")

    def make(outcome: Outcome, name: str, seed: int, seeds: int = 3) -> Path:
        sweep = TransferSettings(study=str(experiments / "source"), seeds=list(range(seeds)))
        settings: StudySettings = replace(
            SETTINGS,
            baseline=BaselineSettings(name="searched_micro"),
            data=DataSettings(train_images=90, test_images=72, seed=seed),
            sweep=sweep,
            family=FamilySettings(),
            constraint=CostConstraint(tolerance=0.1),
        )
        # Elsewhere, so that runs on the source have this outcome too, and not that of the search.
        place = experiments / f"targets-{name}-{seed}"
        return fake_study(place, settings, inline(outcome), name=name)

    return make


def outcome_of(gain: float, mixed: float, source: float = 1.0) -> Outcome:
    """Errors fall with cost; a start takes `gain` off, and depth with resolution `mixed`.

    source: how errors on the source follow: 1 as those on the target, -1 the other way round.
    """

    def outcome(job: Job) -> Any:
        found, spec = fake_outcome(job), job.spec
        doublings = math.log2(cost(spec.network, spec.resolution).macs / 50_000)
        is_source = spec.start is None and job.data.seed == 0
        error = 0.6 - 0.05 * doublings * (source if is_source else 1)
        deep = sum(spec.network.repeats) > 4  # type: ignore[union-attr]
        error -= mixed * (deep and 12 < spec.resolution < 18)
        # A start is worth more with one seed than with another.
        error -= (gain + 0.01 * (spec.seed - 1)) * (spec.start is not None)
        noise = 0.01 * (found.result.val_error - 0.35)
        found.result.test_error = error + noise + 0.02 * (spec.seed == 1)
        return found

    return outcome


def told(folder: Path) -> dict[str, Any]:
    build_report(folder)
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return found


def test_what_is_true_is_said(made: Callable[..., Path]) -> None:
    folder = made(outcome_of(gain=0.08, mixed=0.04), "true", seed=1)
    verdict = told(folder)
    gains, better, predicts = verdict["answer"][:3]
    assert gains.startswith("Yes: fine-tuning is worth +8.")
    assert verdict["gain"]["points"] == pytest.approx(8, abs=0.3)
    assert verdict["gain"]["low"] <= 8 <= verdict["gain"]["high"]
    assert better.startswith("Yes, than depth, width, resolution alone.")
    fine_tuned = verdict["compound_minus"]["fine-tuned"]
    assert {of["verdict"] for of in fine_tuned.values()} == {"better"}
    assert predicts.startswith("Yes: Kendall's tau of 6 networks")
    assert verdict["slope"]["slope"] == pytest.approx(1, abs=0.25)
    points = pd.read_csv(folder / "points.csv")
    tuned, alone = (
        points[points["trained"] == name].reset_index() for name in ("fine-tuned", "from nothing")
    )
    assert ((alone["test_error"] - tuned["test_error"]) * 100).mean() == pytest.approx(
        verdict["gain"]["points"]
    )
    report = (folder / "report.md").read_text()
    for heading in ("What does each network gain?", "Which scaling is better at equal cost?"):
        assert f"## {heading}" in report
    assert "What was published?" not in report


def test_what_is_not_true_is_not_said(made: Callable[..., Path]) -> None:
    verdict = told(made(outcome_of(gain=-0.05, mixed=-0.06, source=-1.0), "false", seed=2))
    gains, better, predicts = verdict["answer"][:3]
    assert gains.startswith("No, it harms: fine-tuning is worth -5.")
    assert better.startswith("No: depth and width and resolution alone are better.")
    assert not predicts.startswith("Yes")
    nothing = told(made(outcome_of(gain=0.0, mixed=0.0), "nothing", seed=3))
    assert nothing["answer"][0].startswith("That is open: fine-tuning is worth ")


def test_one_seed_has_no_interval_and_a_lost_run_is_told(made: Callable[..., Path]) -> None:
    known = outcome_of(gain=0.08, mixed=0.04)

    def one_diverges(job: Job) -> Any:
        lost = job.spec.start is not None and job.spec.resolution == 12
        return diverged() if lost else known(job)

    folder = made(one_diverges, "lost", seed=4, seeds=1)
    verdict = told(folder)
    report = (folder / "report.md").read_text()
    assert "fine-tuned, diverged in 1 of 1 runs" in report
    assert verdict["gain"]["degrees_of_freedom"] == 0
    assert verdict["answer"][0].startswith("With one seed that cannot be told")


def test_runs_that_diverged_are_not_asked_for_again(made: Callable[..., Path]) -> None:
    folder = made(lambda _: diverged(), "diverged", seed=9, seeds=1)
    verdict = told(folder)
    report = (folder / "report.md").read_text()
    assert "seed yet: runs diverged there, which a lower recipe.learning_rate= may mend" in report
    assert "repeat the command" not in report
    assert "0 networks have both of the errors" in verdict["answer"][2]


def test_an_unfinished_study_has_a_report(made: Callable[..., Path]) -> None:
    folder = made(outcome_of(gain=0.08, mixed=0.04), "unfinished", seed=5)
    rows = (folder / "runs.csv").read_text().splitlines(keepends=True)
    for step, said in (
        ("tuned", "No network has been both fine-tuned and trained from nothing yet."),
        ("series", "No network has been both fine-tuned and trained from nothing yet."),
        ("source", "Yes: fine-tuning is worth"),
    ):
        left = [row for row in rows if f",{step}," not in row]
        (folder / "runs.csv").write_text("".join(left))
        assert told(folder)["answer"][0].startswith(said)
        assert "The study is unfinished: 36 of 54 runs" in (folder / "report.md").read_text()


@pytest.mark.long
def test_figures_are_drawn_and_two_targets_stand_beside_each_other(
    made: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [made(outcome_of(gain=0.08, mixed=0.04), f"pair{seed}", seed) for seed in (6, 7)]
    monkeypatch.undo()
    for folder in folders:
        build_report(folder)
        assert {path.name for path in (folder / "figures").iterdir()} == {
            "series.svg",
            "source.svg",
        }
        first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        build_report(folder)
        assert first == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = compare(folders)
    assert next(question for question, _ in found.briefs) == "Does it transfer?"
    assert len(found.figures[0]) == 2
