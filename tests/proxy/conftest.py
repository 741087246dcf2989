"""Tiny data: glyphs drawn once for the session, and image sets that a test writes itself."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from image_files import WriteParquet, encode_png, make_pixels

from scaling_search.proxy import DataSettings, ProxyTask, pixel_cache


@pytest.fixture(scope="session")
def glyph_data(tmp_path_factory: pytest.TempPathFactory) -> DataSettings:
    cache = tmp_path_factory.mktemp("pixels")
    return DataSettings(train_images=180, test_images=72, val_fraction=0.4, cache_dir=str(cache))


@pytest.fixture(scope="session")
def glyph_task(glyph_data: DataSettings) -> ProxyTask:
    return ProxyTask(glyph_data)


@pytest.fixture
def write_parquet() -> WriteParquet:
    """Writes random images with labels 0, 1, 0, 1 ...; typed gives the features of `datasets`."""

    def write(
        path: Path,
        count: int = 20,
        *,
        classes: int = 2,
        side: int = 12,
        rgb: bool = False,
        seed: int = 0,
        typed: bool = True,
        columns: tuple[str, str] = ("image", "label"),
        labels: Sequence[object] | None = None,
        images: dict[int, bytes] | None = None,
    ) -> Path:
        encoded = [encode_png(p) for p in make_pixels(count, side, rgb, seed)]
        for index, content in (images or {}).items():
            encoded[index] = content
        values = [i % classes for i in range(count)] if labels is None else list(labels)
        path.parent.mkdir(parents=True, exist_ok=True)
        if typed:
            datasets = pytest.importorskip("datasets")
            features = datasets.Features(
                {
                    columns[0]: datasets.Image(),
                    columns[1]: datasets.ClassLabel(num_classes=classes),
                }
            )
            rows = {
                columns[0]: [{"bytes": e, "path": None} for e in encoded],
                columns[1]: values,
            }
            datasets.Dataset.from_dict(rows, features=features).to_parquet(str(path))
        else:
            pyarrow = pytest.importorskip("pyarrow")
            parquet = pytest.importorskip("pyarrow.parquet")
            parquet.write_table(pyarrow.table({columns[0]: encoded, columns[1]: values}), path)
        return path

    return write


@pytest.fixture
def new_process() -> None:
    """What an earlier test has compared is forgotten."""
    pixel_cache._compared.clear()
