"""model.onnx gives torch's logits, for batches of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from export_studies import defined, noise, sizes, typed

from scaling_search.export.member import choose

NEEDED = ("onnx", "onnxscript", "onnxruntime")
Capture = pytest.CaptureFixture[str]


@pytest.mark.long
def test_logits_of_onnxruntime(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    for name in NEEDED:
        pytest.importorskip(name, reason="the extra [onnx] is not installed")
    import onnxruntime

    member = sizes(trained)[0]
    words = ("--phi", repr(member.phi), "--to", tmp_path / "out", "--onnx")
    ended = typed(capsys, trained, *words)
    assert ended.code == 0, ended.err
    network = defined(tmp_path / "out")
    made = network["load"](tmp_path / "out" / "weights.safetensors")
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    for count in (1, 2, 7):
        x = network["normalise"](noise(member, count))
        with torch.no_grad():
            wanted = made(x).numpy()
        (given,) = session.run(None, {"images": x.numpy()})
        assert np.abs(given - wanted).max() <= 1e-4
    assert "`model.onnx` takes" in (tmp_path / "out" / "README.md").read_text()


def test_without_the_packages(
    untrained: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_search.export.onnx_file.find_spec", lambda _: None)
    ended = typed(capsys, untrained, "--phi", "1", "--to", tmp_path / "out", "--onnx")
    assert ended.code == 2
    assert 'pip install "scaling-search[onnx]"' in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_logits_that_differ_are_refused(
    untrained: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NEEDED:
        pytest.importorskip(name, reason="the extra [onnx] is not installed")
    monkeypatch.setattr("scaling_search.export.onnx_file.TOLERANCE", -1.0)
    ended = typed(capsys, untrained, "--phi", "1", "--to", tmp_path / "out", "--onnx")
    assert ended.code == 2
    assert "the logits of onnxruntime differ" in ended.err
    assert choose(untrained, 1.0).name == "searched_micro_phi1"
    assert list(tmp_path.iterdir()) == []
