"""ExecutorSettings out of range are refused by name."""

import re

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.execution import ExecutorSettings


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
