"""A worker opens what its driver has opened, and looks at no file that it need not read."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from image_files import WriteParquet, put, put_tree, settings_of

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, ProxyTask
from scaling_search.proxy.images import local_files, manifest
from scaling_search.proxy.task import known_task, open_image_set, proxy_task

FOLDERS = {f"{part}/{name}": 6 for part in ("train", "test") for name in ("ant", "bee")}


@pytest.fixture(autouse=True)
def new_process() -> None:
    for known in (known_task, proxy_task, open_image_set):
        known.cache_clear()


def never(*_: object) -> None:
    raise AssertionError("the files were looked at")


def test_nothing_is_listed_or_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(put_tree(tmp_path / "set", FOLDERS))
    driver = ProxyTask(settings)
    expected, identity = driver.load(6), driver.identity
    for pixels in (tmp_path / "cache").glob("*.npy"):
        pixels.unlink()
    monkeypatch.setattr(local_files, "scan", never)
    monkeypatch.setattr(manifest, "_content", never)
    worker = known_task(settings, identity)
    assert (worker.identity, worker.facts) == (identity, driver.facts)
    for ours, theirs in zip(worker.load(6), expected):
        assert np.array_equal(ours.images, theirs.images)
        assert ours.rows.tolist() == theirs.rows.tolist()
        assert ours.labels.tolist() == theirs.labels.tolist()


def test_parquet_rows_are_not_loaded_while_pixels_are_there(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    pytest.importorskip("datasets")
    settings = settings_of(write_parquet(tmp_path / "x.parquet"))
    driver = ProxyTask(settings)
    expected, identity = driver.load(6), driver.identity
    (tmp_path / "x.parquet").unlink()
    worker = known_task(settings, identity)
    assert np.array_equal(worker.load(6)[0].images, expected[0].images)


def test_other_settings_are_another_task(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", FOLDERS)
    tasks = [ProxyTask(settings_of(root)), ProxyTask(settings_of(root, ground="grey"))]
    for task in tasks:
        known = known_task(task.settings, task.identity)
        assert known.image_set.identity == task.image_set.identity


def test_without_memory_it_is_opened(tmp_path: Path) -> None:
    settings = settings_of(put_tree(tmp_path / "set", FOLDERS))
    identity = ProxyTask(settings).identity
    shutil.rmtree(tmp_path / "cache")
    open_image_set.cache_clear()
    assert known_task(settings, identity).identity == identity


def test_data_that_changed_meanwhile_are_refused(tmp_path: Path) -> None:
    settings = settings_of(put_tree(tmp_path / "set", FOLDERS))
    identity = ProxyTask(settings).identity
    put(tmp_path / "set" / "train" / "ant" / "new.png", 77)
    shutil.rmtree(tmp_path / "cache")
    open_image_set.cache_clear()
    with pytest.raises(InvalidInput, match=r"data of set are others than when .* repeat the"):
        known_task(settings, identity)
    with pytest.raises(InvalidInput, match=r"data of glyphs are others"):
        known_task(DataSettings(train_images=150, test_images=80), identity)
