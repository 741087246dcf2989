"""Folders and disks in which a cache cannot be made: refused, or an error that names the file."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pixel_files import SHAPE, names, never_read, read_image
from small_disk import small_disk

from scaling_search.errors import InvalidInput
from scaling_search.proxy import pixel_cache
from scaling_search.proxy.pixel_cache import free_bytes, open_pixels, require_folder

pytestmark = pytest.mark.usefixtures("new_process")


def test_folder_in_place_of_a_cache_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "set.npy" / "below").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory") as raised:
        open_pixels(tmp_path, "set", SHAPE, read_image)
    assert str(raised.value.filename) == str(tmp_path / "set.npy")


def test_nothing_is_written_to_a_disk_of_which_it_would_take_more_than_half(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "small", "64k") as disk:
        below = disk / "deep" / "down"
        assert open_pixels(below, "set", (1000, 6, 6, 1), never_read) is None
        assert names(below) == []
        assert open_pixels(below, "set", SHAPE, read_image) is not None


def test_disk_that_fills_while_it_is_written_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Somebody else fills it after it was found large enough.
    monkeypatch.setattr(pixel_cache, "has_room", lambda *_: True)
    with small_disk(tmp_path / "small", "16k") as disk:
        with pytest.raises(OSError, match="No space left") as raised:
            open_pixels(disk, "set", (1000, 6, 6, 1), read_image)
        assert raised.value.filename == str(disk / "set.npy")
        assert names(disk) == []


def in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine")
    return folder / "file"


def below_a_file(folder: Path) -> Path:
    return in_a_file(folder) / "deep" / "down"


def through_a_link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link" / "below"


def through_a_link_to_itself(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link" / "below"


def with_too_long_a_name(folder: Path) -> Path:
    return folder / ("long" * 100) / "below"


def with_a_null_byte(folder: Path) -> Path:
    return folder / "null\0byte"


@pytest.mark.parametrize(
    "make",
    [
        in_a_file,
        below_a_file,
        through_a_link_to_nothing,
        through_a_link_to_itself,
        with_too_long_a_name,
        with_a_null_byte,
    ],
)
def test_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for refuse in (
        lambda: require_folder(folder),
        lambda: free_bytes(folder),
        lambda: open_pixels(folder, "set", SHAPE, never_read),
    ):
        with pytest.raises(InvalidInput) as refused:
            refuse()
        assert str(refused.value).startswith(f"data.cache_dir is {str(folder)!r}, but ")
        assert "set it to a folder that can be made" in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_disk_that_is_read_only_is_refused_unless_all_is_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        open_pixels(disk, "set", SHAPE, read_image)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        open_pixels(disk, "set", SHAPE, never_read)
        for folder in (disk, disk / "deep" / "down"):
            with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
                free_bytes(folder)
            with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
                open_pixels(folder, "other", SHAPE, read_image)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInput, match=r"data\.cache_dir is .* cannot be written to"):
        require_folder(tmp_path / "below")


def test_folder_that_is_to_be_made_is_not_made_by_looking(tmp_path: Path) -> None:
    require_folder(tmp_path / "deep" / "down")
    free_bytes(tmp_path / "deep" / "down")
    assert list(tmp_path.iterdir()) == []
