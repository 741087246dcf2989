"""A table of labels may say which image is of which part."""

from pathlib import Path

import pytest
from image_files import counts, opened, put_tree

from scaling_search.errors import InvalidInput


def write(root: Path, names: list[str], table: list[list[str]]) -> None:
    lines = [",".join(row) for row in [names, *table]]
    (root / "metadata.csv").write_text("\n".join(lines) + "\n")


def flat(tmp_path: Path) -> Path:
    return put_tree(tmp_path / "set", {"": 10})


def rows() -> list[list[str]]:
    return [[f"img_{i:03d}.png", ("cat", "dog")[i % 2]] for i in range(10)]


@pytest.mark.parametrize("column", ["split", "data set", "Partition"])
def test_a_table_may_say_which_image_is_of_which_part(tmp_path: Path, column: str) -> None:
    root = flat(tmp_path)
    parts = ["train"] * 6 + ["test"] * 2 + ["valid"] * 2
    table = [[*row, part] for row, part in zip(rows(), parts)]
    write(root, ["file_name", "breed", column], table)
    source = opened(root)
    assert counts(source) == ({"cat": 3, "dog": 3}, {"cat": 1, "dog": 1})
    said = f"column breed of metadata.csv, parts by column {column}"
    assert any(note.startswith("train: 6 images") and said in note for note in source.notes)
    assert any(note.startswith("test: 2 images") and said in note for note in source.notes)
    assert any(note.startswith("validation ") and "is not used" in note for note in source.notes)


def test_folders_that_name_parts_come_before_a_column(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"train": 10, "test": 10})
    table = [[f"{part}/{name}", label, "train" if part == "test" else "test"]
             for part in ("train", "test") for name, label in rows()]  # fmt: skip
    write(root, ["file_name", "label", "split"], table)
    assert counts(opened(root)) == ({"cat": 5, "dog": 5}, {"cat": 5, "dog": 5})


def test_a_column_of_other_words_says_no_parts(tmp_path: Path) -> None:
    root = flat(tmp_path)
    table = [[*row, ("train", "bus")[i % 2]] for i, row in enumerate(rows())]
    write(root, ["file_name", "label", "seen_from"], table)
    assert counts(opened(root)) == ({"cat": 5, "dog": 5}, {})


def test_images_without_a_part_are_left_out_and_two_parts_refused(tmp_path: Path) -> None:
    root = flat(tmp_path)
    parts = ["train"] * 4 + ["test"] * 4 + ["", ""]
    table = [[*row, part] for row, part in zip(rows(), parts)]
    write(root, ["file_name", "label", "split"], table)
    with pytest.raises(InvalidInput, match=r"2 of which metadata\.csv names no part"):
        opened(root)
    write(root, ["file_name", "label", "split"], [*table[:8], [*rows()[0], "test"]])
    with pytest.raises(InvalidInput, match=r"img_000\.png in two parts, train and test"):
        opened(root)


@pytest.mark.parametrize("column", ["class", "label", "vehicle"])
@pytest.mark.parametrize("with_split", [True, False])
def test_classes_may_be_called_train_and_test(
    tmp_path: Path, column: str, with_split: bool
) -> None:
    """A column of labels is one by its name, or because it is the only one."""
    root = flat(tmp_path)
    table = [[name, ("train", "test")[i % 2]] for i, (name, _) in enumerate(rows())]
    if with_split and column != "vehicle":
        table = [[*row, ("train", "test")[i >= 6]] for i, row in enumerate(table)]
        write(root, ["file_name", column, "split"], table)
        assert counts(opened(root)) == ({"test": 3, "train": 3}, {"test": 2, "train": 2})
    else:
        write(root, ["file_name", column], table)
        assert counts(opened(root)) == ({"test": 5, "train": 5}, {})


def test_a_column_called_split_is_never_the_labels(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"cat": 6, "dog": 6})
    table = [[f"{kind}/img_{i:03d}.png", ("train", "test")[i >= 4]]
             for kind in ("cat", "dog") for i in range(6)]  # fmt: skip
    write(root, ["file_name", "split"], table)
    source = opened(root)
    assert counts(source) == ({"cat": 6, "dog": 6}, {})
    assert any("metadata.csv is not used" in note for note in source.notes)


@pytest.mark.parametrize(
    ("column", "words"),
    [("split", ["train", "holdout"]), ("split", ["test"]), ("is_train", ["0", "1"])],
)
def test_a_column_that_seems_to_tell_parts_is_said(
    tmp_path: Path, column: str, words: list[str]
) -> None:
    root = flat(tmp_path)
    table = [[*row, words[i % len(words)]] for i, row in enumerate(rows())]
    write(root, ["file_name", "label", column], table)
    source = opened(root)
    assert counts(source) == ({"cat": 5, "dog": 5}, {})
    assert f"column {column} of metadata.csv tells no parts" in source.notes
