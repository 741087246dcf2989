"""How sure the answer is: what the report says of runs whose truth is known."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes import SETTINGS, fake_study

from scaling_search.report import build_report
from scaling_search.study import read_definition

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of some twenty networks."""
    settings = replace(
        SETTINGS,
        baseline=replace(SETTINGS.baseline, resolution=16),
        sweep=replace(
            SETTINGS.sweep,
            alpha=[1.0, 1.12, 1.26, 1.41, 1.59, 1.78, 2.0],
            beta=[1.0, 1.06, 1.12, 1.19, 1.26, 1.33, 1.41],
        ),
    )
    return fake_study(tmp_path_factory.mktemp("experiments"), settings, name="fine")


@pytest.fixture
def study(fine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fine, tmp_path / "study"))


def answer_of(study: Path, error: Any, noise: float, seed: int = 0) -> tuple[dict[str, Any], str]:
    """Give every run of STEP 1 the val error `error(shares)` and noise; winner.json, report.md."""
    rng = np.random.default_rng(seed)
    shares = {c.id: np.array(c.shares) for c in read_definition(study).candidates.kept}
    runs = pd.read_csv(study / "runs.csv", dtype={"trial": str, "run": str})
    for index in runs.index[runs["step"] == "search"]:
        value = error(shares[runs.at[index, "trial"]]) * np.exp(noise * rng.normal())
        runs.at[index, "val_error"] = value
    runs.to_csv(study / "runs.csv", index=False)
    build_report(study)
    return json.loads((study / "winner.json").read_text()), (study / "report.md").read_text()


def bowl(shares: np.ndarray) -> float:
    """Lowest at equal shares."""
    return float(0.2 * np.exp(2 * ((shares - 1 / 3) ** 2).sum()))


def slope(shares: np.ndarray) -> float:
    """The more resolution the better: lowest in that corner."""
    return float(0.3 - 0.1 * shares[2])


def test_a_clear_bowl_is_found(study: Path) -> None:
    winner, text = answer_of(study, bowl, 0.002)
    found = winner["surface"]
    assert all(abs(share - 1 / 3) < 0.2 for share in found["shares"].values())
    assert found["on_the_edge"] == []
    assert sum(winner["probability_of_best"].values()) == pytest.approx(1)
    # The corner of depth is exp(2 * 2/3) - 1 = 2.8 times worse.
    assert winner["regret"]["depth"]["mean"] == pytest.approx(0.2 * np.exp(4 / 3) - 0.2, abs=0.05)
    assert winner["regret"]["uniform"]["mean"] < 0.02
    assert "on the edge" not in text
    assert "+sweep=baseline" not in text


def test_an_optimum_on_the_edge_is_said_to_be_there(study: Path) -> None:
    winner, text = answer_of(study, slope, 0.002)
    assert "depth" in winner["surface"]["on_the_edge"]
    assert winner["surface"]["shares"]["resolution"] > 0.9
    assert "lies on the edge" in text
    # What it means for the baseline, and what repairs it.
    assert "all of the compute goes to resolution (the 90 % region gives it" in text
    assert "efficientnet_micro on glyphs is starved of it" in text
    assert "+sweep=baseline searches a balanced baseline" in text
    assert winner["regret"]["resolution"]["mean"] < 0.01 < winner["regret"]["depth"]["mean"]


def test_a_dimension_that_is_worth_nothing_is_said_to_be_enough(study: Path) -> None:
    def without_depth(shares: np.ndarray) -> float:
        return 0.15 * float(np.exp(0.5 * ((shares - [-0.3, 0.65, 0.65]) ** 2).sum()))

    winner, text = answer_of(study, without_depth, 0.002)
    assert winner["surface"]["on_the_edge"] == ["depth"]
    assert "no compute goes to depth (the 90 % region gives it 0 to" in text
    assert "has all the depth that it can use" in text


