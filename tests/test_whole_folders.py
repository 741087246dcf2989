"""A folder appears whole or not at all, and what killed writers have left of theirs is removed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from folders import content

from scaling_search.whole_files import whole_folder

#: Begins a folder, says so, and waits to be killed.
WRITER = """
import sys, time
from pathlib import Path
from scaling_search.whole_files import whole_folder
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("of it")
    print("writing", flush=True)
    time.sleep(60)
"""


def write(path: Path, text: str) -> None:
    with whole_folder(path) as folder:
        (folder / "below").mkdir()
        (folder / "below" / "file").write_text(text)


def test_written_whole_under_its_name_alone(tmp_path: Path) -> None:
    for text in ("first", "second"):
        write(tmp_path / "deep" / "folder", text)
        assert content(tmp_path) == {"deep/folder/below/file": text.encode()}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["folder"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_leaves_what_was_there(error: type[BaseException], tmp_path: Path) -> None:
    def fail() -> None:
        with whole_folder(tmp_path / "folder") as folder:
            (folder / "file").touch()
            raise error

    write(tmp_path / "folder", "first")
    with pytest.raises(error):
        fail()
    assert content(tmp_path) == {"folder/below/file": b"first"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_killed_writers_left_is_removed(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WRITER, str(tmp_path / "folder")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    assert not (tmp_path / "folder").exists()
    assert len(list(tmp_path.iterdir())) == 1
    write(tmp_path / "other", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
