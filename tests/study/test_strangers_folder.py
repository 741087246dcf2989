"""A study folder from elsewhere: reading and reporting run nothing that it names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fakes import SETTINGS, fake_outcome, fake_study, inline

import scaling_search as ss
from scaling_search import reproduce
from scaling_search.baselines import BaselineSettings, OwnNetwork, StoredBaseline
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.search import OptunaSettings
from scaling_search.series import SingleVsCompoundSettings
from scaling_search.study import FamilySettings, StudySettings

CHECKOUT = Path(ss.__file__).parents[1]
NETWORK = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, layers = round(8 * width_mult), []
    for index in range(round(3 * depth_mult)):
        layers += [nn.Conv2d(width if index else in_channels, width, 3, padding=1), nn.ReLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *pooled, nn.Linear(width, num_classes))
"""
#: Leaves a trace in every folder that it can be imported from.
EVIL = "open(__file__ + '.ran', 'w').close()\n" + NETWORK
OWN = BaselineSettings(_target_="evil.net", resolution=12)
NARROW = replace(SETTINGS.family, train_up_to=0.5, sizes=2, span=2.0)
STUDIES = {
    "own": replace(SETTINGS, baseline=OWN, family=NARROW),
    "name": replace(SETTINGS, baseline=BaselineSettings("evil.net", "", 12), family=NARROW),
    "baselines": replace(
        SETTINGS,
        baseline=replace(OWN, _target_="", name="efficientnet_micro"),
        sweep=SingleVsCompoundSettings(seeds=[0], costs=[2.0], baselines=["evil.net"]),
        family=FamilySettings(),
    ),
    "sampler": replace(SETTINGS, sweep=OptunaSettings(asks=7, lag=2, seeds=[0, 1]), family=NARROW),
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Studies as their owner has made them, and `evil` as it lies beside a stranger's."""
    place = tmp_path_factory.mktemp("experiments")
    made: dict[str, Path] = {}

    def study(name: str) -> Path:
        if name not in made:
            (place / name).mkdir()
            (place / name / "evil.py").write_text(NETWORK)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sys, "path", [str(place / name), *sys.path])
                made[name] = fake_study(place / name, STUDIES[name], name="study")
            sys.modules.pop("evil", None)
        return made[name]

    return study


READS = """
import runpy, sys
import scaling_search as ss
for folder in sys.argv[1:]:
    for module in ("report", "reproduce"):
        sys.argv = [module, folder]
        try:
            runpy.run_module(f"scaling_search.{module}", run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            print(module, ended.code)
    study = ss.read_study(folder)
    for part in ("runs", "curves", "timings", "trials", "family", "winner", "law", "backtest",
                 "points", "verdict", "search_ended", "winning_coefficients"):
        try:
            getattr(study, part)
        except ValueError as error:
            print(part, error)
    print(study.definition.baselines)
"""


def trap(folder: Path, place: Path) -> Path:
    """The study in a place where everything that could be imported leaves a trace."""
    shutil.copytree(folder, place / "study")
    for where in (place, place / "study"):
        (where / "evil.py").write_text(EVIL)
    return place / "study"


