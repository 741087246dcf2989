"""Which names beside each other are parts of a set."""

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.parquet_files import parts_of_files
from scaling_search.proxy.images.parts import find_parts, part_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *((name, "train") for name in ("train", "Train", "TRAINING", "training_set", "trains")),
        *(
            (name, "train")
            for name in ("train-00000-of-00001", "TrainSet", "trainimages", "train2")
        ),
        *((name, "test") for name in ("test", "tests", "Testing", "test set", "test.data")),
        *((name, "validation") for name in ("val", "Valid", "validation", "dev", "val_images")),
        *((name, "eval") for name in ("eval", "evaluation", "evaluations")),
    ],
)
def test_part_words(name: str, part: str) -> None:
    assert part_of(name) == (part, ())


@pytest.mark.parametrize(
    "name", ["latest", "trainer", "contest", "devil", "strain", "invalid", "bus", "train_val", ""]
)
def test_other_words(name: str) -> None:
    assert part_of(name) is None


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ("train test", {"train": "train", "test": "test"}),
        ("Train Valid", {"Train": "train", "Valid": "validation"}),
        ("train", {"train": "train"}),
        ("seg_train seg_test", {"seg_train": "train", "seg_test": "test"}),
        ("seg_train seg_test seg_pred", {"seg_train": "train", "seg_test": "test"}),
        ("train test extra", {"train": "train", "test": "test"}),
        ("train_1 train_2 test", {"train_1": "train", "train_2": "train", "test": "test"}),
        # Classes.
        ("bus car train", {}),
        ("train_station crash_test", {}),
        ("train_station train_track", {}),
        ("load_1 load_test_2", {}),
        ("test", {}),
        ("test val", {}),
        ("test_tube beaker", {}),
    ],
)
def test_parts_among_names(names: str, parts: dict[str, str]) -> None:
    assert find_parts(names.split()) == parts


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ("train-00000-of-00002 train-00001-of-00002 test-00000-of-00001", "train train test"),
        ("data/train-0 data/test-0", "train test"),
        ("default/train/0000 default/test/0000", "train test"),
        ("train/0000 test/load_1", "train test"),
        ("train/0000", "train"),
        ("cifar10-train cifar10-test", "train test"),
        ("load_1 load_test_2", "train train"),
        ("load_test_1 load_test_2", "train train"),
        ("latest", "train"),
        ("test", "train"),
        ("test-1 test-2", "train train"),
    ],
)
def test_parts_of_parquet_files(files: str, parts: str) -> None:
    paths = [f"{name}.parquet" for name in files.split()]
    found = parts_of_files(paths, "set")
    assert [next(p for p, inside in found.items() if path in inside) for path in paths] == (
        parts.split()
    )
    assert sum(map(len, found.values())) == len(paths)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("train test extra", r"extra\.parquet belongs to none: move it elsewhere"),
        ("test-0 val-0", r"set has no train part, only test-0, val-0: name the files"),
        ("a/train/0 a/test/0 b/train/0 b/test/0", r"a/test/0\.parquet, .*give data\.path="),
    ],
)
def test_parquet_files_that_are_no_clear_split(files: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parts_of_files([f"{name}.parquet" for name in files.split()], "set")