def test_an_edge_that_noise_may_have_made_claims_nothing(study: Path) -> None:
    winner, text = answer_of(study, slope, 0.3)
    assert "lies on the edge of the triangle" in text
    assert "is open, since the 90 % region gives it" in text
    assert "So by these runs" not in text
    assert "+sweep=balance tells" in text
    assert winner["trial"] is not None


def test_an_edge_of_a_surface_that_does_not_fit_claims_nothing(study: Path) -> None:
    def rough_slope(shares: np.ndarray) -> float:
        return slope(shares) - 0.04 * (float(np.sin(400 * shares[0] + 170 * shares[1])) - 1)

    _, text = answer_of(study, rough_slope, 0.001)
    assert "The surface does not fit" in text
    assert "on the edge of the triangle" in text
    assert "since the surface does not fit" in text


def test_noise_reads_as_too_few_runs(study: Path) -> None:
    quiet, _ = answer_of(study, bowl, 0.002)
    noisy, text = answer_of(study, bowl, 0.15)
    assert noisy["difference_known_to"] > 3 * quiet["difference_known_to"]
    assert noisy["run_sd"]["low"] > 3 * quiet["run_sd"]["high"]
    assert len(noisy["surface"]["region"]) > len(quiet["surface"]["region"])
    assert len(noisy["possible_winners"]) > len(quiet["possible_winners"])
    assert "smaller differences read as none" in text
    assert noisy["to_settle"]["runs"] > 0
    assert noisy["to_settle"]["low"] <= noisy["to_settle"]["seeds"] <= noisy["to_settle"]["high"]


def test_a_handful_of_repeated_runs_does_not_make_the_noise_known(study: Path) -> None:
    """All networks but one are trained once, and the two runs of that one happen to agree."""
    runs = pd.read_csv(study / "runs.csv", dtype={"trial": str, "run": str})
    search = runs["step"] == "search"
    repeated = runs.loc[search, "trial"].iloc[0]
    kept = ~search | (runs["seed"] == 0) | (runs["trial"] == repeated)
    runs[kept].to_csv(study / "runs.csv", index=False)
    winner, text = answer_of(study, bowl, 1e-4)
    # A residual of one degree of freedom would say a hundredth of a point.
    sd = winner["run_sd"]
    assert sd["high"] > 3 * sd["low"] > 0.005
    assert f"scatters by {100 * sd['value']:.1f} points" in text
    trials = pd.read_csv(study / "trials.csv")
    once = trials[trials["runs"] == 1]
    assert len(once) > 10
    assert (once["val_error_se"] > 0.005).all()
    assert all(f"{100 * error:.1f} % (1) |" in text for error in once["val_error"])


def test_a_surface_that_does_not_fit_is_said_not_to(study: Path) -> None:
    # A checkerboard: neighbours differ by far more than their noise.
    def rough(shares: np.ndarray) -> float:
        return 0.2 + 0.05 * float(np.sin(400 * shares[0] + 170 * shares[1]))

    winner, text = answer_of(study, rough, 0.001)
    assert winner["surface"]["lack_of_fit_p"] < 0.05
    assert "The surface does not fit" in text


@pytest.mark.usefixtures("undrawn")
def test_errors_of_0_are_told(study: Path) -> None:
    """Of a metric that counts nothing: no mistake among n images is half a mistake."""
    _, text = answer_of(study, bowl, 0.002)
    assert "exactly 0" not in text
    runs = pd.read_csv(study / "runs.csv", dtype=str)
    searched = runs["step"] == "search"
    runs.loc[searched, "val_error"] = "0.0"
    runs.to_csv(study / "runs.csv", index=False)
    build_report(study)
    assert "have a val error of exactly 0" in (study / "report.md").read_text()


def test_nothing_is_said_of_no_runs(study: Path) -> None:
    runs = pd.read_csv(study / "runs.csv", dtype=str)
    runs.iloc[:0].to_csv(study / "runs.csv", index=False)
    build_report(study)
    assert "surface" not in json.loads((study / "winner.json").read_text())
