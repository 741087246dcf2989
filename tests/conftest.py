"""How the suite runs: one thread a process, the longest file first."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Test processes share the cores; threads of torch beside them would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# On a machine that does other work too, a slow example is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real processes that are killed take minutes: begun last, they would be waited for alone."""
    items.sort(key=lambda item: item.path.name != "test_kill_and_resume.py")
