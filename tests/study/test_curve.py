"""`family.shares=curve`: a family has the shares that a study of +sweep=shares gives each size."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fakes import SETTINGS, fake_study

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.export.member import choose
from scaling_search.report import build_report
from scaling_search.series import SharesSettings
from scaling_search.study import StudySettings

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def made(undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of shares that has ended."""
    sweep = SharesSettings(costs=[2.0, 4.0, 8.0], lattice=6)
    folder = fake_study(
        tmp_path_factory.mktemp("made"), replace(SETTINGS, sweep=sweep, family=FAMILY), name="law"
    )
    build_report(folder)
    return folder


#: What a study of series has.
FAMILY = type(SETTINGS.family)()


@pytest.fixture
def law(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "law")


def following(folder: Path) -> StudySettings:
    """A grid whose family follows the curve."""
    family = replace(SETTINGS.family, shares="curve", curve_from=str(folder))
    return replace(SETTINGS, family=family)


def test_members_have_the_shares_of_their_size(law: Path, tmp_path: Path) -> None:
    folder = fake_study(tmp_path, following(law), name="grid")
    curve = pd.read_csv(law / "shares.csv").set_index("phi")
    shutil.rmtree(law)
    answer = build_report(folder)
    study = ss.read_study(folder)
    listed = study.family.drop_duplicates("phi").set_index("phi")
    for phi in (1, 2, 3, 7):
        for name in ("depth_mult", "width_mult"):
            assert listed.loc[phi, name] == pytest.approx(curve.loc[phi, name])
    assert listed["runs"].sum() > 0
    assert "Scaled by the shares that law gives each size" in answer
    assert "not those of the network that STEP 1 found" in (folder / "report.md").read_text()
    member = choose(folder, 3).member
    assert (member.depth_mult, member.width_mult) == pytest.approx(
        (curve.loc[3, "depth_mult"], curve.loc[3, "width_mult"])
    )
    trained = study.definition.trained_sizes(study.winning_coefficients)
    assert choose(folder, trained[-1].phi).runs


def test_constant_shares_leave_study_yaml_as_it_was(tmp_path: Path) -> None:
    folder = fake_study(tmp_path, name="grid")
    assert "curve" not in (folder / "study.yaml").read_text()


def test_what_gives_no_curve_is_refused(law: Path, tmp_path: Path) -> None:
    def refused(settings: StudySettings, what: str) -> None:
        with pytest.raises(InvalidInput, match=what):
            fake_study(tmp_path, settings, name="x")

    refused(following(tmp_path / "none"), "no study is there")
    refused(following(fake_study(tmp_path, name="grid")), "a study of \\+sweep=grid")
    other = replace(SETTINGS.baseline, resolution=14)
    refused(replace(following(law), baseline=other), "give the same baseline")
    text = (law / "shares.csv").read_text()
    for damage in (
        text.replace("share_width,", "share,"),
        text[: len(text) // 2],
        text.replace("2.0,4.0,", "2.0,1.0,"),
        text.splitlines()[0],
        "",
    ):
        (law / "shares.csv").write_text(damage)
        refused(following(law), "shares.csv is damaged .* makes it anew")
    (law / "shares.csv").unlink()
    refused(following(law), "shares.csv is missing")
    (law / "shares.csv").write_text(text)
    runs = (law / "runs.csv").read_text().splitlines(keepends=True)
    (law / "runs.csv").write_text("".join(runs[:-1]))
    refused(following(law), "has not ended: repeat its command")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"shares": "curve"}, "give family.shares=curve family.curve_from="),
        ({"curve_from": "law"}, "or neither"),
        ({"shares": "changing"}, "must be constant or curve"),
    ],
)
def test_half_a_setting_is_refused(change: dict[str, str], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        replace(SETTINGS.family, **change)


def test_typed_numbers_are_refused(tmp_path: Path, law: Path) -> None:
    typed = replace(following(law).family, curve=[[2.0, 0.4, 0.3, 0.3]])
    with pytest.raises(InvalidInput, match="leave it out"):
        fake_study(tmp_path, replace(SETTINGS, family=typed), name="x")
