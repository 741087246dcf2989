"""Sets read by `datasets`: local files of every usual form."""

from pathlib import Path

import pytest
from image_files import WriteParquet, encode_png, make_pixels, task_of, write_folder

from scaling_search.proxy import ProxyTask

pytest.importorskip("datasets")


REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def images_of(task: ProxyTask, resolution: int) -> list[dict[bytes, int]]:
    return [
        {split.images[row].tobytes(): int(label) for row, label in zip(split.rows, split.labels)}
        for split in task.load(resolution)
    ]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("rgb", [True, False])
def test_folder_with_train_and_test_parquet(
    tmp_path: Path, write_parquet: WriteParquet, typed: bool, rgb: bool
) -> None:
    write_parquet(tmp_path / "set" / "train-0.parquet", 20, rgb=rgb, typed=typed)
    write_parquet(tmp_path / "set" / "test-0.parquet", 8, rgb=rgb, typed=typed, seed=1)
    task = task_of(tmp_path / "set", tmp_path / "cache")
    channels = 3 if rgb else 1
    assert task.facts.in_channels == channels
    assert task.facts.num_classes == 2
    assert task.facts.native_resolution == 12
    assert task.sizes == (16, 4, 8)
    train, val, test = images_of(task, 12)
    # At the native resolution the pixels are those that were written, with their labels.
    written = {p.tobytes(): i % 2 for i, p in enumerate(make_pixels(20, 12, rgb, 0))}
    assert train | val == written
    assert test == {p.tobytes(): i % 2 for i, p in enumerate(make_pixels(8, 12, rgb, 1))}


def test_set_without_a_test_part_keeps_some_aside(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    task = task_of(write_parquet(tmp_path / "x.parquet", 50), tmp_path)
    assert task.sizes == (32, 8, 10)
    train, val, test = images_of(task, 12)
    assert len(train | val | test) == 50


def test_validation_is_the_test_part_where_there_is_no_other(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    write_parquet(tmp_path / "set" / "train.parquet")
    write_parquet(tmp_path / "set" / "validation.parquet", 6, seed=1)
    assert task_of(tmp_path / "set", tmp_path / "cache").sizes == (16, 4, 6)


def test_words_as_labels(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "x.parquet", 20, typed=False, labels=["cat", "ant"] * 10)
    source = task_of(path, tmp_path).image_set
    assert source.num_classes == 2
    # Numbered in the order of the alphabet.
    assert source.train_labels.tolist() == [1, 0] * 10


def test_columns_are_found_by_type_or_named(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "typed.parquet", columns=("picture", "kind"))
    assert task_of(path, tmp_path).facts.num_classes == 2
    path = write_parquet(tmp_path / "plain.parquet", columns=("picture", "kind"), typed=False)
    task = task_of(path, tmp_path, image_column="picture", label_column="kind")
    assert task.facts.num_classes == 2


def test_image_folder(tmp_path: Path) -> None:
    task = task_of(write_folder(tmp_path / "pictures", ("",)), tmp_path / "cache")
    assert task.facts.name == "pictures"
    assert (task.facts.num_classes, task.facts.in_channels) == (3, 3)
    assert sum(task.sizes) == 18
    written = {p.tobytes() for name in "abc" for p in make_pixels(6, 10, True, ord(name))}
    assert set().union(*images_of(task, 10)) == written


def test_image_folder_with_parts_and_grey_pictures(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pictures", ("train", "test"), rgb=False)
    task = task_of(folder, tmp_path / "cache")
    assert task.facts.in_channels == 1
    assert task.facts.test_images == 18
    assert task.facts.train_images + task.facts.val_images == 18


def test_parquet_in_folders_of_parts(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "set" / "train" / "0000.parquet")
    write_parquet(tmp_path / "set" / "test" / "0000.parquet", 8, seed=1)
    assert task_of(tmp_path / "set", tmp_path / "cache").sizes == (16, 4, 8)


def test_file_whose_name_happens_to_hold_a_part(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    # la-test
    path = write_parquet(tmp_path / "latest.parquet")
    assert sum(task_of(path, tmp_path / "cache").sizes) == 20


def test_mixed_pictures_become_colour(tmp_path: Path, write_parquet: WriteParquet) -> None:
    colour = encode_png(make_pixels(1, 12, True, 5)[0])
    path = write_parquet(tmp_path / "x.parquet", images={7: colour})
    assert task_of(path, tmp_path).facts.in_channels == 3


def test_native_resolution_is_what_nine_of_ten_reach(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    small = {i: encode_png(make_pixels(1, 5, False, i)[0]) for i in range(2)}
    path = write_parquet(tmp_path / "x.parquet", 40, side=14, images=small)
    assert task_of(path, tmp_path).facts.native_resolution == 14


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "classes", "channels", "native", "train", "test"),
    [
        ("omniglot-small", 242, 1, 105, 3630, 1210),
        ("fashion-mnist", 10, 1, 28, 60_000, 10_000),
        ("sign-language-digits", 10, 3, 100, 1649, 410),
    ],
)
def test_real_sets(
    tmp_path: Path, name: str, classes: int, channels: int, native: int, train: int, test: int
) -> None:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"{name} does not stand beside the checkout in shared/data")
    task = task_of(path, tmp_path)
    facts = task.facts
    assert (facts.num_classes, facts.in_channels) == (classes, channels)
    assert facts.native_resolution == native
    assert facts.train_images + facts.val_images == train
    assert facts.test_images == test
    assert task.image_set.read_image("test", 0).shape == (native, native, channels)
