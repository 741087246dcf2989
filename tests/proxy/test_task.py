"""The split, the subset, the identity, and images at a resolution."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from image_files import WriteParquet

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, ProxyTask
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.resampling import resample

DATA = Path(__file__).resolve().parents[2] / "conf" / "data"


def rows_of(task: ProxyTask, resolution: int = 8) -> list[set[bytes]]:
    """The images of train, val and test as sets of bytes."""
    return [{split.images[row].tobytes() for row in split.rows} for split in task.load(resolution)]


def test_parts_are_disjoint_and_complete(glyph_task: ProxyTask) -> None:
    train, val, test = (set(rows.tolist()) for rows in glyph_task._rows)
    assert not train & val
    assert train | val == set(range(180))
    assert test == set(range(180, 180 + 72))
    assert glyph_task.sizes == (len(train), len(val), len(test)) == (108, 72, 72)


def test_no_image_is_in_two_parts(glyph_task: ProxyTask) -> None:
    train, val, test = rows_of(glyph_task, 12)
    # Noise makes every glyph unique, so equal bytes would be the same image.
    assert (len(train), len(val), len(test)) == glyph_task.sizes
    assert not train & val
    assert not (train | val) & test


def test_val_holds_the_same_part_of_each_class(glyph_task: ProxyTask) -> None:
    train, val, test = glyph_task.load(12)
    assert np.all(np.bincount(train.labels, minlength=36) == 3)
    assert np.all(np.bincount(val.labels, minlength=36) == 2)
    assert np.all(np.bincount(test.labels, minlength=36) == 2)


def test_uneven_classes_keep_their_parts(tmp_path: Path, write_parquet: WriteParquet) -> None:
    labels = [0] * 40 + [1] * 20 + [2] * 4
    path = write_parquet(tmp_path / "x.parquet", 64, classes=3, labels=labels)
    task = ProxyTask(DataSettings("parquet", str(path), val_fraction=0.25, cache_dir=str(tmp_path)))
    counts = [np.bincount(split.labels, minlength=3).tolist() for split in task.load(4)]
    # A fifth goes to test, a quarter of the rest to val, never the whole of a class.
    assert counts == [[24, 12, 2], [8, 4, 1], [8, 4, 1]]


def test_split_is_seeded() -> None:
    settings = DataSettings(train_images=180, test_images=72)
    again = ProxyTask(settings)._rows
    assert all(np.array_equal(a, b) for a, b in zip(ProxyTask(settings)._rows, again))
    other = ProxyTask(replace(settings, seed=1))._rows
    assert not np.array_equal(other[1], again[1])


def test_labels_belong_to_their_images(glyph_task: ProxyTask) -> None:
    source = glyph_task.image_set
    for part, split in zip(("train", "train", "test"), glyph_task.load(16)):
        rows = np.concatenate(glyph_task._rows)[split.rows]
        for position in (0, len(rows) - 1):
            index = int(rows[position]) - (180 if part == "test" else 0)
            image = resample(source.read_image(part, index), 16)
            assert np.array_equal(split.images[split.rows[position]], image)
            assert split.labels[position] == index % 36


def test_balanced_seeded_subset(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "x.parquet", 120, classes=4)
    base = DataSettings("parquet", str(path), train_images=40, cache_dir=str(tmp_path))
    task = ProxyTask(base)
    # No test part: a fifth of the subset is kept aside, so all three parts come out of the 40.
    chosen = np.concatenate(task._rows)
    assert len(chosen) == len(set(chosen.tolist())) == 40
    assert np.all(np.bincount(task.image_set.train_labels[chosen]) == 10)
    assert not np.array_equal(np.sort(chosen), np.arange(40))
    other = np.concatenate(ProxyTask(replace(base, seed=1))._rows)
    assert set(other.tolist()) != set(chosen.tolist())


def test_subset_is_never_larger_than_asked(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "x.parquet", 60, classes=4)
    task = ProxyTask(DataSettings("parquet", str(path), train_images=22, cache_dir=str(tmp_path)))
    assert sum(task.sizes) <= 22


def test_subset_too_small_for_the_classes_is_refused(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    path = write_parquet(tmp_path / "x.parquet", 60, classes=4)
    task = ProxyTask(DataSettings("parquet", str(path), train_images=7, cache_dir=str(tmp_path)))
    with pytest.raises(InvalidInput, match=r"data\.train_images .* is 7, but 4 classes need"):
        _ = task.sizes


def test_glyphs_with_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"data\.train_images"):
        _ = ProxyTask(DataSettings(train_images=40, cache_dir=str(tmp_path))).sizes


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"train_images": 216},
        {"test_images": 108},
        {"val_fraction": 0.2},
        {"augmentation": Augmentation(shift=0.1)},
    ],
)
def test_identity_follows_what_matters(glyph_data: DataSettings, change: dict[str, object]) -> None:
    assert ProxyTask(replace(glyph_data, **change)).identity != ProxyTask(glyph_data).identity


def test_identity_ignores_where_the_cache_is(glyph_data: DataSettings, tmp_path: Path) -> None:
    moved = replace(glyph_data, cache_dir=str(tmp_path))
    assert ProxyTask(moved).identity == ProxyTask(glyph_data).identity


def test_identity_follows_the_bytes_of_local_files(
    tmp_path: Path, write_parquet: WriteParquet
) -> None:
    def identity(folder: str, seed: int) -> str:
        path = write_parquet(tmp_path / folder / "x.parquet", seed=seed)
        return ProxyTask(DataSettings("parquet", str(path), cache_dir=str(tmp_path))).identity

    assert identity("a", 0) == identity("b", 0)
    assert identity("c", 1) != identity("a", 0)


@pytest.mark.parametrize("column", ["label_column", "image_column"])
def test_identity_follows_the_chosen_column(tmp_path: Path, column: str) -> None:
    datasets = pytest.importorskip("datasets")
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (8, 8), dtype=np.uint8) for _ in range(40)]
    typed = datasets.ClassLabel(num_classes=2)
    features = {
        "first": datasets.Image(),
        "second": datasets.Image(),
        "fine": typed,
        "rough": typed,
    }
    rows = {
        "first": images[:20],
        "second": images[20:],
        "fine": [0, 1] * 10,
        "rough": [0] * 10 + [1] * 10,
    }
    path = tmp_path / "two.parquet"
    datasets.Dataset.from_dict(rows, features=datasets.Features(features)).to_parquet(str(path))
    base = DataSettings(
        "parquet", str(path), image_column="first", label_column="fine", cache_dir=str(tmp_path)
    )
    other = replace(base, **{column: "rough" if column == "label_column" else "second"})
    tasks = [ProxyTask(base), ProxyTask(other)]
    if column == "image_column":
        pixels = [set().union(*rows_of(task)) for task in tasks]
        assert not pixels[0] & pixels[1]
    assert tasks[0].identity != tasks[1].identity


def test_identity_follows_the_test_part(tmp_path: Path, write_parquet: WriteParquet) -> None:
    for seed, part in enumerate(("train", "test", "valid")):
        write_parquet(tmp_path / "set" / f"{part}.parquet", seed=seed)
    base = DataSettings("parquet", str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    other = replace(base, test_split="valid")
    assert not rows_of(ProxyTask(base))[2] & rows_of(ProxyTask(other))[2]
    assert ProxyTask(base).identity != ProxyTask(other).identity


def test_resolutions_are_cached_apart(glyph_data: DataSettings, tmp_path: Path) -> None:
    task = ProxyTask(replace(glyph_data, cache_dir=str(tmp_path)))
    assert not task.is_cached(8)
    train, _, _ = task.load(8)
    assert task.is_cached(8)
    assert not task.is_cached(9)
    # Without its digest it is none.
    (digest,) = tmp_path.glob("*-8px.npy.sha256")
    digest.unlink()
    assert not task.is_cached(8)
    assert train.images.shape == task.cache_shape(8) == (252, 8, 8, 1)
    assert isinstance(train.images, np.memmap)


def test_facts_say_what_the_task_holds(glyph_task: ProxyTask) -> None:
    facts = glyph_task.facts
    assert (facts.name, facts.num_classes, facts.in_channels) == ("glyphs", 36, 1)
    assert facts.native_resolution == 64
    assert (facts.train_images, facts.val_images, facts.test_images) == (108, 72, 72)
    assert facts.identity == glyph_task.identity


def test_batch_must_be_filled(glyph_task: ProxyTask) -> None:
    glyph_task.require_batch(108)
    with pytest.raises(InvalidInput, match=r"recipe\.batch_size is 109, but .* only 108"):
        glyph_task.require_batch(109)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("val_fraction", 0.0),
        ("val_fraction", 0.95),
        ("val_fraction", float("nan")),
        ("train_images", 0),
        ("test_images", -1),
        ("train_images", 10.5),
        ("train_images", 100.0),
        ("train_images", True),
        ("train_images", 10**9),
        ("test_images", 10**9),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", 2**64),
        ("seed", 1.5),
        ("seed", True),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=rf"data\.{name} is {value!r}"):
        DataSettings(**{name: value})


def test_largest_settings_are_priced_without_being_drawn(tmp_path: Path) -> None:
    task = ProxyTask(
        DataSettings(train_images=10**6, test_images=10**6, seed=2**63 - 1, cache_dir=str(tmp_path))
    )
    assert sum(task.sizes) == 2 * 10**6
    assert not task.is_cached(64)
    assert task.image_set.read_image("test", 999_999).shape == (64, 64, 1)
    # Of another set all images may be asked for.
    assert DataSettings("parquet", "x", train_images=10**9).train_images == 10**9


@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        ("glyphs", "path", "data=parquet"),
        ("glyphs", "name", "data=hub or data=own"),
        ("glyphs", "image_column", "data=parquet or data=hub"),
        ("glyphs", "label_column", "data=parquet or data=hub"),
        ("glyphs", "test_split", "data=parquet or data=hub"),
        ("parquet", "name", "data=hub or data=own"),
        ("hub", "path", "data=parquet"),
    ],
)
def test_settings_without_effect_are_refused(kind: str, name: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        DataSettings(kind, **{name: "x"})
    assert str(refused.value) == (
        f"data.{name} is 'x', but data={kind} has no use for it: leave it out, or take {remedy}"
    )


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_settings_are_valid(path: Path) -> None:
    plain: dict[str, Any] = yaml.safe_load(path.read_text())
    base = plain.pop("defaults", [path.stem])[0]
    plain = {**yaml.safe_load((DATA / f"{base}.yaml").read_text()), **plain}
    DataSettings(**{**plain, "augmentation": Augmentation(**plain.get("augmentation", {}))})


def test_cache_folder_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert DataSettings().cache_folder() == tmp_path / "scaling_search"
    assert DataSettings(cache_dir=str(tmp_path / "own")).cache_folder() == tmp_path / "own"
