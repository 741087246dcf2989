"""Which device and how many slots, decided without torch."""

import os
import subprocess
import sys

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.execution import device, resolve_device, slot_count, torch_version


def test_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert resolve_device("auto") == "cuda"
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("cuda") == "cuda"
    assert slot_count(None, "cuda") == 3


def test_one_slot_for_each_part_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: 1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-a1,MIG-b2,MIG-c3")
    assert slot_count(None, "cuda") == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,7")
    assert slot_count(None, "cuda") == 1


@pytest.mark.parametrize(
    ("given", "count", "seen"),
    [
        (None, 2, ["0", "1"]),
        ("3,1", 2, ["3", "1"]),
        ("GPU-8932f937, GPU-5b3a", 2, ["GPU-8932f937", "GPU-5b3a"]),
        # The driver takes the names before the first that names nothing.
        ("2,-1,0", 1, ["2"]),
        # It offers one of several parts of a GPU to a process.
        ("MIG-a1,MIG-b2", 1, ["MIG-a1", "MIG-b2"]),
        (None, 0, []),
        ("", 0, []),
    ],
)
def test_gpus_have_the_names_that_a_process_may_give_on(
    monkeypatch: pytest.MonkeyPatch, given: str | None, count: int, seen: list[str]
) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert device.visible_gpus() == seen


def test_missing_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: 0)
    assert resolve_device("auto") == "cpu"
    with pytest.raises(InvalidInput, match=r"executor\.device=cpu"):
        resolve_device("cuda")


def test_cpu_build_offers_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "torch_version", lambda: "2.13.0+cpu")
    assert device.gpu_count() == 0


def test_one_slot_for_each_core_of_this_process() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert slot_count(None, "cpu") == cores
    assert slot_count(5, "cpu") == 5


def test_torch_is_not_imported_to_find_out() -> None:
    code = (
        "import sys; from scaling_search.execution import *; "
        "resolve_device('auto'); slot_count(None, 'cpu'); print(torch_version()); "
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == torch_version()
