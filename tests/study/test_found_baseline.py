"""`baseline=found`: what a search has found is scaled, or refused where it is gone or damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from baseline_searches import PLAIN, SEARCHES, interrupted_after
from fakes import BASE, fake_study, inline
from small_study import rows

import scaling_search as ss
from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.search import GridSettings
from scaling_search.study import Conduct, StudySettings, define, read_definition

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def undisturbed(undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of two searches that have ended."""
    folders = {}
    for name in ("plain", "pareto"):
        place = tmp_path_factory.mktemp(name)
        folders[name] = fake_study(place, SEARCHES[name], name="study")
        build_report(folders[name])
    return folders


def scaled(place: Path, from_: Path | str, **change: Any) -> StudySettings:
    """A grid over what a search has found."""
    baseline = BaselineSettings(name="found", from_=str(from_), **change)
    grid = GridSettings(alpha=[1.0, 1.41], beta=[1.0], seeds=[0, 1])
    return replace(BASE, baseline=baseline, sweep=grid)


def test_what_was_found_is_scaled_without_its_folder(
    undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    step_0 = shutil.copytree(undisturbed["plain"], tmp_path / "step_0")
    folder = fake_study(tmp_path, scaled(tmp_path, step_0), name="step_1")
    shutil.rmtree(step_0)
    answer = build_report(folder)
    assert "of found on glyphs" in answer
    found = json.loads((undisturbed["plain"] / "baseline.json").read_text())
    baseline = read_definition(folder).baseline
    assert ss.scale(baseline, ss.Coefficients(1, 1, 1)).cost.macs == found["macs"]
    # The command itself needs the folder again.
    with pytest.raises(InvalidInput, match="no study is there"):
        define(scaled(tmp_path, step_0), Conduct(experiments_dir=str(tmp_path)))


def test_any_network_of_a_search_is_named_by_its_trial(
    undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    folder, conduct = undisturbed["pareto"], Conduct(experiments_dir=str(tmp_path))
    for trial in json.loads((folder / "baseline.json").read_text())["frontier"]:
        definition, _ = define(scaled(tmp_path, folder / trial), conduct)
        assert ss.scale(definition.baseline, ss.Coefficients(1, 1, 1)).id == trial
    for other in ("00000000", rows(folder / "proposals.csv")[0]["trial"]):
        with pytest.raises(InvalidInput, match="which has no proposed network of that name"):
            define(scaled(tmp_path, folder / other), conduct)


DAMAGES: dict[str, tuple[Callable[[str], str], str]] = {
    "cut": (lambda text: text[: len(text) // 2], "baseline.yaml is damaged"),
    "empty": (lambda _: "", "the stage table is None"),
    "list": (lambda _: "- 1\n", r"the stage table is \[1\]"),
    "kind": (lambda text: text.replace("block: ", "block: x", 1), "block is 'x"),
    "alias": (lambda text: "a: &b 1\n" + text, "an alias or an anchor"),
    "tag": (lambda text: text.replace("resolution: ", "resolution: !!python/name:os.system ", 1),
            "is damaged"),
    "twice": (lambda text: text + "resolution: 12\n", "'resolution' twice"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_baseline_is_refused(
    undisturbed: dict[str, Path], tmp_path: Path, damage: str
) -> None:
    change, said = DAMAGES[damage]
    folder = shutil.copytree(undisturbed["plain"], tmp_path / "step_0")
    path = folder / "baseline.yaml"
    path.write_text(change(path.read_text()))
    with pytest.raises(InvalidInput, match=said):
        define(scaled(tmp_path, folder), Conduct(experiments_dir=str(tmp_path)))
    build_report(folder)
    define(scaled(tmp_path, folder), Conduct(experiments_dir=str(tmp_path)))


def test_a_search_that_has_not_ended_gives_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fake_study(tmp_path, PLAIN, inline(interrupted_after(8), 1), name="step_0")
    build_report(tmp_path / "step_0")
    with pytest.raises(InvalidInput, match="that study has not ended"):
        define(scaled(tmp_path, tmp_path / "step_0"), Conduct(experiments_dir=str(tmp_path)))


def test_another_kind_of_study_gives_no_baseline(tmp_path: Path) -> None:
    grid = fake_study(tmp_path, replace(BASE, sweep=GridSettings(alpha=[1.0], beta=[1.0])))
    with pytest.raises(InvalidInput, match=r"is a study of \+sweep=grid"):
        define(scaled(tmp_path, grid), Conduct(experiments_dir=str(tmp_path)))


def test_a_found_baseline_under_another_name_is_refused(tmp_path: Path) -> None:
    settings = replace(BASE, baseline=BaselineSettings(name="efficientnet_micro", from_="x"))
    with pytest.raises(InvalidInput, match=r"give baseline=found, or leave baseline\.from= out"):
        define(settings, Conduct(experiments_dir=str(tmp_path)))
