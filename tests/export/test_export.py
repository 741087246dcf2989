"""The command: what it writes of a study, and what it says of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from export_studies import SMALL, defined, noise, sizes, typed
from fakes import fake_study

from scaling_search.errors import InvalidInput
from scaling_search.export.card import card, config
from scaling_search.export.member import choose
from scaling_search.export.weights import find_weights
from scaling_search.metric import ERROR
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.trainers import TrainerSettings

Capture = pytest.CaptureFixture[str]


def test_a_trained_member_with_the_weights_that_were_kept(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    member = sizes(trained)[1]
    ended = typed(capsys, trained, "--phi", repr(member.phi), "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    names = {"model.py", "timm_entry.py", "config.json", "README.md", "weights.safetensors"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

    config = json.loads((tmp_path / "out" / "config.json").read_text())
    rows = [row for row in read_runs(trained) if row.trial == member.id]
    best = min(rows, key=lambda row: row.val_error or 1)
    assert config["weights"] == {
        "file": "weights.safetensors",
        "run": best.run,
        "seed": best.seed,
        "val_error": best.val_error,
        "test_error": best.test_error,
        "how": "kept by the study",
    }
    assert config["cost"] == {**vars(member.cost), "cost_ratio": member.cost_ratio}
    mean = sum(row.test_error or 0 for row in rows) / len(rows)
    assert config["error"]["measured"]["value"] == pytest.approx(mean)
    assert config["error"]["measured"]["low"] < mean < config["error"]["measured"]["high"]
    card = (tmp_path / "out" / "README.md").read_text()
    for told in (best.run, f"{member.cost.macs:,}", f"{member.resolution} x", "not stated"):
        assert told in card


def test_the_exported_network_makes_the_mistakes_that_were_recorded(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Weights, their average and the values of pixels: all as in the run."""
    from scaling_search.proxy import proxy_task

    member = sizes(trained)[-1]
    typed(capsys, trained, "--phi", repr(member.phi), "--to", tmp_path / "out")
    network = defined(tmp_path / "out")
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    task = proxy_task(choose(trained, 0).study.definition.settings.data)
    _, _, test = task.load(member.resolution)
    images = torch.from_numpy(test.images[test.rows]).permute(0, 3, 1, 2)
    made = network["load"](tmp_path / "out" / "weights.safetensors")
    with torch.no_grad():
        classes = made(network["normalise"](images)).argmax(1).numpy()
    assert 1 - float((classes == test.labels).mean()) == config["weights"]["test_error"]


