"""Sets read by `datasets`: local files of every usual form, and files that cannot be used."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_files import WriteParquet, encode_png, make_pixels
from small_disk import small_disk

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, ProxyTask

pytest.importorskip("datasets")

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def task_of(path: Path, cache: Path, **settings: object) -> ProxyTask:
    return ProxyTask(DataSettings(kind="parquet", path=str(path), cache_dir=str(cache), **settings))


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


def write_folder(folder: Path, parts: tuple[str, ...], rgb: bool = True) -> Path:
    for seed, part in enumerate(parts):
        for name in ("ant", "bee", "cat"):
            (folder / part / name).mkdir(parents=True)
            for index, pixels in enumerate(make_pixels(6, 10, rgb, seed * 100 + ord(name[0]))):
                (folder / part / name / f"{index}.png").write_bytes(encode_png(pixels))
    return folder


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


def test_sixteen_bit_grey_keeps_its_shades(tmp_path: Path, write_parquet: WriteParquet) -> None:
    shades = {i: encode_png(np.full((8, 8), 257 * (10 * i + 5), np.uint16)) for i in range(20)}
    path = write_parquet(tmp_path / "x.parquet", side=8, images=shades)
    values = {image[0] for part in images_of(task_of(path, tmp_path), 4) for image in part}
    assert values == {10 * i + 5 for i in range(20)}


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


def empty_folder(path: Path, _: WriteParquet) -> Path:
    path.mkdir()
    return path


def folder_without_images(path: Path, _: WriteParquet) -> Path:
    path.mkdir()
    (path / "notes.txt").write_text("nothing to see")
    return path


def missing(path: Path, _: WriteParquet) -> Path:
    return path


def no_bytes(path: Path, _: WriteParquet) -> Path:
    path.write_bytes(b"")
    return path


def no_rows(path: Path, write: WriteParquet) -> Path:
    return write(path, 0)


def torn(path: Path, write: WriteParquet) -> Path:
    content = write(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def no_image_column(path: Path, write: WriteParquet) -> Path:
    return write(path, typed=False, columns=("pixels", "label"))


def no_label_column(path: Path, write: WriteParquet) -> Path:
    return write(path, typed=False, columns=("image", "meaning"))


def one_class(path: Path, write: WriteParquet) -> Path:
    return write(path, classes=1)


def lone_image(path: Path, write: WriteParquet) -> Path:
    return write(path, labels=[0] * 19 + [1])


def missing_label(path: Path, write: WriteParquet) -> Path:
    return write(path, typed=False, labels=[0, 1] * 9 + [0, None])


def not_an_image(path: Path, write: WriteParquet) -> Path:
    return write(path, images={3: b"no picture at all"})


def torn_image(path: Path, write: WriteParquet) -> Path:
    return write(path, images={3: encode_png(make_pixels(1, 40, True, 0)[0])[:2000]})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing, r"data\.path is .*no such file"),
        (no_bytes, r"data\.path is .*cannot be read"),
        (no_rows, r"data\.path is .*cannot be read|holds no images"),
        (torn, r"data\.path is .*cannot be read"),
        (no_image_column, r"no image column among pixels, label: .*data\.image_column="),
        (no_label_column, r"no label column among image, meaning: .*data\.label_column="),
        (one_class, r"one class only"),
        (lone_image, r"one image only"),
        (missing_label, r"label"),
        (not_an_image, r"x\.parquet"),
        (torn_image, r"x\.parquet"),
        (empty_folder, r"data\.path is"),
        (folder_without_images, r"data\.path is"),
    ],
)
def test_unusable_files_are_named(
    tmp_path: Path,
    write_parquet: WriteParquet,
    spoil: Callable[[Path, WriteParquet], Path],
    message: str,
) -> None:
    path = spoil(tmp_path / "x.parquet", write_parquet)
    with pytest.raises(InvalidInput, match=message):
        task_of(path, tmp_path / "cache").load(8)


def test_unusable_picture_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pictures", ("",))
    (folder / "bee" / "3.png").write_bytes(b"no picture at all")
    with pytest.raises(InvalidInput, match=r"3\.png"):
        task_of(folder, tmp_path / "cache").load(8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_column": "fine"}, r"data\.label_column is 'fine', but .* image, label"),
        ({"image_column": "pixels"}, r"data\.image_column is 'pixels'"),
        ({"image_column": "label"}, r"data\.image_column"),
        ({"test_split": "holdout"}, r"data\.test_split"),
    ],
)
def test_unknown_columns_and_parts_are_named(
    tmp_path: Path, write_parquet: WriteParquet, settings: dict[str, str], message: str
) -> None:
    path = write_parquet(tmp_path / "x.parquet")
    with pytest.raises(InvalidInput, match=message):
        task_of(path, tmp_path / "cache", **settings).load(8)


def test_test_labels_unknown_to_training_are_refused(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    write_parquet(tmp_path / "set" / "train.parquet", typed=False)
    write_parquet(tmp_path / "set" / "test.parquet", 4, typed=False, labels=[0, 1, -1, -1])
    with pytest.raises(InvalidInput, match=r"classes that the train part lacks: -1"):
        task_of(tmp_path / "set", tmp_path / "cache").load(8)


def test_path_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"data\.path is empty"):
        _ = ProxyTask(DataSettings("parquet", cache_dir=str(tmp_path))).image_set


def test_cache_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    path = write_parquet(tmp_path / "x.parquet")
    (tmp_path / "file").write_text("mine")
    for settings in (
        DataSettings("parquet", str(path), cache_dir=str(tmp_path / "file" / "below")),
        DataSettings("hub", name="a/b", cache_dir=str(tmp_path / "file" / "below")),
    ):
        with pytest.raises(InvalidInput, match=r"data\.cache_dir is .*file is no folder: set it"):
            _ = ProxyTask(settings).image_set


def test_full_disk_is_an_error_of_the_disk(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "x.parquet", 200, side=64)
    with small_disk(tmp_path / "small") as disk:
        with pytest.raises(OSError, match="No space left") as raised:
            task_of(path, disk).load(8)
        assert raised.value.errno == errno.ENOSPC


@pytest.mark.parametrize("name", ["path", "cache_dir"])
def test_home_folder_of_nobody_is_refused(
    tmp_path: Path, write_parquet: WriteParquet, name: str
) -> None:
    places = {"path": str(write_parquet(tmp_path / "x.parquet")), "cache_dir": str(tmp_path)}
    settings = DataSettings("parquet", **{**places, name: "~no-such-user/x"})
    with pytest.raises(InvalidInput, match=rf"data\.{name} is '~no-such-user/x'.*whole path"):
        _ = ProxyTask(settings).image_set


def test_path_that_is_no_name_of_a_file_is_refused(tmp_path: Path) -> None:
    for path in ("null\0byte", "long" * 100):
        with pytest.raises(InvalidInput, match=r"data\.path is .*no such file"):
            _ = task_of(Path(path), tmp_path).image_set


def test_kind_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"data\.kind is 'folder'"):
        _ = ProxyTask(DataSettings("folder", cache_dir=str(tmp_path))).image_set


def test_hub_without_a_network_names_the_local_way(tmp_path: Path) -> None:
    # In a process of its own: huggingface_hub reads the variable when it is imported.
    code = (
        "from scaling_search.proxy import DataSettings, ProxyTask\n"
        "from scaling_search.errors import InvalidInput\n"
        "try:\n"
        f"    ProxyTask(DataSettings('hub', name='a/b', cache_dir={str(tmp_path)!r})).image_set\n"
        "except InvalidInput as error:\n"
        "    print(error)\n"
    )
    home = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | home,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "data.name is 'a/b'" in done.stdout
    assert "data=parquet data.path=" in done.stdout


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
