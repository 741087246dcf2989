"""How the suite runs: one thread a process, the longest files first."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

# Test processes share the cores; threads of torch beside them would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# On a machine that does other work too, a slow example is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests first, then by their number: one begun last is waited for alone."""
    marked = {item.path for item in items if any(map(item.get_closest_marker, ("long", "slow")))}
    count = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in marked, -count[item.path]))
