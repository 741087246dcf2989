"""What is counted against what a process really takes. benchmarks/memory.py does so for more."""

import pytest
import torch

from scaling_search.baselines import MemorySetup, load_baseline, scale_by
from scaling_search.baselines.memory import count_memory
from scaling_search.errors import InvalidInput
from scaling_search.proxy import measured_memory
from scaling_search.proxy.measured_memory import measure_memory


def compare(name: str, resolution: int, setup: MemorySetup, device: str) -> None:
    baseline = load_baseline(name, 10, 3)
    member = scale_by(baseline, depth_mult=1, width_mult=1, resolution=resolution)
    counted = count_memory(member, setup)
    assert counted > 40e6, "too little to be seen beside what a library needs"
    measured = measure_memory(member, setup, device)
    assert measured.network == pytest.approx(counted, rel=0.1)
    assert 0 <= measured.libraries < 100e6


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "resolution", "setup"),
    [
        ("efficientnet_micro", 32, MemorySetup(64)),
        ("mobilenet_v2", 64, MemorySetup(32, optimizer="sgd", averaged=False)),
        ("resnet50_micro", 32, MemorySetup(500, training=False)),
        # Half of it is the work space of a depthwise 5x5 kernel, and the weights.
        ("efficientnet_b0", 64, MemorySetup(2, optimizer="sgd", averaged=False)),
    ],
)
def test_a_process_takes_what_is_counted(name: str, resolution: int, setup: MemorySetup) -> None:
    compare(name, resolution, setup, "cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v1", "resnet50"])
def test_a_gpu_takes_what_is_counted(name: str, training: bool) -> None:
    compare(name, 160, MemorySetup(64, training, mixed=True), "cuda")


def test_what_cannot_be_measured_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = load_baseline("efficientnet_micro", 10, 3)
    member = scale_by(baseline, depth_mult=1, width_mult=1, resolution=20)
    with pytest.raises(InvalidInput, match="device is 'tpu', but must be cpu or cuda"):
        measure_memory(member, MemorySetup(), "tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInput, match="torch finds no GPU here: use cpu"):
        measure_memory(member, MemorySetup(), "cuda")
    monkeypatch.setattr(measured_memory.sys, "platform", "darwin")
    with pytest.raises(InvalidInput, match="on Linux only"):
        measure_memory(member, MemorySetup(), "cpu")
