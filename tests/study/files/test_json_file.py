"""JSON files: an object, each name once."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.text_file import read_json, write_json


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    assert read_json(tmp_path / "a.json") is None
    content = {"b": [1, 0.1 + 0.2, None, "α"], "a": {"c": True}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_text().index('"a"') < 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[1]", "it holds a list, but must hold an object"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "it has 'b' twice"),
        ("[" * 100_000, ""),
    ],
)
def test_damage_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"a\.json is damaged \(.*\): do this") as refused:
        read_json(tmp_path / "a.json", "do this")
    assert said in str(refused.value)
