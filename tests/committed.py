"""Which studies belong to the checkout: those that experiments/README.md lists.

A user's own studies lie beside them, and no test may read those.
"""

from __future__ import annotations

import re
from pathlib import Path

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
#: Names in the first column of the table.
STUDIES = sorted(
    re.findall(r"^\| \[?`([\w-]+)`", (EXPERIMENTS / "README.md").read_text(), flags=re.MULTILINE)
)
