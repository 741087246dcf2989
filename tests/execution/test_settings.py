"""ExecutorSettings out of range are refused by name."""

import re
from typing import Any

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.execution import ExecutorSettings, LocalExecutor, device
from scaling_search.execution.gpu_sharing import MOST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "cluster"),
        ("workers", 0),
        ("workers", 2000),
        ("device", "gpu"),
        ("timeout", 0.0),
        ("timeout", float("nan")),
        ("attempts", 0),
        ("runs_per_gpu", 0),
        ("threads", 0),
        ("attempts", 11),
        ("cpus", 0.0),
        ("cpus", float("nan")),
        # Of no use to the slots of this machine.
        ("address", "auto"),
        ("cpus", 2.0),
        ("runtime_env", {"pip": ["x"]}),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"executor.{name} is {value!r}")):
        ExecutorSettings(**{name: value})


@pytest.mark.parametrize(
    ("settings", "alike", "finds"),
    [
        ({}, True, True),
        # Runs of other sizes would be compared.
        ({}, False, False),
        ({"runs_per_gpu": 2}, True, False),
        ({"workers": 3}, True, False),
        ({"device": "cpu"}, True, False),
    ],
)
def test_equal_runs_find_out_how_many_share_a_gpu(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], alike: bool, finds: bool
) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    given = ExecutorSettings(**settings)
    resolved = given.resolved_device()
    with given.start(print, resolved, alike=alike) as executor:
        assert isinstance(executor, LocalExecutor)
        assert (executor._sharing is not None) == finds
    # Cores are left for as many as may come.
    most = given.most_slots(resolved)
    assert most == (2 * MOST if resolved == "cuda" and not settings else given.slots(resolved))
