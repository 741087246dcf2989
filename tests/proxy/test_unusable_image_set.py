"""Image files, columns and settings that cannot be used are named with a remedy."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from image_files import WriteParquet, encode_png, make_pixels, task_of, write_folder
from small_disk import small_disk

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, ProxyTask

pytest.importorskip("datasets")


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
