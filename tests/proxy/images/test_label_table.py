"""A table of labels beside the images is used where it is there."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from image_files import counts, opened, put_tree

from scaling_search.errors import InvalidInput

Write = Callable[[Path, list[str], list[list[str]]], None]


def write_csv(path: Path, names: list[str], rows: list[list[str]], separator: str = ",") -> None:
    path.write_text("\n".join(separator.join(row) for row in [names, *rows]) + "\n")


def write_jsonl(path: Path, names: list[str], rows: list[list[str]]) -> None:
    path.write_text("".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows))


def write_parquet(path: Path, names: list[str], rows: list[list[str]]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(dict(zip(names, zip(*rows)))), path)


def flat(tmp_path: Path, folder: str = "") -> Path:
    return put_tree(tmp_path / "set", {folder: 10})


def rows(name: str = "img_{:03d}.png") -> list[list[str]]:
    return [[name.format(i), ("cat", "dog")[i % 2]] for i in range(10)]


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("metadata.csv", write_csv),
        ("labels.tsv", lambda *given: write_csv(*given, separator="\t")),
        ("labels.csv", lambda *given: write_csv(*given, separator=";")),
        ("metadata.jsonl", write_jsonl),
        ("metadata.parquet", write_parquet),
    ],
)
def test_kinds_of_tables(tmp_path: Path, file: str, write: Write) -> None:
    root = flat(tmp_path)
    write(root / file, ["file_name", "label"], rows())
    source = opened(root)
    assert counts(source) == ({"cat": 5, "dog": 5}, {})
    assert source.train_labels.tolist() == [0, 1] * 5
    assert any(f"by column label of {file} (cat 5, dog 5)" in note for note in source.notes)


@pytest.mark.parametrize(
    "name",
    ["img_{:03d}", "./img_{:03d}.png", "images/img_{:03d}.png", "/data/old place/img_{:03d}.png"],
)
def test_images_are_named_with_and_without_path_and_ending(tmp_path: Path, name: str) -> None:
    root = flat(tmp_path, "images")
    write_csv(root / "labels.csv", ["id", "breed"], rows(name))
    assert opened(root).train_labels.tolist() == [0, 1] * 5


def test_a_table_beside_class_folders_comes_first(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"monday": 6, "friday": 6})
    named = [[f"{day}/img_{i:03d}.png", ("cat", "dog")[i % 2]] for day in ("monday", "friday")
             for i in range(6)]  # fmt: skip
    write_csv(root / "metadata.csv", ["file_name", "label"], named)
    assert counts(opened(root)) == ({"cat": 6, "dog": 6}, {})


def test_a_table_that_says_nothing_about_classes_is_passed_by_and_named(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"cat": 6, "dog": 6})
    sizes = [[f"{name}/img_{i:03d}.png", "8", "8"] for name in ("cat", "dog") for i in range(6)]
    write_csv(root / "sizes.csv", ["file", "width", "height"], sizes)
    write_csv(root / "other.csv", ["day", "rain"], [["1", "2"], ["2", "3"]])
    source = opened(root)
    assert counts(source) == ({"cat": 6, "dog": 6}, {})
    assert any(note.startswith("sizes.csv is not used: ") for note in source.notes)
    assert any(note.startswith("other.csv is not used: ") for note in source.notes)


def test_parts_with_tables_of_their_own(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"train": 10, "test": 10})
    for part in ("train", "test"):
        write_csv(root / part / "metadata.csv", ["file_name", "label"], rows())
    assert counts(opened(root)) == ({"cat": 5, "dog": 5}, {"cat": 5, "dog": 5})


def test_a_competition(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"train": 10}, 0)
    for i in range(10):
        (root / "train" / f"img_{i:03d}.png").rename(root / "train" / f"{i}a.png")
    put_tree(root, {"test": 6}, 4000)
    write_csv(root / "train.csv", ["id", "label"], rows("{}a"))
    form = [[f"img_{i:03d}", "cat"] for i in range(6)]
    write_csv(root / "sample_submission.csv", ["id", "label"], form)
    source = opened(root)
    # The form's labels are placeholders.
    assert counts(source) == ({"cat": 5, "dog": 5}, {})
    assert any("its 6 images have no labels" in note for note in source.notes)


def test_the_column_of_labels_is_asked_for_where_it_is_not_clear(tmp_path: Path) -> None:
    root = flat(tmp_path)
    full = [[name, label, "x"] for name, label in rows()]
    write_csv(root / "labels.csv", ["file", "breed", "owner"], full)
    with pytest.raises(InvalidInput, match=r"labels\.csv: .*breed, owner: .*data\.label_column="):
        opened(root)
    assert counts(opened(root, label_column="breed"))[0] == {"cat": 5, "dog": 5}
    with pytest.raises(InvalidInput, match=r"data\.label_column is 'colour', but .*breed, owner"):
        opened(root, label_column="colour")


def test_images_that_no_row_names_are_left_out(tmp_path: Path) -> None:
    root = flat(tmp_path)
    write_csv(root / "labels.csv", ["file", "label"], rows()[:9])
    source = opened(root)
    assert sum(counts(source)[0].values()) == 9
    assert any("1 that labels.csv does not name (img_009.png)" in note for note in source.notes)
    write_csv(root / "labels.csv", ["file", "label"], rows()[:8])
    with pytest.raises(InvalidInput, match=r"2 of 10 images would be left out"):
        opened(root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["img_001.png", "cat"], r"gives img_001\.png two labels, 'dog' and 'cat'"),
        (["img_001.png", ""], r"two labels"),
    ],
)
def test_one_label_for_an_image(tmp_path: Path, change: list[str], message: str) -> None:
    root = flat(tmp_path)
    write_csv(root / "labels.csv", ["file", "label"], [*rows(), change])
    with pytest.raises(InvalidInput, match=message):
        opened(root)


def test_an_empty_label_and_labels_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    root = flat(tmp_path)
    write_csv(root / "labels.csv", ["file", "label"], [*rows()[:9], ["img_009.png", ""]])
    with pytest.raises(InvalidInput, match=r"labels\.csv has no label for img_009\.png"):
        opened(root)
    for value in ("{}", "{}.25"):
        alone = [[f"img_{i:03d}.png", value.format(i)] for i in range(10)]
        write_csv(root / "labels.csv", ["file", "label"], alone)
        with pytest.raises(InvalidInput, match=r"10 values for 10 images.*data\.label_column="):
            opened(root)


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = flat(tmp_path)
    (root / "metadata.jsonl").write_text("{not json")
    with pytest.raises(InvalidInput, match=r"metadata\.jsonl cannot be read as a table"):
        opened(root)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("\n".join(["file,label", *map(",".join, rows())]), "utf-16"),
        ("\n".join(["file,label", *map(",".join, rows())]), "utf-8-sig"),
        ("\r".join(["file,label", *map(",".join, rows())]), "utf-8"),
        ("\r\n".join(["sep=;", "file;label", *map(";".join, rows())]), "utf-8"),
        ("\n".join(['"name, of the file";label', *map(";".join, rows())]), "utf-8"),
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, text: str, encoding: str) -> None:
    root = flat(tmp_path)
    (root / "labels.csv").write_bytes(text.encode(encoding))
    source = opened(root)
    assert source.classes == ("cat", "dog")
    assert source.train_labels.tolist() == [0, 1] * 5


@pytest.mark.parametrize("name", ["img_{:03d}.png", "img_{:03d}"])
def test_a_table_without_a_row_of_names_loses_no_image(tmp_path: Path, name: str) -> None:
    root = flat(tmp_path)
    first, *rest = rows(name)
    write_csv(root / "labels.csv", first, rest)
    with pytest.raises(InvalidInput, match=r"its first row names img_000\.png .*file_name,label"):
        opened(root)
    # A column may be called as an image is.
    (root / "img_009.png").rename(root / "file.png")
    write_csv(root / "labels.csv", ["file", "label"], [*rows(name)[:9], ["file", "dog"]])
    assert opened(root).train_labels.tolist() == [1, *[0, 1] * 4, 0]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    root = flat(tmp_path)
    write_csv(root / "labels.csv", ["file", "label", "label"], [[*row, "x"] for row in rows()])
    with pytest.raises(InvalidInput, match=r"labels\.csv .*two of its columns are called label"):
        opened(root)


@pytest.mark.parametrize("before", ["", "./", "/data/old place/", "C:\\old\\"])
def test_a_row_of_another_part_is_another_image(tmp_path: Path, before: str) -> None:
    root = put_tree(tmp_path / "set", {"train": 10, "test": 10})
    # What the test images show is another class than the train image of the same name.
    tested = [[f"{before}test/{name}", rows()[i - 1][1]] for i, (name, _) in enumerate(rows())]
    named = [[f"{before}train/{name}", label] for name, label in rows()]
    write_csv(root / "labels.csv", ["file", "label"], [*named, *tested])
    source = opened(root)
    assert source.train_labels.tolist() == [0, 1] * 5
    assert source.test_labels.tolist() == [1, 0] * 5
    assert not any("not there" in note for note in source.notes)
    write_csv(root / "labels.csv", ["file", "label"], [*named[:9], *tested])
    source = opened(root)
    assert source.train_labels.tolist() == [0, 1] * 4 + [0]
    assert any("does not name (train/img_009.png)" in note for note in source.notes)


def test_images_of_the_root_are_named_with_the_folder_above(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"": 5, "more": 5})
    named = [[f"set/{'more/' if i > 4 else ''}img_{i % 5:03d}.png", "ab"[i % 2]] for i in range(10)]
    write_csv(root / "labels.csv", ["file", "label"], named)
    assert counts(opened(root))[0] == {"a": 5, "b": 5}


def test_rows_of_images_that_are_not_there_are_said(tmp_path: Path) -> None:
    root = flat(tmp_path)
    gone = [[f"gone_{i}.png", "cat"] for i in range(7)]
    write_csv(root / "labels.csv", ["file", "label"], [*rows(), *gone])
    assert "labels.csv names 7 images that are not there, such as gone_0.png" in opened(root).notes


@pytest.mark.parametrize("label", [["cat"], {"name": "cat"}])
def test_lists_and_records_are_no_classes(tmp_path: Path, label: object) -> None:
    root = flat(tmp_path)
    lines = [json.dumps({"file": name, "label": label}) for name, _ in rows()]
    (root / "metadata.jsonl").write_text("\n".join(lines))
    with pytest.raises(InvalidInput, match=r"column label holds lists or records, such as .*'cat'"):
        opened(root)


def test_columns_of_lists_in_parquet_are_no_classes(tmp_path: Path) -> None:
    root = flat(tmp_path)
    write_parquet(root / "metadata.parquet", ["file", "label"], [[n, [k]] for n, k in rows()])  # type: ignore[list-item]
    with pytest.raises(InvalidInput, match=r"column label holds lists or records"):
        opened(root)


def test_numbers_are_classes_however_they_are_written(tmp_path: Path) -> None:
    root = flat(tmp_path)
    named = [[f"img_{i:03d}.png", ("0", "0.0", "1", "1.0", "1.00")[i % 5]] for i in range(10)]
    write_csv(root / "labels.csv", ["file", "label"], named)
    assert counts(opened(root))[0] == {"0": 4, "1": 6}
    named[0][1] = "nan"
    write_csv(root / "labels.csv", ["file", "label"], named)
    with pytest.raises(InvalidInput, match=r"labels\.csv has no label for img_000\.png"):
        opened(root)


def test_a_table_that_names_no_image_is_named_where_labels_are_missing(tmp_path: Path) -> None:
    root = flat(tmp_path, "images")
    write_csv(root / "labels.csv", ["file", "label"], rows("IMG-{}.jpeg"))
    with pytest.raises(InvalidInput, match=r"one class only.*labels\.csv: it does not name half"):
        opened(root)


def test_a_column_that_is_asked_for_is_not_passed_by(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"cat": 6, "dog": 6})
    with pytest.raises(InvalidInput, match=r"data\.label_column is 'breed', but .* no table"):
        opened(root, label_column="breed")
    named = [[f"{kind}/img_{i:03d}.png", kind] for kind in ("cat", "dog") for i in range(6)]
    write_csv(root / "labels.csv", ["file", "label"], named)
    with pytest.raises(
        InvalidInput, match=r"'breed'.*labels\.csv: .*columns beside file are label"
    ):
        opened(root, label_column="breed")
    with pytest.raises(InvalidInput, match=r"data\.image_column is 'picture', but .* no columns"):
        opened(root, image_column="picture")


def test_labels_that_are_lists_as_text_are_refused(tmp_path: Path) -> None:
    root = flat(tmp_path)
    table = [[name, f"[{label}; small]"] for name, label in rows()]
    write_csv(root / "metadata.csv", ["file_name", "label"], table)
    with pytest.raises(InvalidInput, match="holds lists or records"):
        opened(root)
