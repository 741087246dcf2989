"""The sets of the paper's Table 5, from local files with the columns that they have on the hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from image_files import encode_png, make_pixels

from scaling_search.config import configuration_of
from scaling_search.proxy import DataSettings
from scaling_search.proxy.images.local_files import local_set
from scaling_search.series.published_transfer import published_transfer

#: Parts, the column of images, and other columns with the number of their classes; 0 is text.
SETS = {
    "cifar10": (("train", "test"), "img", {"label": 10}, "CIFAR-10"),
    "cifar100": (("train", "test"), "img", {"fine_label": 6, "coarse_label": 2}, "CIFAR-100"),
    "flowers102": (("train", "validation", "test"), "image", {"label": 5}, "Flowers"),
    "birdsnap": (("train",), "image", {"label": 0}, "Birdsnap"),
    "stanford-cars": (("train", "test"), "image", {"label": 5}, "Stanford Cars"),
    "fgvc-aircraft": (
        ("train", "validation", "test"),
        "image",
        {"family": 3, "manufacturer": 2, "variant": 4},
        "FGVC Aircraft",
    ),
    "oxford-pets": (
        ("train", "test"),
        "image",
        {"label": 6, "image_id": 0, "label_cat_dog": 2},
        "Oxford-IIIT Pets",
    ),
    "food101": (("train", "validation"), "image", {"label": 5}, "Food-101"),
}


def write(folder: Path, parts: tuple[str, ...], image: str, columns: dict[str, int]) -> None:
    datasets = pytest.importorskip("datasets")
    folder.mkdir()
    for seed, part in enumerate(parts):
        pictures = [encode_png(p) for p in make_pixels(24, 12, True, seed)]
        kinds = {name: datasets.ClassLabel(count) for name, count in columns.items() if count}
        kinds |= {name: datasets.Value("string") for name, count in columns.items() if not count}
        rows = {image: [{"bytes": b, "path": None} for b in pictures]}
        for name, count in columns.items():
            rows[name] = [i % count if count else f"bird {i % 3}" for i in range(24)]
        features = datasets.Features({image: datasets.Image(), **kinds})
        path = folder / f"{part}-00000-of-00001.parquet"
        datasets.Dataset.from_dict(rows, features=features).to_parquet(str(path))


@pytest.mark.parametrize("name", SETS)
def test_the_columns_and_parts_of_a_set_are_found(name: str, tmp_path: Path) -> None:
    parts, image, columns, paper = SETS[name]
    data = configuration_of(["+sweep=grid", f"data={name}"]).study.data
    assert (data.kind, data.augmentation.flip) == ("hub", True)
    write(tmp_path / "set", parts, image, columns)
    chosen = {n: getattr(data, n) for n in ("image_column", "label_column", "test_split")}
    found = local_set(
        DataSettings("parquet", str(tmp_path / "set"), cache_dir=str(tmp_path), **chosen)
    )
    label = data.label_column or "label"
    assert found.num_classes == (columns[label] or 3)
    assert found.in_channels == 3
    assert len(found.train_labels) == 24
    assert len(found.test_labels) == (24 if len(parts) > 1 else 0)
    row = published_transfer(data.name)
    assert row is not None
    assert row.data == paper


def test_other_sets_are_not_taken_for_those_of_the_paper() -> None:
    for name in ("", "a/carpets", "b/cifar10-noisy", "../shared/data/fashion-mnist"):
        assert published_transfer(name) is None
