"""Every kind of study has a report."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import get_args

from scaling_search.report.kinds import CONTENT
from scaling_search.study.settings import AnySweep


def test_every_kind_of_sweep_has_its_content() -> None:
    kinds = set()
    for sweep in get_args(AnySweep):
        (kind,) = [field for field in fields(sweep) if field.name == "kind"]
        assert kind.default is not MISSING
        kinds.add(kind.default)
    assert kinds == set(CONTENT)
