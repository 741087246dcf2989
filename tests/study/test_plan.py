"""What a plan shows, and what it refuses before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import SETTINGS, fake_outcome, fake_study, inline
from image_files import put_tree, settings_of
from torch import nn

from scaling_search import long_work
from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job, proxy_task
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.search import GridSettings
from scaling_search.study import Conduct, StudySettings, define, make_plan, print_plan
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.kinds import kind_of
from scaling_search.study.records import Step


def lines_of(sweep: GridSettings, tmp_path: Path) -> list[str]:
    conduct = Conduct(experiments_dir=str(tmp_path))
    definition, task = define(replace(SETTINGS, sweep=sweep), conduct)
    assert task.facts == proxy_task(SETTINGS.data).facts
    written: list[str] = []
    print_plan(make_plan(definition, task, None, 2), written.append)
    return written


def test_a_plan_of_three_thousand_points(tmp_path: Path) -> None:
    alpha = [float(v) for v in np.geomspace(1, 2, 55)]
    beta = [float(v) for v in np.geomspace(1, 2**0.5, 55)]
    lines = lines_of(GridSettings(alpha=alpha, beta=beta), tmp_path)
    assert len(lines) < 70
    assert max(len(line) for line in lines) < 400
    assert any("3030 points" in line for line in lines)
    assert any(line.startswith("  and ") and line.endswith(" more") for line in lines)
    # The points that every study compares stay in sight.
    for mark in ("paper", "uniform", "depth", "width"):
        assert any(mark in line for line in lines), mark


def test_a_small_plan_is_shown_whole(tmp_path: Path) -> None:
    lines = lines_of(GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41]), tmp_path)
    assert not any(line.startswith("  and ") for line in lines)


def own_network(
    depth_mult: float, width_mult: float, resolution: int, num_classes: int, in_channels: int
) -> nn.Module:
    width = round(12 * width_mult)
    layers = [nn.Conv2d(width, width, 3, padding=1) for _ in range(round(5 * depth_mult))]
    ends = nn.Conv2d(in_channels, width, 3), nn.Linear(width, num_classes)
    return nn.Sequential(ends[0], *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), ends[1])


def test_how_many_networks_are_counted_is_told_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_work, "_PATIENCE", 0)
    monkeypatch.setattr(long_work, "_SILENCE", 0)
    monkeypatch.setenv("CI", "1")
    own = BaselineSettings(name="own", _target_=f"{__name__}.own_network", resolution=12)
    settings = replace(SETTINGS, baseline=own)
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    told = capsys.readouterr().err.splitlines()
    known = len(definition.counted)
    # The baseline itself is known before.
    assert known - 1 <= len(told) <= known
    assert told[-1] == f"Counting networks: {len(told)} so far"
    # What the plan asks for besides is told too, and nothing is counted again.
    make_plan(definition, task, None, 2)
    assert len(capsys.readouterr().err.splitlines()) == len(definition.counted) - known


@pytest.mark.parametrize("below", ["", "deep/down"])
def test_folder_of_pixels_that_cannot_be_made_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    folder = tmp_path / "file" / below
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(folder)))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    with pytest.raises(InvalidInput) as refused:
        make_plan(definition, task, None, 2)
    message = str(refused.value)
    assert message.startswith(f"data.cache_dir is {str(folder)!r}, but {tmp_path / 'file'} is no")
    assert message.endswith("set it to a folder that can be made and written to")
    assert (tmp_path / "file").read_text() == "mine"


def test_pixels_without_a_digest_are_counted_as_missing(tmp_path: Path) -> None:
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(tmp_path / "cache")))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    before = make_plan(definition, task, None, 2).caches.bytes
    assert before > 0
    for resolution in {run.spec.resolution for run in kind_of(definition).first_runs()}:
        task.load(resolution)
    assert make_plan(definition, task, None, 2).caches.bytes == 0
    for digest in (tmp_path / "cache").glob("*.sha256"):
        digest.unlink()
    assert make_plan(definition, task, None, 2).caches.bytes == before


def folder_settings(tmp_path: Path, **data: object) -> StudySettings:
    root = put_tree(tmp_path / "set", {"ant": 40, "bee": 40})
    return replace(
        SETTINGS,
        baseline=replace(SETTINGS.baseline, resolution=5),
        data=replace(settings_of(root), **data),
        recipe=replace(SETTINGS.recipe, batch_size=8),
    )


def plan_lines(settings: StudySettings, tmp_path: Path) -> list[str]:
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    written: list[str] = []
    print_plan(make_plan(definition, task, None, 2), written.append)
    return written


def test_images_that_are_not_kept_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = folder_settings(tmp_path)
    assert not any("decoded" in line for line in plan_lines(settings, tmp_path))
    none = replace(settings, data=replace(settings.data, cache="none"))
    *_, disk, decoded = plan_lines(none, tmp_path)
    assert disk.startswith("Disk: 0 MB")
    assert decoded == "Images of 5, 6, 7 px are decoded as they are needed"
    # 80 images of 49 bytes are more than half of what those of 25 and 36 leave.
    monkeypatch.setattr("scaling_search.study.plan.free_bytes", lambda _: 9000)
    assert plan_lines(settings, tmp_path)[-1] == "Images of 7 px are decoded as they are needed"


def test_how_images_are_kept_is_no_part_of_a_study(tmp_path: Path) -> None:
    conduct = Conduct(experiments_dir=str(tmp_path))
    settings = folder_settings(tmp_path)
    other = replace(settings, data=replace(settings.data, cache="none", loading_processes=3))
    one, two = (define(s, conduct)[0] for s in (settings, other))
    assert one.to_plain() == two.to_plain()
    assert [r.spec.key for r in one.search_runs] == [r.spec.key for r in two.search_runs]
    data = one.to_plain()["data"]
    assert not {"cache", "loading_processes", "cache_dir"} & data.keys()
    assert "smallest_crop" not in data["augmentation"]
    crop = replace(settings.data, augmentation=Augmentation(smallest_crop=0.2))
    cropping = define(replace(settings, data=crop), conduct)[0]
    assert cropping.to_plain()["data"]["augmentation"]["smallest_crop"] == 0.2
    assert cropping.search_runs[0].spec.key != one.search_runs[0].spec.key


def test_images_of_every_step_are_ready_before_its_runs_start(tmp_path: Path) -> None:
    settings = folder_settings(tmp_path)
    task = proxy_task(settings.data)
    unready: list[int] = []

    def outcome(job: Job) -> Any:
        if not task.is_cached(job.spec.resolution):
            unready.append(job.spec.resolution)
        assert job.data.loading_processes is not None
        return fake_outcome(job)

    folder = fake_study(tmp_path / "experiments", settings, inline(outcome))
    runs = read_runs(folder)
    assert len({run.resolution for run in runs if run.step is Step.FAMILY}) > 1
    assert unready == []