@pytest.mark.long
def test_nothing_that_it_names_is_imported(studies: Callable[[str], Path], tmp_path: Path) -> None:
    folders = {name: trap(studies(name), tmp_path / name) for name in STUDIES}
    settings = folders["sampler"] / "study.yaml"
    plain = yaml.safe_load(settings.read_text())
    plain["sweep"]["sampler"] = {"_target_": "evil.net", "seed": 0}
    settings.write_text(yaml.safe_dump(plain))
    places = [str(path) for path in (tmp_path / "own", *folders.values())]
    ended = subprocess.run(
        [sys.executable, "-c", READS, *map(str, folders.values())],
        cwd=tmp_path / "own",
        env={**os.environ, "PYTHONPATH": ":".join([*places, str(CHECKOUT)])},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert list(tmp_path.rglob("*.ran")) == []
    assert all((folder / "report.html").exists() for folder in folders.values())
    assert ended.stderr.count("names evil.net, which training would import") == len(STUDIES) - 1


def test_a_report_needs_no_code(studies: Callable[[str], Path], tmp_path: Path) -> None:
    """Neither that of the network, nor the counting: the same report as where both are."""
    folder = shutil.copytree(studies("own"), tmp_path / "study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
        build_report(folder)
    study = ss.read_study(folder)
    assert isinstance(study.definition.baseline, StoredBaseline)
    assert "evil" not in sys.modules
    trials, family = study.trials, study.family
    assert (trials["pixel_price"] > 0).all()
    assert trials["runs"].sum() == 2 * len(trials)
    assert family["runs"].sum() == 4
    assert study.law is not None


def test_lost_prices_are_refused(studies: Callable[[str], Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(studies("own"), tmp_path / "study"))
    (folder / "networks.csv").unlink()
    with pytest.raises(InvalidInput, match=r"networks\.csv is missing: .*repeat the study's"):
        build_report(folder)


@pytest.mark.parametrize("row", range(12))
def test_a_lost_price_changes_no_candidate(
    studies: Callable[[str], Path], tmp_path: Path, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of STEP 1 it is refused, of STEP 2 the family is left out, and the report says why."""
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    folder = Path(shutil.copytree(studies("own"), tmp_path / "study"))
    lines = (folder / "networks.csv").read_text().splitlines(keepends=True)
    del lines[1 + row * (len(lines) - 1) // 12]
    (folder / "networks.csv").write_text("".join(lines))
    try:
        build_report(folder)
    except InvalidInput as error:
        told = str(error)
    else:
        told = (folder / "report.md").read_text()
        assert ss.read_study(folder).winner["trial"]
    assert "networks.csv has no price of" in told
    assert "repeat the study's command" in told


def test_an_interrupted_study_of_an_own_network_is_reported(
    studies: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before STEP 1 has ended nobody knows whose family to count."""
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    (tmp_path / "evil.py").write_text(NETWORK)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    done: list[Job] = []

    def interrupted(job: Job) -> object:
        done.append(job)
        if len(done) > 4:
            raise KeyboardInterrupt
        return fake_outcome(job)

    with pytest.raises(KeyboardInterrupt):
        fake_study(tmp_path, STUDIES["own"], inline(interrupted), name="study")
    sys.modules.pop("evil", None)
    build_report(tmp_path / "study")
    study = ss.read_study(tmp_path / "study")
    assert (study.trials["runs"] > 0).sum() == 4
    assert "networks.csv has no price of" in " ".join(study.winner["remarks"])
    with pytest.raises(InvalidInput, match="repeat the study's command"):
        _ = study.law


def test_repeating_the_command_brings_prices_back(
    studies: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(studies("own").parent, tmp_path / "experiments")) / "study"
    before = (folder / "networks.csv").read_bytes()
    (folder / "networks.csv").write_text("torn")
    monkeypatch.setattr(sys, "path", [str(folder.parent), *sys.path])
    fake_study(folder.parent, STUDIES["own"], name="study")
    sys.modules.pop("evil", None)
    assert (folder / "networks.csv").read_bytes() == before


def test_an_architectures_study_has_no_networks_csv(tmp_path: Path) -> None:
    settings: StudySettings = replace(STUDIES["sampler"], sweep=SETTINGS.sweep)
    assert not (fake_study(tmp_path, settings, name="study") / "networks.csv").exists()


def test_training_again_asks_for_consent(
    studies: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --trust, the function is imported, and trained if it is that of the study."""
    trap(studies("own"), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(InvalidInput, match=r"evil\.net, .* give --trust"):
        reproduce.reproduce(tmp_path / "study", "", all_runs=False, trust=False)

    def carry_out(job: Job) -> object:
        assert isinstance(job.spec.network, OwnNetwork)
        return job.spec.network.build(job.spec.resolution)

    monkeypatch.setattr(Job, "carry_out", carry_out)
    assert list(tmp_path.rglob("*.ran")) == []
    with pytest.raises(InvalidInput, match=r"the code of evil\.net is not that of the study"):
        reproduce.reproduce(tmp_path / "study", "", all_runs=False, trust=True)
    sys.modules.pop("evil", None)
    assert list(tmp_path.rglob("*.ran")) != []
