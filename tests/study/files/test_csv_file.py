"""Typed rows: what a column may hold, and how a file that does not hold it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.study.files.csv_file import CsvFile, within


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Thing:
    name: str
    count: int = within(0, 100)
    size: float
    share: float | None = within(0, 1)
    colour: Colour
    note: str = ""


THINGS = CsvFile("things.csv", Thing, key=lambda row: row.name, remedy="do this")
ROWS = [
    Thing(name="a", count=3, size=0.1 + 0.2, share=None, colour=Colour.RED),
    Thing(name='b,"c"', count=100, size=-1e-300, share=1.0, colour=Colour.BLUE, note="α"),
]


def test_rows_read_back_to_the_same_bits(tmp_path: Path) -> None:
    THINGS.write(tmp_path, ROWS)
    assert THINGS.read(tmp_path) == ROWS
    assert THINGS.read_if_there(tmp_path) == THINGS.read_sound(tmp_path) == ROWS
    assert (tmp_path / "things.csv").read_text().startswith("name,count,size,share,colour,note\n")


def test_the_order_of_columns_and_line_ends_are_free(tmp_path: Path) -> None:
    text = "note,colour,share,size,count,name\r\n,red,,1,3,a\r\n\r\n"
    (tmp_path / "things.csv").write_bytes(text.encode())
    assert THINGS.read(tmp_path) == [
        Thing(name="a", count=3, size=1.0, share=None, colour=Colour.RED)
    ]


def test_a_frame_has_the_columns_and_their_types(tmp_path: Path) -> None:
    for rows in (ROWS, ROWS[:1], []):
        frame = THINGS.frame(rows)
        assert list(frame) == list(THINGS.columns)
        assert len(frame) == len(rows)
        assert frame["count"].dtype == "int64"
        assert frame["share"].dtype == frame["size"].dtype == "float64"
        assert (frame["colour"] == "red").sum() == min(1, len(rows))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"things\.csv is missing: do this"):
        THINGS.read(tmp_path)
    assert THINGS.read_if_there(tmp_path) == THINGS.read_sound(tmp_path) == []


HEAD = "name,count,size,share,colour,note\n"
DAMAGE = [
    ("", "empty"),
    ("name,name\n", "column 'name' twice"),
    (HEAD.replace("count,", ""), "lacks the columns count"),
    (HEAD.replace("note", "note,more"), "no column 'more'"),
    (HEAD + "a,1,1,1,red\n", "row 1: it has 5 cells, but must have 6"),
    (HEAD + "a,1,1,1,red,,\n", "row 1: it has 7 cells"),
    (HEAD + "a,1,1,1,red,\na,2,2,0,red,\n", "row 2: it repeats 'a'"),
    (HEAD + 'a,1,1,1,red,"x\n', "line 2: unexpected end"),
    (HEAD + 'a,1,1,1,red,"x"y\n', "line 2:"),
    *(
        (HEAD + f"a,{cell},1,1,red,\n", f"column count is {cell!r}, but must be a whole number")
        for cell in ("", "-1", "101", "1.0", "1e1", "1_0", " 1", "x", "٣", "9" * 50, "nan", "True")
    ),
    *(
        (HEAD + f"a,1,{cell},1,red,\n", f"column size is {cell!r}, but must be a finite number")
        for cell in ("", "nan", "inf", "-inf", "1e400", "1_0", "x", "1,5"[:1] + " ", "0x10")
    ),
    (HEAD + "a,1,1,1.5,red,\n", "column share is '1.5', but must be a finite number from 0 to 1"),
    (HEAD + "a,1,1,1,green,\n", "column colour is 'green', but must be one of red, blue"),
    (HEAD + ",1,1,1,red,\n", "column name is '', but must be text"),
    (HEAD + "a\x1b,1,1,1,red,\n", "column name is 'a.x1b', but must be text"),
]


@pytest.mark.parametrize(("text", "said"), DAMAGE)
def test_damage_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "things.csv").write_text(text)
    with pytest.raises(InvalidInput, match=r"things\.csv is damaged .*do this") as refused:
        THINGS.read(tmp_path)
    assert said.replace("a.x1b", r"a\x1b") in str(refused.value)
    with pytest.raises(InvalidInput):
        THINGS.read_if_there(tmp_path)


def test_the_rows_that_are_whole_can_be_had(tmp_path: Path) -> None:
    text = HEAD + 'a,1,1,1,red,\nb,x,1,1,red,\na,2,1,1,red,\nc,3,1,1,red,\nd,4,1,1,red,"to'
    (tmp_path / "things.csv").write_text(text)
    assert [row.name for row in THINGS.read_sound(tmp_path)] == ["a", "c"]
    (tmp_path / "things.csv").write_bytes(b"\x00\xff")
    assert THINGS.read_sound(tmp_path) == []
