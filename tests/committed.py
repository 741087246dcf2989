"""Which studies belong to the checkout: those that experiments/README.md lists.

A user's own studies lie beside them, and no test may read those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
#: Names in the first column of the table.
STUDIES = sorted(
    re.findall(r"^\| \[?`([\w-]+)`", (EXPERIMENTS / "README.md").read_text(), flags=re.MULTILINE)
)


def long_but(names: Iterable[str], *kept: str) -> list[Any]:
    """Parameters of a test; a plain run of the tests has only those that are kept."""
    return [n if n in kept else pytest.param(n, marks=pytest.mark.long) for n in names]