def test_a_member_that_was_not_trained(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    ended = typed(capsys, trained, "--phi", "2.5", "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "No weights: This member was not trained; those at φ = " in ended.out
    assert ", ".join(repr(member.phi) for member in sizes(trained)) in ended.out
    assert not (tmp_path / "out" / "weights.safetensors").exists()
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["name"] == "searched_micro_phi2_5"
    assert (config["weights"], config["error"]["measured"]) == (None, None)
    said = config["error"]["forecast"]
    chosen = choose(trained, 2.5)
    law = chosen.found.family.law
    assert not isinstance(law, str)
    assert said["value"] == law.predict(float(chosen.member.cost.macs)).mean[0]
    assert said["low"] < said["value"] < said["high"]
    assert "forecast, not measured" in (tmp_path / "out" / "README.md").read_text()


def test_a_card_tells_of_trainings_that_start_from_weights(tmp_path: Path, capsys: Capture) -> None:
    settings = replace(SMALL, recipe=replace(SMALL.recipe, start="before"))
    folder = fake_study(tmp_path, settings, name="chained")
    ended = typed(capsys, folder, "--phi", "2.5", "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "each from the one before it" in (tmp_path / "out" / "README.md").read_text()
    told = json.loads((tmp_path / "out" / "config.json").read_text())
    assert told["study"]["start"] == "before"


def test_the_largest_member_within_multiply_adds(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    ended = typed(capsys, trained, "--macs", "300000", "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    chosen = choose(trained, None, {"macs": 300_000})
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert 200_000 < config["cost"]["macs"] == chosen.member.cost.macs <= 300_000


@pytest.mark.parametrize("phi", [-1.5, 0, 1, 3])
def test_logits_of_any_member(untrained: Path, phi: float, tmp_path: Path, capsys: Capture) -> None:
    ended = typed(capsys, untrained, "--phi", phi, "--to", tmp_path / "out")
    assert ended.code == 0, ended.err
    member = choose(untrained, phi).member
    network = defined(tmp_path / "out")
    torch.manual_seed(0)
    ours = member.build().eval()
    torch.manual_seed(0)
    theirs = network["ConvNet"]().eval()
    x = network["normalise"](noise(member))
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


def test_runs_of_step_1_are_those_of_the_winner(untrained: Path) -> None:
    chosen = choose(untrained, 1.0)
    winner = chosen.found.decision.winner
    assert winner is not None
    assert chosen.member.id == winner.id
    assert [one.row.trial for one in chosen.runs] == [winner.id]
    assert chosen.measured is not None


def test_what_was_trained_without_keeping_weights_is_trained_again(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    study = tmp_path / "study"
    shutil.copytree(trained, study)
    kept = tmp_path / "study" / "weights"
    member = sizes(trained)[0]
    to = ("--phi", repr(member.phi), "--to")
    typed(capsys, study, *to, tmp_path / "kept")
    shutil.rmtree(kept)
    without = typed(capsys, study, *to, tmp_path / "without")
    assert "No weights: The study kept no weights: --train repeats the run" in without.out
    again = typed(capsys, study, *to, tmp_path / "again", "--train", "--cache-dir", tmp_path / "c")
    assert again.code == 0, again.err
    assert "trained again, to the same errors to the last bit" in again.out
    files = [tmp_path / name / "weights.safetensors" for name in ("kept", "again")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_run_that_now_errs_otherwise_gives_no_weights(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    study = tmp_path / "study"
    shutil.copytree(trained, study, ignore=shutil.ignore_patterns("weights"))
    member = sizes(trained)[0]
    text = (study / "runs.csv").read_text()
    for row in read_runs(study):
        if row.trial == member.id:
            text = text.replace(f",{row.test_error!r},", ",0.123,")
    (study / "runs.csv").write_text(text)
    words = ("--phi", repr(member.phi), "--to", tmp_path / "out", "--train")
    ended = typed(capsys, study, *words, "--cache-dir", tmp_path / "c")
    assert ended.code == 2
    assert "0.123 are recorded" in ended.err
    assert not (tmp_path / "out").exists()


def test_the_licence_of_the_data_as_it_is_given(
    untrained: Path, tmp_path: Path, capsys: Capture
) -> None:
    licence = "CC BY 4.0 `with` a | bar"
    typed(capsys, untrained, "--phi", 1, "--to", tmp_path / "out", "--data-license", licence)
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["study"]["data_license"] == licence
    assert (
        "License of the data: `CC BY 4.0  with  a | bar`."
        in (tmp_path / "out" / "README.md").read_text()
    )


def test_what_own_trainings_make_of_pixels_is_not_known(
    untrained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = choose(untrained, 1.0)
    assert "averaged over areas" in card(chosen, "none", "", None)
    assert config(chosen, "none", "")["input"]["std"] == 64
    monkeypatch.setattr(TrainerSettings, "own", property(lambda _: True))
    monkeypatch.setattr(TrainerSettings, "scored_by", property(lambda _: ERROR))
    text = find_weights(chosen, train=False, cache_dir="")
    assert text == "Trainings of the study are the user's own, and so are the weights."
    with pytest.raises(InvalidInput, match="trainings of this study are the user's own"):
        find_weights(chosen, train=True, cache_dir="")
    assert "is theirs to say" in card(chosen, text, "", None)
    assert "std" not in config(chosen, text, "")["input"]
