"""Candidates trained again at another fidelity."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fakes import SETTINGS, fake_study

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.search import OptunaSettings, RaceSettings
from scaling_search.study import Conduct, FidelitySettings, define


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")


def checked(tmp_path: Path, fidelity: FidelitySettings, **change: Any) -> tuple[Path, pd.DataFrame]:
    folder = fake_study(tmp_path, replace(SETTINGS, fidelity=fidelity, **change), name="checked")
    runs = pd.read_csv(folder / "runs.csv", dtype={"trial": str})
    return folder, runs[runs["step"].str.startswith("fidelity")]


def test_best_marked_and_worst_are_trained_again(tmp_path: Path) -> None:
    fidelity = FidelitySettings(epochs=5, survivors=1, losers=1, learning_rates=[0.5, 2.0])
    folder, again = checked(tmp_path, fidelity)
    assert set(again["step"]) == {
        "fidelity: epochs 5",
        "fidelity: learning rate x 0.5",
        "fidelity: learning rate x 2",
    }
    build_report(folder)
    trials = pd.read_csv(folder / "trials.csv", dtype={"trial": str})
    able = trials[trials["within_tolerance"]]
    wanted = {able["trial"].iloc[0], able["trial"].iloc[-1]}
    wanted |= set(able.loc[able["marks"].notna(), "trial"])
    # Every check has the same candidates, each with both seeds.
    for _, check in again.groupby("step"):
        assert set(check["trial"]) == wanted
        assert len(check) == 2 * len(wanted)
    specs = again["spec"].map(json.loads)
    longer = again["step"] == "fidelity: epochs 5"
    assert {s["recipe"]["epochs"] for s in specs[longer]} == {5}
    assert (again.loc[longer, "epochs"] == 5).all()
    rates = {s["recipe"]["learning_rate"] for s in specs[~longer]}
    base = SETTINGS.recipe.learning_rate
    assert rates == {0.5 * base, 2 * base}
    # The rest of the report speaks of STEP 1 alone, and of the checks in their own place.
    assert trials["runs"].max() == 2
    fidelity_json = json.loads((folder / "winner.json").read_text())["fidelity"]
    assert set(fidelity_json) == {"epochs 5", "learning rate x 0.5", "learning rate x 2"}
    assert -1 <= fidelity_json["epochs 5"]["agreement"]["tau"]["value"] <= 1
    assert "Does the answer survive?" in (folder / "report.md").read_text()


def test_larger_networks_keep_the_shares(tmp_path: Path) -> None:
    _, again = checked(tmp_path, FidelitySettings(phi=2.0, resolution=14, seeds=[7]))
    assert set(again["step"]) == {"fidelity: phi 2, resolution 14"}
    assert set(again["seed"]) == {7}
    runs = pd.read_csv(tmp_path / "checked" / "runs.csv")
    step_1 = runs.loc[runs["step"] == "search", "macs"]
    # Twice the doublings from more pixels.
    assert again["macs"].min() > step_1.max()


def test_a_check_that_repeats_a_run_of_the_family_is_read_in_both_places(tmp_path: Path) -> None:
    family = replace(SETTINGS.family, train_up_to=2.0, sizes=1)
    folder, again = checked(tmp_path, FidelitySettings(phi=2.0), family=family)
    runs = pd.read_csv(folder / "runs.csv")
    trained = set(runs.loc[runs["step"] == "family", "run"])
    assert trained <= set(again["run"])
    curves = pd.read_csv(folder / "curves.csv")
    assert not curves.duplicated(["run", "epoch"]).any()
    build_report(folder)
    assert pd.read_csv(folder / "family.csv")["runs"].max() == 2


def test_a_race_is_checked_too(tmp_path: Path) -> None:
    sweep = RaceSettings(
        alpha=[1.0, 1.2, 1.41, 2.0], beta=[1.0, 1.2, 1.41], start=4, round=2, seeds=[0, 1, 2]
    )
    folder, again = checked(tmp_path, FidelitySettings(epochs=4), sweep=sweep)
    assert len(again)
    build_report(folder)
    assert "Fidelity epochs 4" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phi": 50.0}, "fidelity.phi has 50"),
        ({"epochs": 0}, "fidelity.epochs has 0"),
        ({"learning_rates": [0.0]}, "fidelity.learning_rates has 0"),
        ({"survivors": 0}, "fidelity.survivors has 0"),
        ({"seeds": [1, 1]}, "fidelity.seeds is"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        FidelitySettings(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resolution": 9999}, "fidelity.resolution is 9999, but the images have 64 px"),
        ({"resolution": 60}, "'resolution 60', in which trial .* above the 64 px of the images"),
        ({"phi": 9.0}, "'phi 9', in which trial .* above the 64 px of the images: lower"),
        ({"learning_rates": [1.0, 1e3]}, "learning_rates has 1000, so that recipe.learning_rate"),
    ],
)
@pytest.mark.parametrize("sweep", [SETTINGS.sweep, OptunaSettings(asks=7, seeds=[0])])
def test_checks_that_cannot_be_made_are_refused_before_anything_is_trained(
    tmp_path: Path, change: dict[str, Any], message: str, sweep: Any
) -> None:
    recipe = replace(SETTINGS.recipe, learning_rate=0.6)
    settings = replace(SETTINGS, fidelity=FidelitySettings(**change), recipe=recipe, sweep=sweep)
    with pytest.raises(InvalidInput, match=message):
        fake_study(tmp_path, settings)
    assert not list(tmp_path.rglob("study.yaml"))


def test_a_search_alone_may_use_all_pixels(tmp_path: Path) -> None:
    """What limits a check does not limit studies without one."""
    settings = replace(SETTINGS, baseline=replace(SETTINGS.baseline, resolution=40))
    define(settings, Conduct(experiments_dir=str(tmp_path)))
