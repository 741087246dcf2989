"""How the suite runs: one thread a process, the longest file first."""

from __future__ import annotations

import os

import pytest

# Test processes share the cores; threads of torch beside them would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real processes that are killed take minutes: begun last, they would be waited for alone."""
    items.sort(key=lambda item: item.path.name != "test_kill_and_resume.py")
