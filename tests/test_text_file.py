"""A file at the door: what is no text, no file or too large is refused in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.text_file import (
    damaged,
    is_text,
    one_line,
    read_text,
    shown,
    write_text,
)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, "α,β\r\n1,2\n")
    assert read_text(path) == "α,β\r\n1,2\n"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for path in ("absent", "file/inside", "nowhere"):
        assert read_text(tmp_path / path) is None


def test_an_editors_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfrun")
    assert read_text(tmp_path / "a") == "run"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\xff", "byte 1 is no UTF-8"),
        ("täxt".encode("latin-1"), "byte 1 is no UTF-8"),
        ("text".encode("utf-16"), "byte 0 is no UTF-8"),
        (b"a\x00b", "NUL"),
        (b"x" * 101, "more than 100 bytes"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"/a is damaged \(.*{said}.*\): do this$"):
        read_text(path, "do this", largest=100)


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe would be waited for without end."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    for name, said in (("folder", "a folder"), ("pipe", "a device"), ("round", "cannot be read")):
        with pytest.raises(InvalidInput, match=rf"{name} is damaged \(.*{said}"):
            read_text(tmp_path / name)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_text(tmp_path / "a\0b")


def test_messages_are_one_short_line() -> None:
    error = damaged(Path("x/runs.csv"), "first\nsecond \x1b[31m" + "long " * 500)
    assert "\n" not in str(error)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 500
    assert one_line("a\n  b") == "a b"
    assert len(shown("x" * 1000)) < 70


def test_text_is_what_can_be_printed_and_written() -> None:
    assert is_text("α b\tc\nd")
    for bad in ("\x1b", "\ud800", "\x7f", "\x9b", "\r"):
        assert not is_text(f"a{bad}")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A sparse file of a terabyte takes no place on the disk."""
    path = tmp_path / "runs.csv"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InvalidInput, match="more than 268,435,456 bytes"):
        read_text(path)
