"""Columns of labels as people have them: one class for each image, or a refusal with what to do."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import WriteParquet, counts, encode_png, make_pixels, opened, task_of

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.labels import number_labels

pytest.importorskip("datasets")
NAMES = ["disc", "cross", "stripes"]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0, 1, 2], ("0", "1", "2")),
        ([-1, 0, 1], ("-1", "0", "1")),
        ([10, 9, 100], ("9", "10", "100")),
        ([1.0, 2.0, 3.0], ("1", "2", "3")),
        ([True, False], ("False", "True")),
        (["disc", "cross"], ("cross", "disc")),
        ([b"disc", b"cross"], ("cross", "disc")),
        (["disc", "disc ", " cross"], ("cross", "disc")),
        # é in one character and in two.
        (["caf\u00e9", "cafe\u0301", "tea"], ("caf\u00e9", "tea")),
        ([np.int64(3), np.int64(4)], ("3", "4")),
        ([Decimal("3"), Decimal("4.0"), Decimal(2**60 + 1)], ("3", "4", str(2**60 + 1))),
    ],
)
def test_labels_that_are_classes(values: list[Any], classes: tuple[str, ...]) -> None:
    numbered = number_labels(values * 4, None, "here")
    assert numbered.classes == classes
    assert sorted(set(numbered.train.tolist())) == list(range(len(classes)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, 1], [1, 0]], r"holds lists, such as \[0, 1\].*one-hot, write the place of the 1"),
        ([[0], [0, 1]], r"holds lists, such as \[0\], but an image has one class here"),
        ([{"id": 0, "name": "x"}, {"id": 1, "name": "y"}], r"records.*fields \(id, name\)"),
        ([0.5, 1.5], r"numbers with fractions, such as 0\.5"),
        ([1.0, float("nan")], r"no value for image 1 of the train part"),
        (["a", None], r"no value for image 1"),
        (["a", " "], r"no value for image 1"),
        (["a", "NaN"], r"says 'NaN' for image 1 of the train part: give every image a label"),
        ([Decimal("1"), Decimal("NaN")], r"no value for image 1"),
        ([Decimal("1"), Decimal("1.5")], r"numbers with fractions, such as 1\.5"),
        ([date(2020, 1, 1), date(2021, 1, 1)], r"dates and times"),
        (["a", "a"], r"one class only \(a\)"),
    ],
)
def test_labels_that_are_none_are_refused(values: list[Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        number_labels(values * 4, None, "here")
    assert str(refused.value).startswith("here ")


def test_an_identifier_is_no_class() -> None:
    with pytest.raises(InvalidInput, match=r"has 40 values for 40 images, such as p0, p1, p10"):
        number_labels([f"p{i}" for i in range(40)], None, "here")


@pytest.mark.parametrize("hidden", [-1, None, "", float("nan")])
def test_test_images_without_labels_are_left_out(hidden: object) -> None:
    numbered = number_labels([0, 1] * 4, [hidden] * 3, "here")
    assert numbered.test is None
    assert "3 images have no labels" in numbered.note


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_without_a_name_is_no_class(number: int) -> None:
    with pytest.raises(InvalidInput, match=rf"is {number} for image 3 of the train part.* 0 to 1"):
        number_labels([0, 1, 1, number, number], None, "here", ["disc", "cross"])
    with pytest.raises(InvalidInput, match=rf"is {number} for image 1 of the test part.* 0 to 1"):
        number_labels([0, 1] * 4, [0, number], "here", ["disc", "cross"])
    assert number_labels([0, 1] * 4, [-1, -1], "here", ["disc", "cross"]).test is None


def test_a_class_that_only_the_test_part_has_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"train part lacks: heron"):
        number_labels(NAMES * 4, [*NAMES, "heron"], "here")
    with pytest.raises(InvalidInput, match=r"train part lacks: heron"):
        number_labels([0, 1] * 4, [0, 2], "here", ["disc", "cross", "heron"])


def write(path: Path, columns: dict[str, Sequence[object]], typed: dict[str, Any]) -> Path:
    """A parquet file of these columns; images are given as numbers."""
    datasets = pytest.importorskip("datasets")
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {
        name: [
            {"bytes": encode_png(make_pixels(1, 8, False, int(v))[0]), "path": None} for v in values
        ]
        if isinstance(typed.get(name), datasets.Image) or name == "image"
        else list(values)
        for name, values in columns.items()
    }
    given = datasets.Dataset.from_dict(made)
    for name, feature in typed.items():
        given = given.cast_column(name, feature)
    given.to_parquet(str(path))
    return path


def test_image_and_label_come_before_other_typed_columns(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    label = [i % 3 for i in range(12)]
    columns = {"mask": [99] * 12, "image": range(12), "batch": [i % 2 for i in range(12)],
               "label": label}  # fmt: skip
    typed = {"mask": datasets.Image(), "image": datasets.Image(),
             "batch": datasets.ClassLabel(names=["p", "q"]),
             "label": datasets.ClassLabel(names=NAMES)}  # fmt: skip
    source = opened(write(tmp_path / "x.parquet", columns, typed))
    assert source.classes == ("disc", "cross", "stripes")
    assert source.train_labels.tolist() == label
    for i in range(12):
        drawn = make_pixels(1, 8, False, i)[0]
        assert np.array_equal(source.read_image("train", i)[:, :, 0], drawn)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("front", "back", "label", "day"), r"several image columns, front, back: .*image_column="),
        (
            ("image", "mask", "fine", "rough"),
            r"several label columns, fine, rough: .*label_column=",
        ),
    ],
)
def test_several_typed_columns_are_asked_about(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    datasets = pytest.importorskip("datasets")
    values = [range(12), range(12), [0, 1] * 6, [1, 0] * 6]
    kinds = [datasets.Image(), datasets.Image(), *[datasets.ClassLabel(num_classes=2)] * 2]
    path = write(tmp_path / "x.parquet", dict(zip(names, values)), dict(zip(names, kinds)))
    with pytest.raises(InvalidInput, match=message):
        opened(path)


@pytest.mark.parametrize(
    ("count", "message"),
    [(1, "class heron has one image only"), (2, "class heron has two images only")],
)
def test_a_class_of_too_few_images_is_named(
    tmp_path: Path, write_parquet: WriteParquet, count: int, message: str
) -> None:
    labels = NAMES * 6 + ["heron"] * count
    path = write_parquet(tmp_path / "x.parquet", len(labels), typed=False, labels=labels)
    with pytest.raises(InvalidInput, match=message):
        _ = task_of(path, tmp_path / "cache").sizes


def test_two_images_are_enough_beside_a_test_part(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    labels = NAMES * 6 + ["heron"] * 2
    write_parquet(tmp_path / "set" / "train.parquet", 20, typed=False, labels=labels)
    write_parquet(tmp_path / "set" / "test.parquet", 3, typed=False, labels=NAMES, seed=1)
    assert task_of(tmp_path / "set", tmp_path / "cache").sizes == (16, 4, 3)


@pytest.mark.parametrize("columns", [("image", "label"), ("image", "id")])
def test_a_hidden_test_part_is_not_tested_on(
    tmp_path: Path, write_parquet: WriteParquet, columns: tuple[str, str]
) -> None:
    write_parquet(tmp_path / "set" / "train.parquet", 20)
    path = tmp_path / "set" / "test.parquet"
    write_parquet(path, 6, typed=False, columns=columns, labels=[-1] * 6, seed=1)
    source = opened(tmp_path / "set")
    assert counts(source) == ({"0": 10, "1": 10}, {})
    assert any("test is left out: its 6 images have no labels" in note for note in source.notes)


@pytest.mark.parametrize("names", [["cross", "stripes", "disc"], None])
def test_parts_that_number_their_classes_in_another_way(
    tmp_path: Path, names: list[str] | None
) -> None:
    datasets = pytest.importorskip("datasets")
    kinds = {"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)}
    given = {"image": range(12), "label": [i % 3 for i in range(12)]}
    write(tmp_path / "set" / "train.parquet", given, kinds)
    other: dict[str, Any] = {"image": range(3), "label": [0, 1, 2] if names else NAMES}
    typed = {**kinds, "label": datasets.ClassLabel(names=names)} if names else {}
    write(tmp_path / "set" / "test.parquet", other, typed)
    labels = opened(tmp_path / "set").test_labels.tolist()
    assert [NAMES[label] for label in labels] == (names or NAMES)
