"""Weights as safetensors, which every reader of that format takes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from checkpoint_files import Net
from torch import nn

from scaling_search.proxy.weights_file import DTYPES, read_notes, read_weights, write_weights


def test_a_network_gets_its_weights_back(tmp_path: Path) -> None:
    network = Net()
    write_weights(tmp_path / "deep" / "w.safetensors", network.state_dict(), {"run": "ab"})
    other = Net()
    other.load_state_dict(read_weights(tmp_path / "deep" / "w.safetensors"))
    for a, b in zip(network.state_dict().values(), other.state_dict().values()):
        assert torch.equal(a, b)
    assert read_notes(tmp_path / "deep" / "w.safetensors") == {"run": "ab"}


def test_every_dtype_shape_and_layout(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    base = torch.randint(0, 2, (2, 3, 4, 5), generator=generator)
    tensors = {name: base.to(dtype) for name, dtype in DTYPES.items()}
    tensors["channels last"] = base.float().to(memory_format=torch.channels_last)
    tensors["scalar"], tensors["nothing"] = torch.tensor(7), torch.zeros(0, 3)
    tensors["a part"] = base[:, 1:, ::2]
    tensors["of training"] = nn.Parameter(torch.randn(3))
    write_weights(tmp_path / "w", tensors)
    for name, tensor in read_weights(tmp_path / "w").items():
        assert tensor.dtype == tensors[name].dtype, name
        assert tensor.shape == tensors[name].shape, name
        assert torch.equal(tensor, tensors[name]), name


def test_other_readers_and_writers(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    tensors = dict(Net().state_dict())
    write_weights(tmp_path / "ours", tensors, {"run": "ab"})
    for name, tensor in safetensors.load_file(tmp_path / "ours").items():
        assert torch.equal(tensor, tensors[name]), name
    safetensors.save_file(tensors, tmp_path / "theirs")
    for name, tensor in read_weights(tmp_path / "theirs").items():
        assert torch.equal(tensor, tensors[name]), name


def test_what_the_format_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"w is of torch\.complex128"):
        write_weights(tmp_path / "w", {"w": torch.zeros(1, dtype=torch.complex128)})
    assert not (tmp_path / "w").exists()


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    (tmp_path / "w").write_bytes(pickle.dumps(Trap()))
    with pytest.raises((ValueError, RuntimeError)):
        read_weights(tmp_path / "w")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("cut", [0, 5, 30, -1, -40])
def test_a_file_that_was_cut(cut: int, tmp_path: Path) -> None:
    write_weights(tmp_path / "w", Net().state_dict())
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:cut])
    with pytest.raises((ValueError, RuntimeError)):
        read_weights(tmp_path / "w")


def test_offsets_beyond_the_file(tmp_path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (tmp_path / "w").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises((ValueError, RuntimeError)):
        read_weights(tmp_path / "w")
