"""A folder is listed whole, whoever lists it, and every change of a file shows."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scaling_search.proxy.images import folder_scan
from scaling_search.proxy.images.folder_scan import Scan, scan


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("a/1", "a/2", "b/deep/er/3", "b/4", "5", ".git/6", "c/é 7", "c/new\nline"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(path.encode())
    (tmp_path / "empty").mkdir()
    (tmp_path / "gone").symlink_to("nowhere")
    return tmp_path


def content(found: Scan) -> dict[str, tuple[int, int]]:
    paths = [
        f"{folder}/{name}" if folder else name
        for folder, names in zip(found.folders, found.names)
        for name in names
    ]
    return dict(zip(paths, map(tuple, found.status.tolist())))


def test_all_files_with_size_and_time(root: Path) -> None:
    found = scan(root)
    paths = [p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts]
    expected = {str(p.relative_to(root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in paths}
    assert content(found) == {**expected, "gone": (-1, 0)}
    assert found.hidden == [".git"]


@pytest.mark.parametrize("cores", [2, 3])
def test_other_processes_find_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    alone = scan(root)
    monkeypatch.setattr(folder_scan, "_ENOUGH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    shared = scan(root)
    assert content(shared) == content(alone)
    assert shared.fingerprint == alone.fingerprint
    assert np.array_equal(shared.status, alone.status)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a" / "1").write_bytes(b"longer"),
        lambda root: os.utime(root / "a" / "1", ns=(5, 5)),
        lambda root: (root / "a" / "1").rename(root / "a" / "0"),
        lambda root: (root / "a" / "1").rename(root / "b" / "1"),
        lambda root: (root / "b" / "4").unlink(),
        lambda root: (root / "b" / "new").touch(),
    ],
)
def test_every_change_shows(root: Path, change: Callable[[Path], None]) -> None:
    before = scan(root).fingerprint
    assert scan(root).fingerprint == before
    change(root)
    assert scan(root).fingerprint != before


def test_links_in_circles_end(root: Path) -> None:
    (root / "a" / "up").symlink_to(root)
    (root / "b" / "deep" / "self").symlink_to(root / "b" / "deep")
    (root / "other").symlink_to(root / "a")
    found = content(scan(root))
    assert "other/1" in found
    assert len(found) < 40
