"""An answer on the edge: what is said is true of the surface's lowest point and of the winner."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from committed import EXPERIMENTS

from scaling_search.report.search.brief import brief
from scaling_search.report.search.edge import edge_remarks, find_edge
from scaling_search.report.search.found import find
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study


def edge_of(of_surface: tuple[str, ...], shares: tuple[float, float, float]) -> Any:
    optimum = SimpleNamespace(nothing=of_surface)
    found = SimpleNamespace(
        evidence=SimpleNamespace(optimum=optimum),
        decision=SimpleNamespace(winner=SimpleNamespace(shares=shares)),
    )
    return find_edge(cast(Any, found))


@pytest.mark.parametrize(
    ("of_surface", "shares", "said"),
    [
        # Both, or the winner alone.
        (("width",), (0.57, 0.0, 0.43), "one dimension gets nothing"),
        ((), (0.57, 0.0, 0.43), "one dimension gets nothing"),
        ((), (1.0, 0.0, 0.0), "two dimensions get nothing"),
        (("depth", "resolution"), (0.0, 1.0, 0.0), "two dimensions get nothing"),
        (("depth",), (0.0, 1.0, 0.0), "two dimensions get nothing"),
        # The surface, where the winner has a share.
        (("depth",), (0.3, 0.37, 0.33), "nothing for depth, but the winner gives depth 30 %"),
        (
            ("depth", "width"),
            (0.0, 0.34, 0.66),
            "nothing for depth and width, but the winner gives width 34 %",
        ),
        (
            ("depth", "width"),
            (0.2, 0.3, 0.5),
            "nothing for depth and width, but the winner gives depth 20 % and width 30 %",
        ),
        (("width",), (0.0, 0.4, 0.6), "nothing for width, but the winner gives width 40 %"),
    ],
)
def test_what_gets_nothing_is_said_of_whom_it_is_true(
    of_surface: tuple[str, ...], shares: tuple[float, float, float], said: str
) -> None:
    assert edge_of(of_surface, shares).reason.endswith(said)


def test_inside_the_triangle_there_is_no_edge() -> None:
    assert edge_of((), (0.3, 0.37, 0.33)) is None


def test_both_are_told_on_the_first_screen_and_below() -> None:
    study = read_study(EXPERIMENTS / "glyphs-latency")
    found = find(study, tuple(read_runs(study.folder)))
    told = brief(found)[-1].answer
    assert "since the surface is lowest with nothing for depth, but the winner gives" in told
    assert "dimension gets nothing" not in told
    (remark,) = edge_remarks(found)
    assert remark.startswith(
        "The response surface is lowest on the edge of the triangle, where no compute goes to "
        "depth, but the winner gives depth 30 %. "
    )
