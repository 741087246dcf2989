"""The trackers through their own packages: what they read back is what a study handed on."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.tracking import TrackedRun, TrackerSettings

CURVE = [(1, {"val_error": 0.5, "train_loss": 2.0}), (2, {"val_error": 0.25, "train_loss": 1.0})]
RESULTS = {"test_error": 0.375, "mAP50(B)": 0.5}
PARAMETERS: Mapping[str, Any] = {"alpha": 1.25, "resolution": 24, "recipe": "quick", "seed": 0}


def run(number: int) -> TrackedRun:
    return TrackedRun(key=f"k{number}", name=f"search-t{number}-seed0", parameters=PARAMETERS)


def twice(settings: TrackerSettings, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A study that is interrupted after an epoch of its second run, and then goes on."""
    (folder / "report.html").write_text("<h1>undecided</h1>")
    (folder / "report.md").write_text("# undecided")
    with settings.start(folder) as tracking:
        tracking.end(run(0), "finished", CURVE, RESULTS)
        tracking.point(run(1), *CURVE[0])
    with settings.start(folder) as tracking:
        tracking.end(run(0), "finished", CURVE, RESULTS)
        for epoch, values in CURVE:
            tracking.point(run(1), epoch, values)
        tracking.end(run(1), "finished", CURVE, RESULTS)
        tracking.report(folder.name, [folder / "report.html", folder / "report.md"])
    with settings.start(folder) as tracking:
        tracking.report(folder.name, [folder / "report.html", folder / "report.md"])
    assert "gets nothing more" not in capsys.readouterr().err


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "WANDB_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "experiments" / "a study"
    folder.mkdir(parents=True)
    return folder


def test_tensorboard(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboard")
    twice(TrackerSettings(kind="tensorboard"), study, capsys)
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    shown = EventMultiplexer().AddRunsFromDirectory(str(study.parent)).Reload()
    names = [f"a study/tensorboard/{run(n).name}" for n in (0, 1)]
    assert sorted(shown.Runs()) == ["a study/tensorboard/report", *names]
    for name in names:
        errors = shown.Tensors(name, "val_error")
        assert [(e.step, e.tensor_proto.float_val[0]) for e in errors] == [(1, 0.5), (2, 0.25)]
        assert [e.step for e in shown.Tensors(name, "test_error")] == [2]
        content = shown.SummaryMetadata(name, metadata.SESSION_START_INFO_TAG).plugin_data.content
        told = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
        assert (told["alpha"].number_value, told["recipe"].string_value) == (1.25, "quick")
    [text] = shown.Tensors("a study/tensorboard/report", "report")
    assert text.tensor_proto.string_val[0] == b"# undecided"


@pytest.mark.long
def test_mlflow(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mlflow = pytest.importorskip("mlflow")
    twice(TrackerSettings(kind="mlflow", project="scaling"), study, capsys)
    client = mlflow.MlflowClient(f"sqlite:///{study / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("scaling")
    found = {r.info.run_name: r for r in client.search_runs([experiment.experiment_id])}
    assert sorted(found) == ["a study report", run(0).name, run(1).name]
    for n in (0, 1):
        one = found[run(n).name]
        assert one.info.status == "FINISHED"
        assert one.data.params == {name: str(value) for name, value in PARAMETERS.items()}
        points = client.get_metric_history(one.info.run_id, "val_error")
        assert [(p.step, p.value) for p in points] == [(1, 0.5), (2, 0.25)]
        assert one.data.metrics["test_error"] == 0.375
        assert one.data.metrics["mAP50_B_"] == 0.5
    files = client.list_artifacts(found["a study report"].info.run_id)
    assert sorted(file.path for file in files) == ["report.html", "report.md"]
    # Nothing beside the study, where the command was called.
    assert [path.name for path in study.parents[1].iterdir()] == ["experiments"]


def records(file: Path) -> Iterator[bytes]:
    """What a file of W&B's holds: a header, then chunks in blocks of 32 KiB, as LevelDB's logs."""
    data, place, whole = file.read_bytes(), 7, b""
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        _, length, part = struct.unpack_from("<IHB", data, place)
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        # 1: all of a record, 2 and 3: its beginning and its middle, 4: its end.
        if part in (1, 4):
            yield whole
            whole = b""


def test_wandb_offline(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("wandb")
    twice(TrackerSettings(kind="wandb", offline=True), study, capsys)
    from wandb.proto import wandb_internal_pb2

    found: dict[str, dict[str, Any]] = {}
    for file in study.glob("wandb/wandb/offline-run-*/*.wandb"):
        steps, about = [], {}
        for data in records(file):
            record = wandb_internal_pb2.Record.FromString(data)
            if record.HasField("run"):
                given = {u.key: json.loads(u.value_json) for u in record.run.config.update}
                about |= {"name": record.run.display_name, "config": given}
            if record.HasField("history"):
                items = record.history.item
                steps.append({(i.key or i.nested_key[0]): json.loads(i.value_json) for i in items})
            if record.HasField("artifact"):
                about["files"] = sorted(e.path for e in record.artifact.manifest.contents)
        found[about["name"]] = {**about, "steps": steps}
    assert sorted(found) == ["a study report", run(0).name, run(1).name]
    for n in (0, 1):
        steps = found[run(n).name]["steps"]
        assert [(s["epoch"], s["val_error"]) for s in steps] == [(1, 0.5), (2, 0.25)]
        assert found[run(n).name]["config"].items() >= PARAMETERS.items()
    assert [path.name for path in study.parents[1].iterdir()] == ["experiments"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "comet"}, "tracker.kind is 'comet', but must be one of none, tensorboard,"),
        ({"kind": "tensorboard", "url": "http://h"}, "has no use for it: leave it out, or take"),
        ({"folder": "x"}, "tracker.folder is 'x', but tracker=none has no use for it"),
        ({"kind": "mlflow", "url": "http://me:secret@h"}, "tracker.url has a password"),
        ({"kind": "mlflow", "url": "http://[h"}, "but must be a URL"),
        ({"kind": "wandb", "project": " "}, "tracker.project is empty"),
    ],
)
def test_a_mistake_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        TrackerSettings(**given)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow", "wandb"])
def test_what_is_not_installed_is_refused_at_the_door(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_search.tracking.settings._PACKAGES", {kind: ("no-such-package",)})
    with pytest.raises(InvalidInput, match=rf"pip install 'scaling-search\[{kind}\]'"):
        TrackerSettings(kind=kind).require()


def test_wandb_without_a_login_is_refused_at_the_door(study: Path) -> None:
    """It would ask for a key, and wait for the answer."""
    pytest.importorskip("wandb")
    code = (
        "from scaling_search.tracking import TrackerSettings as S\n"
        "S(kind='wandb', offline=True).require()\n"
        "S(kind='wandb').require()\n"
    )
    environment = {n: v for n, v in os.environ.items() if not n.startswith("WANDB")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "HOME": str(study), "NETRC": str(study / "netrc")},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert "InvalidInput: tracker.kind is 'wandb', but nobody is logged in" in done.stderr
