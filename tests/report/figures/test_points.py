"""Points of figures tell what they are: where their markers lie, in text that is no markup."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from scaling_search.report.figures.drawing import drawn
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.kinds import CONTENT
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study

EXPERIMENTS = Path(__file__).resolve().parents[3] / "experiments"
NASTY = '</title><script>alert("1")</script> & \x1b \ud800 \uffff α×é 🙂'
SVG = "{http://www.w3.org/2000/svg}"


def told(svg: str) -> list[tuple[float, float, str, str]]:
    """x, y, text and row of each point."""
    return [
        (
            float(circle.attrib["cx"]),
            float(circle.attrib["cy"]),
            circle.findtext(f"{SVG}title") or "",
            circle.attrib.get("data-row", ""),
        )
        for circle in ET.fromstring(svg).iter(f"{SVG}circle")
    ]


def markers(svg: str) -> np.ndarray:
    """(markers, 2): where matplotlib put markers, and what else it puts by reference."""
    uses = [use.attrib for use in ET.fromstring(svg).iter(f"{SVG}use") if "x" in use.attrib]
    return np.array([(float(use["x"]), float(use["y"])) for use in uses])


@drawn
def dots(figure: Drawing, y: Sequence[float], text: str) -> None:
    axes = figure.subplots()
    axes.semilogx([1, 10, 100], y, "o")
    figure.tell(axes, [1, 10, 100], y, [Tip([text, "more"], [text])] * 3)


def test_a_point_lies_on_its_marker() -> None:
    svg = dots([3.0, 1.0, 2.0], "a")
    for x, y, text, row in told(svg):
        assert np.abs(markers(svg) - (x, y)).max(axis=1).min() < 0.02
        assert (text, row) == ("a\nmore", "a")


def test_a_point_that_is_nowhere_tells_nothing() -> None:
    assert len(told(dots([3.0, math.nan, 2.0], "a"))) == 2


def test_what_it_tells_is_text() -> None:
    root = ET.fromstring(dots([3.0, 1.0, 2.0], NASTY))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    shown = NASTY.replace("\x1b", "\ufffd").replace("\ud800", "\ufffd").replace("\uffff", "\ufffd")
    assert titles == [f"{shown}\nmore"] * 3
    assert not list(root.iter(f"{SVG}script"))


def test_the_same_bytes_again() -> None:
    assert dots([3.0, 1.0, 2.0], "a") == dots([3.0, 1.0, 2.0], "a")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("glyphs-quick", {"triangle": "trial", "accuracy": "φ=", "backtest": "multiply-adds"}),
        ("glyphs-single-vs-compound", {"series": "compound", "latency": "ms an image"}),
        ("glyphs-balance", {"series": "more depth, less width"}),
        ("glyphs-step-0", {"frontier": "mbconv"}),
        ("scenes-detector", {"triangle": "1 - val mAP"}),
    ],
)
def test_every_figure_tells_of_its_networks(name: str, words: dict[str, str]) -> None:
    study = read_study(EXPERIMENTS / name)
    content = CONTENT[study.definition.settings.sweep.kind](study, tuple(read_runs(study.folder)))
    figures = {figure.name: figure.svg for figure in content.figures}
    assert set(words) <= set(figures)
    for figure, word in words.items():
        points, at = told(figures[figure]), markers(figures[figure])
        assert any(word in text for _, _, text, _ in points), figure
        for x, y, text, _ in points:
            assert "\n" in text
            # The paper's point is an outline, and no marker by reference.
            if "the paper's shares" in text:
                continue
            assert np.abs(at - (x, y)).max(axis=1).min() < 0.1, (figure, text)
    rows = [row for figure in figures.values() for *_, row in told(figure) if row]
    cells = {
        tuple(row) for s in content.sections for b in s.blocks for row in getattr(b, "rows", [])
    }
    listed = [row for row in rows if any(set(row.split("\n")) <= set(cell) for cell in cells)]
    assert listed
