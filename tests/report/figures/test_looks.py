"""What figures compare looks the same in all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scaling_search.report.figures.looks import LOOKS, looks
from scaling_search.report.kinds import CONTENT
from scaling_search.search import MARKS
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study

EXPERIMENTS = Path(__file__).resolve().parents[3] / "experiments"


def figures(name: str) -> dict[str, set[str]]:
    """The colours of each figure of a committed study."""
    study = read_study(EXPERIMENTS / name)
    content = CONTENT[study.definition.settings.sweep.kind](study, tuple(read_runs(study.folder)))
    return {f.name: set(re.findall("#[0-9a-f]{6}", f.svg)) for f in content.figures}


def test_a_way_of_scaling_looks_the_same_whatever_is_beside_it() -> None:
    three, all_of_them = (
        looks(["depth", "width"]),
        looks(["other", "baseline", "width", "depth", "compound"]),
    )
    assert three["depth"] == all_of_them["depth"]
    assert three["width"] == all_of_them["width"]
    assert set(MARKS) <= set(LOOKS)


def test_no_two_look_alike_with_or_without_colour() -> None:
    others = looks([f"d={depth}, r=1" for depth in range(6)])
    everything = [*LOOKS.values(), *others.values()]
    assert len({look.marker for look in everything}) == len(everything)
    assert len({look.colour for look in everything}) == len(everything)
    assert len({str(look.line) for look in others.values()}) == 6
    assert len(looks(map(str, range(20)))) == 20


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_colours_are_seen_on_white(look: object) -> None:
    red, green, blue = (int(look.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[attr-defined]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Large shapes (WCAG 2.1, 1.4.11) need 3; the star has a black edge.
    assert 1.05 / (light + 0.05) > (1.9 if look is LOOKS["found"] else 3)


@pytest.mark.long
def test_all_reports_take_them() -> None:
    dimensions = {LOOKS[name].colour for name in ("depth", "width", "resolution")}
    assert dimensions <= figures("glyphs-quick")["triangle"]
    assert dimensions <= figures("glyphs-balance")["series"]
    assert dimensions <= figures("omniglot-observation1")["series"]
    both = figures("glyphs-single-vs-compound")
    assert dimensions <= both["series"]
    assert dimensions <= both["latency"]
    # Width from several bases is none of them.
    assert not dimensions & figures("glyphs-observation2")["series"]


def test_a_series_keeps_its_look_where_others_are_not_shown() -> None:
    every = looks(["found", "a", "b", "c"])
    assert looks(["found", "a", "b", "c"])["c"] == every["c"]
    assert looks(["a", "a", "b"])["b"] == every["b"]
