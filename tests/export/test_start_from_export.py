"""recipe.start=DIR: networks that start from an exported member."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from export_studies import SMALL, sizes, typed
from fakes import fake_outcome, fake_study, inline

from scaling_search.errors import InvalidInput
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import Job
from scaling_search.proxy.exported import ExportedJob, network_of, read_exported
from scaling_search.proxy.weights_file import read_notes, read_weights
from scaling_search.study import Conduct, StudySettings, define
from scaling_search.study.again import train_again
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.files.weights import weights_path
from scaling_search.study.plan import make_plan, print_plan
from scaling_search.trainers import carry_out

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def exported(trained: Path, tmp_path: Path, capsys: Capture) -> Path:
    member = sizes(trained)[0]
    ended = typed(capsys, trained, "--phi", repr(member.phi), "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    return tmp_path / "out"


def from_folder(folder: Path, trained: Path) -> StudySettings:
    data = read_definition(trained).settings.data
    return replace(SMALL, data=data, recipe=replace(SMALL.recipe, start=str(folder)))


def test_weights_come_by_our_own_names(exported: Path, trained: Path, tmp_path: Path) -> None:
    folder, member = read_exported(exported), sizes(trained)[0]
    folder.keep(tmp_path / "kept.safetensors")
    kept = read_weights(tmp_path / "kept.safetensors")
    seed = json.loads((exported / "config.json").read_text())["weights"]["seed"]
    theirs = read_weights(weights_path(trained, member.id, seed))
    assert kept.keys() == theirs.keys()
    assert all(torch.equal(kept[name], theirs[name]) for name in theirs)
    network, task = network_of(read_notes(tmp_path / "kept.safetensors"))
    assert network == member.architecture
    assert task == read_definition(trained).facts.identity


def test_a_study_starts_from_it_and_stands_alone(
    exported: Path, trained: Path, tmp_path: Path
) -> None:
    settings = from_folder(exported, trained)
    settings = replace(settings, family=replace(settings.family, sizes=1, seeds=[0]))
    key = read_exported(exported).key

    def outcome(job: Job) -> object:
        assert isinstance(job.start, ExportedJob)
        assert job.start.spec.key == key
        # One is really trained, so that the weights are found where they are said to be.
        return carry_out(job) if not trainings else fake_outcome(job)

    trainings: list[Job] = []
    results: list[Any] = []

    def counted(job: Job) -> object:
        found: Any = outcome(job)
        trainings.append(job)
        results.append(found.result)
        return found

    folder = fake_study(tmp_path / "e", settings, inline(counted), name="s")
    assert trainings
    definition = read_definition(folder)
    assert definition.settings.recipe.start == f"export:{key}"
    first = trainings[0].spec
    run = next(run for run in definition.search_runs if run.spec.key == first.key)
    assert train_again(definition, run, tmp_path / "e") == results[0]
    with pytest.raises(InvalidInput, match="is missing, the exported weights from which"):
        train_again(definition, run, tmp_path / "none")
    # The same folder elsewhere is the same start: nothing is trained again.
    moved = exported.rename(tmp_path / "elsewhere")
    again = inline(counted)
    settings = replace(settings, recipe=replace(settings.recipe, start=str(moved)))
    fake_study(tmp_path / "e", settings, again, name="s")
    assert not again.tasks


def test_a_run_whose_start_is_lost_says_how_to_bring_it_back(
    exported: Path, trained: Path, tmp_path: Path
) -> None:
    definition, _ = define(from_folder(exported, trained), Conduct())
    job = definition.trainer.job(definition.search_runs[0].spec, tmp_path)
    with pytest.raises(InvalidInput, match=r"repeat the study's command with recipe\.start="):
        job.carry_out()


def test_a_plan_says_it(exported: Path, trained: Path) -> None:
    definition, task = define(from_folder(exported, trained), Conduct())
    lines: list[str] = []
    print_plan(make_plan(definition, task, None, 2), lines.append)
    key = read_exported(exported).key
    assert f"Start: all networks from the exported weights {key}" in lines


def _cut(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def _reshaped(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["architecture"]["stem_channels"] += 1
    (folder / "config.json").write_text(json.dumps(config))


def _foreign(folder: Path) -> None:
    (folder / "config.json").write_text('{"made_by": "another"}')


def _no_architecture(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["architecture"]["stages"]
    (folder / "config.json").write_text(json.dumps(config))


def _no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def _without(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut, "is damaged"),
        (_reshaped, "is damaged"),
        (_foreign, "must be baseline, before, or a folder of"),
        (_no_architecture, "is damaged"),
        (_no_json, "is damaged"),
        (_without, "has no weights"),
        (shutil.rmtree, "must be baseline, before, or a folder of"),
    ],
)
def test_damaged_and_foreign_folders_are_refused_before_training(
    exported: Path, trained: Path, tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(exported)
    executor = InlineExecutor(carry_out)
    with pytest.raises(InvalidInput, match=said) as caught:
        fake_study(tmp_path / "e", from_folder(exported, trained), executor, name="s")
    assert len(str(caught.value).splitlines()) == 1
    assert not executor.tasks


def test_networks_of_other_layers_are_refused(exported: Path, trained: Path) -> None:
    settings = from_folder(exported, trained)
    other = replace(settings, baseline=replace(settings.baseline, name="resnet50_micro"))
    with pytest.raises(InvalidInput, match="take a trained network of the same baseline"):
        define(other, Conduct())


def test_damaged_weights_leave_an_earlier_study_as_it_was(
    exported: Path, trained: Path, tmp_path: Path
) -> None:
    settings = from_folder(exported, trained)
    from_nothing = replace(settings, recipe=replace(settings.recipe, start=""))
    folder = fake_study(tmp_path / "studies", from_nothing, name="s")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    (exported / "weights.safetensors").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"weights\.safetensors is damaged .* export it"):
        fake_study(tmp_path / "studies", settings, name="s", fresh=True)
    assert "runs.csv" in before
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
