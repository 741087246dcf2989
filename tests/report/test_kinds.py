"""Every kind of study has a report."""

from __future__ import annotations

from scaling_search.report.kinds import CONTENT
from scaling_search.study.settings import SWEEPS


def test_every_kind_of_sweep_has_its_content() -> None:
    assert set(CONTENT) == set(SWEEPS)
