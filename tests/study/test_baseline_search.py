"""STEP 0 as a study: the same files however it comes about, and a baseline that can be scaled."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from baseline_searches import PLAIN, SEARCHES, interrupted_after
from fakes import diverged, fake_outcome, fake_study, inline, unordered
from small_study import rows

import scaling_search as ss
from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.study import (
    read_definition,
)
from scaling_search.study.kinds import kind_of

FILES = ("study.yaml", "proposals.csv", "runs.csv", "curves.csv", "trials.csv", "baseline.json")


pytestmark = pytest.mark.usefixtures("undrawn")


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (*FILES, "baseline.yaml")}


@pytest.fixture(scope="module")
def undisturbed(undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of searches that one worker carried out without a break."""
    folders = {}
    for name, settings in SEARCHES.items():
        place = tmp_path_factory.mktemp(name)
        folders[name] = fake_study(place, settings, inline(slots=1), name="study")
        build_report(folders[name])
    return folders


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_and_what_it_finds(undisturbed: dict[str, Path], name: str) -> None:
    folder = undisturbed[name]
    runs, asks = rows(folder / "runs.csv"), rows(folder / "proposals.csv")
    assert {row["step"] for row in runs} == {"baseline"}
    assert [row["mark"] for row in asks[:3]] == ["efficientnet_micro", "resnet50_micro", ""]
    assert {row["trial"] for row in asks} >= {row["trial"] for row in runs}
    # Found, finalist, and compared: these have all seeds.
    seeds = {trial: {r["seed"] for r in runs if r["trial"] == trial} for trial in
             {r["trial"] for r in runs}}  # fmt: skip
    found = json.loads((folder / "baseline.json").read_text())
    assert len(seeds[found["trial"]]) > 1
    assert (folder / "report.md").read_text().count("The best baseline found") == 1
    study = ss.read_study(folder)
    assert set(study.trials["trial"]) == set(seeds) | set(study.trials["trial"])
    best = study.trials.iloc[0]
    assert best.trial == found["trial"]
    if name != "pareto":
        proposed = study.trials[study.trials["mark"].isna()]
        assert proposed["macs"].between(380_000, 420_000).all()
    else:
        assert set(found["frontier"]) <= set(study.trials.loc[study.trials["frontier"], "trial"])
        assert found["frontier"]
        assert study.trials["macs"].max() > 4 * study.trials["macs"].min()
    if name == "rungs":
        assert {row["epochs"] for row in runs} == {"1", "2", "3"}


@pytest.mark.parametrize("slots", [pytest.param(2, marks=pytest.mark.long), 5])
@pytest.mark.parametrize("name", SEARCHES)
def test_the_number_of_workers_changes_nothing(
    undisturbed: dict[str, Path], tmp_path: Path, name: str, slots: int
) -> None:
    folder = fake_study(tmp_path, SEARCHES[name], inline(unordered, slots), name="study")
    build_report(folder)
    assert content(folder) == content(undisturbed[name])


@pytest.mark.long
@pytest.mark.parametrize("name", SEARCHES)
def test_interrupted_again_and_again(
    undisturbed: dict[str, Path], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "study"
    for jobs, slots in ((0, 1), (3, 1), (2, 3), (5, 2)):
        executor = inline(interrupted_after(jobs), slots)
        with pytest.raises(KeyboardInterrupt):
            fake_study(tmp_path, SEARCHES[name], executor, name="study")
        build_report(folder)
        assert "has not ended" in (folder / "report.md").read_text()
    fake_study(tmp_path, SEARCHES[name], name="study")
    build_report(folder)
    assert content(folder) == content(undisturbed[name])
    executor = inline()
    fake_study(tmp_path, SEARCHES[name], executor, name="study")
    assert executor.tasks == []


def test_what_fails_and_what_diverges_does_not_hold_it_up(tmp_path: Path) -> None:
    def function(job: Job) -> Any:
        last = int(job.spec.whole.key[-1], 16)
        if last < 3:
            raise RuntimeError("no memory")
        return diverged() if last < 6 else fake_outcome(job)

    folder = fake_study(tmp_path, PLAIN, inline(function), name="study")
    answer = build_report(folder)
    assert "The best baseline found" in answer
    found = json.loads((folder / "baseline.json").read_text())
    lost = {r["trial"] for r in rows(folder / "runs.csv") if r["status"] == "diverged"}
    assert found["trial"] not in lost


def test_a_search_in_which_all_diverges_ends(tmp_path: Path) -> None:
    folder = fake_study(tmp_path, PLAIN, inline(lambda _: diverged()), name="study")
    assert "so there is no answer" in build_report(folder)
    assert not (folder / "baseline.yaml").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda cells: cells.update(network="{}"), "the stage table lacks resolution"),
        (lambda cells: cells.update(network="[" * 5000), "proposals.csv is damaged"),
        (lambda cells: cells.update(trial="00000000"), "gives another network than trial"),
        (lambda cells: cells.update(mark="mine"), "is of 'mine', which is not compared"),
    ],
)
def test_damaged_proposals_are_refused(
    undisturbed: dict[str, Path],
    tmp_path: Path,
    damage: Callable[[dict[str, str]], None],
    said: str,
) -> None:
    folder = shutil.copytree(undisturbed["plain"], tmp_path / "study")
    table = rows(folder / "proposals.csv")
    damage(table[4])
    with (folder / "proposals.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    with pytest.raises(InvalidInput, match=said):
        build_report(folder)


def test_decisive_runs_are_those_of_the_best_two(undisturbed: dict[str, Path]) -> None:
    from scaling_search.study.files.runs_csv import read_runs, runs_by_key

    folder = undisturbed["plain"]
    kind, known = kind_of(read_definition(folder)), runs_by_key(read_runs(folder))
    runs = kind.decisive_runs(folder, known, all_runs=False)
    best = list(ss.read_study(folder).trials["trial"][:2])
    assert {run.member.id for run in runs} == set(best)
    assert all(run.spec.key in known for run in runs)
    assert len(kind.decisive_runs(folder, known, all_runs=True)) == len(known)


def own(
    depth_mult: float, width_mult: float, resolution: int, num_classes: int, in_channels: int
) -> Any:
    """A network of a user."""
    from torch import nn

    width = max(1, round(12 * width_mult))
    deeper = [nn.Conv2d(width, width, 3, 1, 1) for _ in range(max(1, round(2 * depth_mult)))]
    tail = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(nn.Conv2d(in_channels, width, 3, 2, 1), *deeper, *tail)


def test_an_own_function_is_compared_and_never_the_table_that_is_found(tmp_path: Path) -> None:
    present = BaselineSettings(_target_="test_baseline_search.own", resolution=12)
    settings = replace(PLAIN, baseline=present)
    folder = fake_study(tmp_path, settings, name="study")
    assert "The present baseline, test_baseline_search.own, brought to" in build_report(folder)
    table = yaml.safe_load((folder / "baseline.yaml").read_text())
    assert len(table["stages"]) >= 2
