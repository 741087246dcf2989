"""Identity follows the images and labels that are used, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from image_files import WriteParquet, opened, put, put_tree

from scaling_search.proxy.images import from_folder, manifest

FOLDERS = {f"{part}/{name}": 6 for part in ("train", "test") for name in ("ant", "bee")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return put_tree(tmp_path / "set", FOLDERS)


def leave_system_files(root: Path) -> None:
    for name in (".DS_Store", "train/.DS_Store", "train/ant/Thumbs.db", "train/ant/._img_000.png"):
        (root / name).write_bytes(b"x")
    put(root / "__MACOSX" / "train" / "ant" / "x.png")


def add_a_readme(root: Path) -> None:
    (root / "README.md").write_text("what this is")


def touch(root: Path) -> None:
    os.utime(root / "train" / "ant" / "img_000.png", (1, 1))


def copy_over(root: Path) -> None:
    path = root / "train" / "ant" / "img_000.png"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("change", [leave_system_files, add_a_readme, touch, copy_over])
def test_what_is_not_used_changes_nothing(root: Path, change: Callable[[Path], None]) -> None:
    before = opened(root).identity
    change(root)
    assert opened(root).identity == before


def test_the_place_and_name_of_the_folder_mean_nothing(root: Path, tmp_path: Path) -> None:
    before = opened(root).identity
    (tmp_path / "deep").mkdir()
    root.rename(tmp_path / "deep" / "renamed")
    assert opened(tmp_path / "deep" / "renamed").identity == before


def add(root: Path) -> None:
    put(root / "train" / "ant" / "new.png", 7777)


def add_to_test(root: Path) -> None:
    put(root / "test" / "ant" / "new.png", 7777)


def remove(root: Path) -> None:
    (root / "train" / "bee" / "img_005.png").unlink()


def relabel(root: Path) -> None:
    (root / "train" / "bee" / "img_005.png").rename(root / "train" / "ant" / "moved.png")


def swap_classes(root: Path) -> None:
    (root / "train" / "bee").rename(root / "x")
    (root / "train" / "ant").rename(root / "train" / "bee")
    (root / "x").rename(root / "train" / "ant")


def redraw(root: Path) -> None:
    put(root / "train" / "bee" / "img_005.png", 8888)


def redraw_the_same_length(root: Path) -> None:
    path = root / "train" / "bee" / "img_005.png"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "change", [add, add_to_test, remove, relabel, swap_classes, redraw, redraw_the_same_length]
)
def test_what_is_used_changes_it(root: Path, change: Callable[[Path], None]) -> None:
    before = opened(root).identity
    change(root)
    assert opened(root).identity != before


def test_a_label_in_a_table_changes_it(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"": 10})
    rows = [f"img_{i:03d}.png,{'ab'[i % 2]}" for i in range(10)]
    (root / "metadata.csv").write_text("\n".join(["file_name,label", *rows]))
    before = opened(root).identity
    (root / "metadata.csv").write_text(
        "\n".join(["file_name,label,who", *(f"{r},me" for r in rows)])
    )
    assert opened(root).identity == before
    rows[3] = "img_003.png,a"
    (root / "metadata.csv").write_text("\n".join(["file_name,label", *rows]))
    assert opened(root).identity != before


def test_a_known_set_is_neither_decoded_nor_hashed_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened(root)

    def never(*_: object) -> None:
        raise AssertionError("it is known")

    monkeypatch.setattr(manifest, "_content", never)
    monkeypatch.setattr(from_folder, "open_image", never)
    after = opened(root)
    assert (after.identity, after.notes, after.classes) == (
        before.identity,
        before.notes,
        before.classes,
    )
    assert after.train_labels.tolist() == before.train_labels.tolist()


def test_only_what_changed_is_hashed_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(root)
    hashed: list[str] = []
    content = manifest._content
    monkeypatch.setattr(manifest, "_content", lambda path: (hashed.append(path), content(path))[1])
    redraw(root)
    (root / "README.md").write_text("x")
    opened(root)
    assert hashed == [str(root / "train" / "bee" / "img_005.png")]


@pytest.mark.parametrize("what", ["sets/*.columns", "manifests/*.columns", "manifests/*.states"])
@pytest.mark.parametrize("damage", [b"", b"x" * 50, None])
def test_damaged_memory_is_made_again(root: Path, what: str, damage: bytes | None) -> None:
    before = opened(root)
    (path,) = (root.parent / "cache").glob(what)
    if damage is None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        path.write_bytes(damage)
    after = opened(root)
    assert (after.identity, after.notes) == (before.identity, before.notes)
    assert after.train_labels.tolist() == before.train_labels.tolist()


def test_parquet_files(tmp_path: Path, write_parquet: WriteParquet) -> None:
    pytest.importorskip("datasets")
    root = tmp_path / "set"
    for seed, part in enumerate(("train", "test")):
        write_parquet(root / f"{part}.parquet", seed=seed)
    before = opened(root).identity
    for name in ("README.md", ".DS_Store", "data.json"):
        (root / name).write_text("x")
    os.utime(root / "train.parquet", (1, 1))
    assert opened(root).identity == before
    root.rename(tmp_path / "renamed")
    assert opened(tmp_path / "renamed").identity == before
    assert opened(tmp_path / "renamed", label_column="label").identity != before
    write_parquet(tmp_path / "renamed" / "test.parquet", seed=5)
    assert opened(tmp_path / "renamed").identity != before
