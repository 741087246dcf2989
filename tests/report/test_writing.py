"""A report writes all of its files, into its own folder, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.report.writing import as_json, write_files

FILES = {"a.csv": "1", "figures/b.svg": "2", "report.html": "3"}


def test_all_are_written_and_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        write_files(tmp_path, FILES)
        assert {name: (tmp_path / name).read_text() for name in FILES} == FILES
    assert sorted(p.name for p in tmp_path.rglob("*")) == [
        "a.csv",
        "b.svg",
        "figures",
        "report.html",
    ]


def linked(name: str) -> Callable[[Path, Path], None]:
    return lambda folder, outside: (folder / name).symlink_to(outside)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (linked("figures"), "figures is a link"),
        (linked("report.html"), r"report\.html is a link"),
        (lambda folder, _: (folder / "report.html").symlink_to("nowhere"), "is a link"),
        (lambda folder, _: (folder / "report.html").mkdir(), r"report\.html is a folder"),
        (lambda folder, _: (folder / "figures").write_text(""), "figures is a file"),
        (lambda folder, _: (folder / "figures" / "b.svg").mkdir(parents=True), "is a folder"),
    ],
)
def test_nothing_is_written_through_a_link_or_over_a_folder(
    tmp_path: Path, spoil: Callable[[Path, Path], None], named: str
) -> None:
    folder, outside = tmp_path / "study", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    spoil(folder, outside)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidInput, match=named):
        write_files(folder, FILES)
    assert sorted(tmp_path.rglob("*")) == before
    assert not list(outside.iterdir())


def test_a_study_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_files(tmp_path / "link", FILES)
    assert (tmp_path / "real" / "figures" / "b.svg").read_text() == "2"


class Pair(NamedTuple):
    low: float
    high: float


def test_json_is_json_whatever_numbers_are_in_it() -> None:
    content = {
        "array": np.array([1.0, np.nan, np.inf]),
        "scalar": np.int64(3),
        "flag": np.bool_(True),
        "pair": Pair(-np.inf, 0.5),
        "nested": [{"x": (math_nan := float("nan"))}, ("α", None, math_nan)],
    }
    text = as_json(content)
    assert "NaN" not in text
    assert "α" in text
    assert json.loads(text) == {
        "array": [1.0, None, None],
        "scalar": 3,
        "flag": True,
        "pair": {"low": None, "high": 0.5},
        "nested": [{"x": None}, ["α", None, None]],
    }
