"""What export refuses, in one message; nothing is unpickled, run or left half."""

from __future__ import annotations

import errno
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from committed import EXPERIMENTS
from export_studies import sizes, typed
from folders import content

from scaling_search.export import folder as folders
from scaling_search.export.member import choose
from scaling_search.export.model_source import model_source
from scaling_search.proxy.weights_file import read_notes, read_weights, write_weights

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def study(trained: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(trained, tmp_path / "study")
    return tmp_path / "study"


def refused(capsys: Capture, told: str, *words: str | Path) -> None:
    ended = typed(capsys, *words)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.startswith("error: ")
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("glyphs-step-0", "baseline=found baseline.from="),
        ("glyphs-balance", "give a search, +sweep=grid, race or optuna"),
        ("glyphs-timm", "cannot be written as a file of its own"),
        ("scenes-detector", "scale_detector.network"),
        ("nothing", "no study.yaml"),
    ],
)
def test_studies_without_a_family_that_stands_alone(
    name: str, told: str, tmp_path: Path, capsys: Capture
) -> None:
    refused(capsys, told, EXPERIMENTS / name, "--phi", "1", "--to", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--phi", "1e9"), "--phi is 1e+09, but must lie between -20 and 20"),
        (("--phi", "nan"), "--phi is nan, but must be a finite number"),
        (("--macs", "-3"), "--macs is '-3', but must be a finite number above 0"),
        (("--macs", "1"), "smallest network of searched_micro has"),
        (("--phi", "4", "--train"), "phi = 4 was not trained, so there is no run to repeat"),
    ],
)
def test_members_that_there_are_not(
    words: tuple[str, ...], told: str, untrained: Path, tmp_path: Path, capsys: Capture
) -> None:
    refused(capsys, told, untrained, *words, "--to", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_members_that_would_take_all_memory(
    untrained: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_search.export.member._MOST_PARAMS", 5000)
    refused(capsys, "but must have at most 5,000", untrained, "--phi", "3", "--to", tmp_path / "o")
    assert list(tmp_path.iterdir()) == []


def test_damaged_records(study: Path, tmp_path: Path, capsys: Capture) -> None:
    to = ("--phi", "1", "--to", tmp_path / "out")
    whole = (study / "runs.csv").read_text()
    (study / "runs.csv").write_text(whole.replace('""kernel"": 3', '""kernel"": 5'))
    refused(capsys, "is not the key of its spec", study, *to)
    (study / "runs.csv").write_bytes(b"\x80\x04" + pickle.dumps([1]))
    refused(capsys, "runs.csv is damaged", study, *to)
    (study / "runs.csv").write_text(whole)
    settings = (study / "study.yaml").read_text()
    (study / "study.yaml").write_text(settings.replace("batch_size: 16", "batch_size: 15"))
    refused(capsys, "does not follow from study.yaml", study, *to)
    (study / "study.yaml").write_text("baseline: !!python/object/apply:os.system [true]")
    refused(capsys, "study.yaml is damaged", study, *to)
    assert not (tmp_path / "out").exists()


def _pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(read_weights(path)))


def _torch_saved(path: Path) -> None:
    torch.save(read_weights(path), path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _of_another_run(path: Path) -> None:
    write_weights(path, read_weights(path), {"run": "0123456789abcdef"})


def _of_another_network(path: Path) -> None:
    tensors, notes = read_weights(path), read_notes(path)
    tensors["classifier.bias"] = tensors["classifier.bias"][1:].clone()
    write_weights(path, tensors, notes)


def _not_finite(path: Path) -> None:
    tensors, notes = read_weights(path), read_notes(path)
    tensors["classifier.bias"][0] = float("nan")
    write_weights(path, tensors, notes)


def _no_header(path: Path) -> None:
    path.write_bytes((4).to_bytes(8, "little") + b"[7] ")


@pytest.mark.parametrize(
    "damage",
    [
        *(_pickled, _torch_saved, _cut, _of_another_run, _of_another_network),
        *(_not_finite, _no_header),
    ],
)
def test_weights_that_are_not_the_run_s(
    damage: Callable[[Path], None],
    study: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = sizes(study)[0]
    for path in (study / "weights").iterdir():
        damage(path)

    def no_unpickling(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, no_unpickling)
    monkeypatch.setattr(torch, "load", no_unpickling)
    refused(
        capsys,
        ".safetensors is damaged",
        *(study, "--phi", repr(member.phi), "--to", tmp_path / "out"),
    )
    assert not (tmp_path / "out").exists()


def test_what_is_in_the_way_stays(study: Path, tmp_path: Path, capsys: Capture) -> None:
    words = (study, "--phi", "1", "--to", tmp_path / "out")
    (tmp_path / "out").mkdir()
    assert typed(capsys, *words).code == 0
    before = content(tmp_path / "out")
    refused(capsys, "is not empty", *words)
    assert typed(capsys, *words, "--force").code == 0
    assert content(tmp_path / "out") == before
    (tmp_path / "out" / "mine.txt").write_text("mine")
    refused(capsys, "it holds 'mine.txt'", *words, "--force")
    assert (tmp_path / "out" / "mine.txt").exists()
    refused(capsys, "which --force does not replace", study, "--phi", "1", "--to", study, "--force")
    (tmp_path / "file").write_text("mine")
    refused(capsys, "cannot be a folder", study, "--phi", "1", "--to", tmp_path / "file", "--force")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written(
    untrained: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    to = tmp_path / "file" / "out"
    refused(capsys, "cannot be written", untrained, "--phi", "1", "--to", to)

    make = Path.mkdir

    def full(path: Path, *how: Any, **more: Any) -> None:
        if path.name.startswith(".partial"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        make(path, *how, **more)

    monkeypatch.setattr(Path, "mkdir", full)
    told = f"{tmp_path / 'out'} cannot be written (No space left on device)"
    refused(capsys, told, untrained, "--phi", "1", "--to", tmp_path / "out")


def test_an_interrupted_export_leaves_nothing(
    untrained: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (untrained, "--phi", "1", "--to", tmp_path / "out")
    assert typed(capsys, *words).code == 0
    before = content(tmp_path)

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("scaling_search.export.folder.card", interrupted)
    with pytest.raises(KeyboardInterrupt):
        typed(capsys, *words, "--force")
    assert content(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_model_that_computes_something_else_is_not_written(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = choose(untrained, 1.0)
    other = replace(chosen.architecture, activation="relu")
    monkeypatch.setattr(folders, "model_source", lambda _, *more: model_source(other, *more))
    with pytest.raises(AssertionError, match="gives other logits"):
        folders.write_export(chosen, "none", tmp_path / "out", folders.Wishes())
    assert list(tmp_path.iterdir()) == []
