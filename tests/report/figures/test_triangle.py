"""The triangle of shares: few candidates are labelled, many are not."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from scaling_search.report import build_report
from scaling_search.report.figures import triangle


def labels(study: Path) -> set[str]:
    """matplotlib writes each text of a figure beside its glyphs, as a comment."""
    build_report(study)
    svg = (study / "figures" / "triangle.svg").read_text()
    return set(re.findall(r"<!-- (\d\d\.\d) -->", svg))


@pytest.mark.long
def test_accuracies_stand_beside_the_dots_until_they_are_too_many(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = labels(study)
    accuracies = {f"{100 * (1 - e):.1f}" for e in pd.read_csv(study / "trials.csv")["val_error"]}
    assert accuracies <= found
    monkeypatch.setattr(triangle, "_LABELLED", 2)
    assert not accuracies <= labels(study)
