"""Files that are not used are counted with a reason; too many are refused."""

import os
from pathlib import Path

import pytest
from image_files import counts, opened, put, put_tree

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images import folder_records


def line(root: Path, **settings: object) -> str:
    (found,) = [n for n in opened(root, **settings).notes if n.startswith("files: ")]
    return found


def test_all_used(tmp_path: Path) -> None:
    assert line(put_tree(tmp_path / "set", {"a": 4, "b": 4})) == "files: 8 used, none left out"


def test_what_programs_leave_behind(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"a": 4, "b": 4})
    for name in (".DS_Store", "a/._img_000.png", "a/Thumbs.db", "b/desktop.ini", "b/.hidden.png"):
        (root / name).write_bytes(b"x")
    for name in ("__MACOSX/a/._1.png", ".ipynb_checkpoints/1.png", "a/@eaDir/1.png", ".git/x.png"):
        put(root / name, 99, "png")
    assert counts(opened(root)) == ({"a": 4, "b": 4}, {})
    said = line(root)
    assert said.startswith("files: 8 used, 9 left out: ")
    assert "5 hidden (.DS_Store, a/._img_000.png, a/Thumbs.db, ...)" in said
    assert "4 in hidden folders" in said
    assert "__MACOSX/" in said


def test_texts_and_archives_are_no_images(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"a": 4, "b": 4})
    for name in ("README", "LICENSE.txt", "a/notes.md", "set.zip", "a/1.xml", "a/2.xml"):
        (root / name).write_bytes(b"x")
    assert "8 used, 6 left out: 6 no image (LICENSE.txt, README, " in line(root)


@pytest.mark.parametrize("name", ["1.heic", "1.cr2", "1.dcm", "1.npy", "scan0001", "1.jxl"])
def test_formats_that_are_not_read(tmp_path: Path, name: str) -> None:
    root = put_tree(tmp_path / "set", {"a": 10, "b": 10})
    (root / "a" / name).write_bytes(b"x")
    assert f"20 used, 1 left out: 1 in a format that is not read (a/{name})" in line(root)
    for i in range(2):
        (root / "b" / f"{i}{name}").write_bytes(b"x")
    with pytest.raises(InvalidInput, match=r"3 of 23 images would be left out: 3 in a format that"):
        opened(root)
    with pytest.raises(InvalidInput, match=r"data\.allow_left_out=true"):
        opened(root)
    assert "20 used, 3 left out" in line(root, allow_left_out=True)


def test_empty_files_links_to_nothing_and_images_outside_the_classes(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"a": 20, "b": 20})
    (root / "a" / "empty.png").touch()
    (root / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    put(root / "cover.png", 77)
    said = line(root)
    assert "40 used, 3 left out" in said
    assert "1 that are empty (a/empty.png)" in said
    assert "1 that link to nothing (a/gone.png)" in said
    assert "1 outside the class folders (cover.png)" in said


@pytest.mark.parametrize("name", ["gone.png", "gone.csv"])
@pytest.mark.parametrize("target", ["gone.png", "gone.csv", "img_000.png/inside", "up"])
def test_links_that_lead_nowhere_are_left_out(tmp_path: Path, name: str, target: str) -> None:
    root = put_tree(tmp_path / "set", {"a": 20, "b": 20})
    (root / "a" / "up").symlink_to("up")
    (root / "a" / name).symlink_to(target)
    said = line(root)
    assert said.startswith("files: 40 used, 2 left out: ")
    assert f"that link to nothing (a/{name})" in said


@pytest.mark.parametrize("name", ["1.png", "labels.csv"])
def test_pipes_are_never_opened(tmp_path: Path, name: str) -> None:
    root = put_tree(tmp_path / "set", {"a": 20, "b": 20})
    os.mkfifo(root / name)
    assert f"40 used, 1 left out: 1 that are no plain files ({name})" in line(root)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match=r"data\.path is .* neither a file nor a folder"):
        opened(tmp_path / "pipe")


def test_a_folder_that_may_not_be_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = put_tree(tmp_path / "set", {"a": 20, "b": 20, "c": 20})
    inner = folder_records._list_folder

    def closed(place: str) -> object:
        if place.endswith("/c"):
            raise PermissionError(13, "Permission denied", place)
        return inner(place)

    monkeypatch.setattr(folder_records, "_list_folder", closed)
    with pytest.raises(
        InvalidInput, match=r"1 folders that may not be opened \(c\).*allow_left_out"
    ):
        opened(root)
    assert counts(opened(root, allow_left_out=True)) == ({"a": 20, "b": 20}, {})


def test_images_beside_the_parts_count(tmp_path: Path) -> None:
    folders = {f"{part}/{name}": 10 for part in ("train", "test") for name in "ab"}
    root = put_tree(tmp_path / "set", {**folders, "extra": 3})
    assert "3 in extra, which is no part" in line(root)
    put_tree(root, {"more": 4}, 9000)
    with pytest.raises(InvalidInput, match=r"7 of 47 images .* in extra, .* in more, which is no"):
        opened(root)


def test_no_image_at_all_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for name in ("a/1.heic", "b/1.heic"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    with pytest.raises(InvalidInput, match=r"no images that can be read: .*format.*a/1\.heic"):
        opened(root)


def test_names_that_no_terminal_can_print(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"a": 4, "b": 4})
    (root / "new\nline.txt").write_bytes(b"x")
    Path(os.fsdecode(bytes(root) + b"/\xff.txt")).write_bytes(b"x")
    said = line(root)
    assert "2 no image" in said
    assert said.isprintable()
