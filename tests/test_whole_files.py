"""A file appears whole or not at all, and what killed writers have left is removed."""

from __future__ import annotations

import errno
import os
import pickle
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_disk import small_disk

from scaling_search.whole_files import is_alive, remove_abandoned, whole_file, write_whole

#: Opens a whole file, says so, and waits to be killed.
WRITER = """
import sys, time
from pathlib import Path
from scaling_search.whole_files import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


def ended_process() -> int:
    """The number of a process that is gone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_whole_under_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "file.txt"
    for content in (b"first", b"second", b""):
        write_whole(path, content)
        assert path.read_bytes() == content
        assert names(path.parent) == ["file.txt"]


def test_nothing_under_the_name_before_the_end(tmp_path: Path) -> None:
    with whole_file(tmp_path / "file") as file:
        file.write(b"content")
        assert not (tmp_path / "file").exists()
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), OSError(5, "Input/output")])
def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    write_whole(tmp_path / "file", b"before")

    def fail() -> None:
        with whole_file(tmp_path / "file") as file:
            file.write(b"after")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (tmp_path / "file").read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as folder:
        write_whole(folder / "file", b"before")
        with pytest.raises(OSError, match="No space left") as raised:
            write_whole(folder / "file", bytes(1 << 20))
        assert raised.value.errno == errno.ENOSPC
        # As it comes out of a worker.
        assert pickle.loads(pickle.dumps(raised.value)).filename == str(folder / "file")
        assert (folder / "file").read_bytes() == b"before"
        assert names(folder) == ["file"]


def test_a_folder_in_its_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file" / "below").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory") as raised:
        write_whole(tmp_path / "file", b"content")
    assert raised.value.filename == str(tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_two_writers_of_one_process_do_not_meet(tmp_path: Path) -> None:
    contents = [bytes([i]) * 100_000 for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "file", content), contents))
    assert (tmp_path / "file").read_bytes() in contents
    with whole_file(tmp_path / "outer") as outer, whole_file(tmp_path / "inner") as inner:
        outer.write(b"outer")
        inner.write(b"inner")
    assert (tmp_path / "outer").read_bytes() == b"outer"
    assert (tmp_path / "inner").read_bytes() == b"inner"


def test_a_killed_writer_is_cleared_away_and_a_live_one_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "file")], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        under_way = names(tmp_path)
        assert len(under_way) == 1
        write_whole(tmp_path / "other", b"")
        assert names(tmp_path) == [*under_way, "other"]
        writer.kill()
        writer.wait()
    write_whole(tmp_path / "other", b"")
    assert names(tmp_path) == ["other"]


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        (".partial-0-{host}-{gone}", False),
        (".partial-7-{host}-99999999999999999999", False),
        # Of versions before this one.
        ("glyphs-64px.partial-{gone}", False),
        (".report.html.partial-{gone}", False),
        (".partial-0-{host}-{alive}", True),
        (".partial-0-{host}-1", True),
        # Whether it is alive only that machine knows.
        (".partial-0-another-machine-{gone}", True),
        ("file.partial", True),
        ("partial-{gone}.txt", True),
    ],
)
def test_only_what_nobody_writes_any_more_is_removed(
    tmp_path: Path, name: str, stays: bool
) -> None:
    host, gone = socket.gethostname(), ended_process()
    path = tmp_path / name.format(host=host, gone=gone, alive=os.getpid())
    path.write_bytes(b"half")
    remove_abandoned(tmp_path)
    assert path.exists() == stays


def test_what_cannot_be_cleared_away_hinders_nobody(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "absent")
    (tmp_path / f".partial-{ended_process()}" / "below").mkdir(parents=True)
    write_whole(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_clearing_away_costs_little_beside_many_files(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.pt").touch()
    started = time.perf_counter()
    for _ in range(20):
        remove_abandoned(tmp_path)
    assert (time.perf_counter() - started) / 20 < 0.1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux tells")
def test_a_process_that_has_ended_lives_no_more_whether_its_parent_asks_or_not() -> None:
    child = subprocess.Popen(["sleep", "60"])
    assert is_alive(child.pid)
    child.kill()
    deadline = time.monotonic() + 10
    while is_alive(child.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, 0)  # it is there
    assert not is_alive(child.pid)
    child.wait()
    assert not is_alive(child.pid)
