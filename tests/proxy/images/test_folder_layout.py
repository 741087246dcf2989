"""Folders of images as people have them: parts, classes, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from image_files import counts, opened, put, put_tree

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings
from scaling_search.proxy.images.local_files import local_set

FLAT = {"bus": 8, "car": 6}


def with_parts(*names: str) -> dict[str, int]:
    return {f"{name}/{kind}": 6 for name in names for kind in ("bus", "car")}


@pytest.mark.parametrize(
    ("folders", "train", "test"),
    [
        (FLAT, FLAT, {}),
        (with_parts("train", "test"), {"bus": 6, "car": 6}, {"bus": 6, "car": 6}),
        (with_parts("training_set", "test set"), {"bus": 6, "car": 6}, {"bus": 6, "car": 6}),
        (with_parts("Train", "VAL"), {"bus": 6, "car": 6}, {"bus": 6, "car": 6}),
        (with_parts("train"), {"bus": 6, "car": 6}, {}),
        # Folders doubled by an archive, and folders that say nothing.
        (with_parts("seg_train/seg_train", "seg_test/seg_test"), {"bus": 6, "car": 6},
         {"bus": 6, "car": 6}),
        (with_parts("photos"), {"bus": 6, "car": 6}, {}),
        (with_parts("test/photos"), {"bus": 6, "car": 6}, {}),
        (with_parts("animals_v2/train", "animals_v2/test"), {"bus": 6, "car": 6},
         {"bus": 6, "car": 6}),
        (with_parts("train/images", "test/images"), {"bus": 6, "car": 6}, {"bus": 6, "car": 6}),
        # Classes with the names of parts.
        ({"bus": 6, "car": 6, "train": 6}, {"bus": 6, "car": 6, "train": 6}, {}),
        ({"train": 6, "test": 6, "bus": 6}, {"train": 6, "test": 6, "bus": 6}, {}),
        ({"train_station": 6, "crash_test": 6}, {"train_station": 6, "crash_test": 6}, {}),
        ({"bus/city": 4, "bus/coach": 4, "train/steam": 4, "train/metro": 4},
         {"bus": 8, "train": 8}, {}),
        # The class is the first folder below the part, whatever lies deeper.
        ({"healthy/p01": 3, "healthy/p02": 3, "ill/p03": 3, "ill/p04": 3},
         {"healthy": 6, "ill": 6}, {}),
        ({"train/ill": 2, "train/ill/mild/early": 3, "train/healthy/left": 4, "test/ill": 2,
          "test/healthy": 2}, {"ill": 5, "healthy": 4}, {"ill": 2, "healthy": 2}),
    ],
)  # fmt: skip
def test_parts_and_classes(
    tmp_path: Path, folders: dict[str, int], train: dict[str, int], test: dict[str, int]
) -> None:
    source = opened(put_tree(tmp_path / "set", folders))
    assert counts(source) == (train, test)
    assert list(source.classes) == sorted(train)


def test_words_in_file_names_mean_nothing(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", FLAT)
    for i, name in enumerate(("train_station_1", "load_test_2", "val-3", "test")):
        put(root / "bus" / f"{name}.png", 500 + i)
    assert counts(opened(root)) == ({"bus": 12, "car": 6}, {})


@pytest.mark.parametrize("name", ["test", "train", "my test data"])
def test_the_name_of_the_root_means_nothing(tmp_path: Path, name: str) -> None:
    assert counts(opened(put_tree(tmp_path / name, FLAT))) == (FLAT, {})


def test_images_keep_their_labels(tmp_path: Path) -> None:
    source = opened(put_tree(tmp_path / "set", with_parts("train", "test")))
    for part, labels, start in (("train", source.train_labels, 0), ("test", source.test_labels, 2)):
        for index, label in enumerate(labels):
            number = 1000 * (start + int(label)) + index % 6
            drawn = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
            assert np.array_equal(source.read_image(part, index)[:, :, 0], drawn)


def test_the_plan_says_what_was_taken_for_what(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", with_parts("training", "test", "val"))
    notes = opened(root).notes
    assert "train: 12 images of training in 2 classes by the folders (bus 6, car 6)" in notes
    assert "test: 12 images of test in 2 classes by the folders (bus 6, car 6)" in notes
    assert any(note.startswith("validation (val) is not used: its 12 images") for note in notes)
    assert counts(opened(root, test_split="val"))[1] == {"bus": 6, "car": 6}
    assert "train is taken for a class" in " ".join(
        opened(put_tree(tmp_path / "classes", {"bus": 3, "train": 3})).notes
    )


def test_a_flat_test_part_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {**with_parts("train"), "test": 5})
    source = opened(root)
    assert counts(source) == ({"bus": 6, "car": 6}, {})
    assert any("its 5 images have no labels" in note for note in source.notes)
    assert any("a fifth of train is kept aside" in note for note in source.notes)
    put_tree(root, with_parts("valid"), 5000)
    assert counts(opened(root))[1] == {"bus": 6, "car": 6}
    with pytest.raises(InvalidInput, match=r"data\.test_split is 'test', but its images have no"):
        opened(root, test_split="test")


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ({"train": 5, "test": 5}, r"train have no labels: .*metadata\.csv"),
        ({"": 5}, r"no labels"),
        (with_parts("test", "val"), r"no train part, only test, val: name the folder"),
        ({"vehicles/bus": 5, "vehicles/car": 5},
         r"one class only \(vehicles\).*if bus, car are the classes, give data\.path=.*vehicles"),
        ({"bus": 5}, r"one class only \(bus\)"),
        ({"train/bus": 5, "train/car": 5, "samples": 3}, r"'train'.* a part or a class\?"),
        (with_parts("train", "holdout"), r"'holdout', 'train', which all have folders called"),
        ({"train/bus": 5, "train/car": 5, "test/bus": 3, "test/van": 3}, r"lacks: van"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(
    tmp_path: Path, folders: dict[str, int], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        opened(put_tree(tmp_path / "set", folders))


def test_unknown_test_split_names_what_is_there(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", with_parts("train", "test"))
    with pytest.raises(InvalidInput, match=r"data\.test_split is 'holdout', but .* train, test"):
        opened(root, test_split="holdout")


def test_accents_in_two_forms_are_one_class(tmp_path: Path) -> None:
    # é as one character, and as e with an accent, as a Mac writes names.
    folders = {"train/caf\u00e9": 4, "train/tea": 4, "test/cafe\u0301": 3, "test/tea": 3}
    source = opened(put_tree(tmp_path / "set", folders))
    assert counts(source) == ({"caf\u00e9": 4, "tea": 4}, {"caf\u00e9": 3, "tea": 3})


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    put_tree(tmp_path / "elsewhere", {"bus": 4})
    root = put_tree(tmp_path / "set", {"car": 4})
    (root / "bus").symlink_to(tmp_path / "elsewhere" / "bus")
    (root / "car" / "again").symlink_to(root)
    assert counts(opened(root)) == ({"bus": 4, "car": 4}, {})


def test_folders_that_are_the_same_in_all_classes_are_named(tmp_path: Path) -> None:
    source = opened(put_tree(tmp_path / "set", with_parts("first", "second")))
    assert counts(source) == ({"first": 12, "second": 12}, {})
    assert any("all classes hold folders called bus, car" in note for note in source.notes)
    patients = {"healthy/p01": 3, "healthy/p02": 3, "ill/p03": 3, "ill/p04": 3}
    source = opened(put_tree(tmp_path / "scans", patients))
    assert not any("all classes hold" in note for note in source.notes)


def test_classes_that_differ_in_capitals_alone_are_named(tmp_path: Path) -> None:
    source = opened(put_tree(tmp_path / "set", {"Bus": 4, "bus": 4, "car": 4}))
    assert "classes that differ in capitals alone: Bus and bus" in source.notes


def test_the_same_file_in_several_places_is_said(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", with_parts("train", "test"))
    assert not any("twice" in note for note in opened(root).notes)
    content = (root / "train" / "bus" / "img_000.png").read_bytes()
    for name in ("train/bus/again.png", "train/car/again.png", "test/bus/again.png"):
        (root / name).write_bytes(content)
    (note,) = [note for note in opened(root).notes if "twice" in note]
    assert "2 of train are copies of others" in note
    assert "1 of these have another class" in note
    assert "1 of test are copies of train images" in note


def test_the_working_directory_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_tree(tmp_path / "vehicles", FLAT)
    monkeypatch.chdir(tmp_path / "vehicles")
    settings = {"kind": "parquet", "cache_dir": str(tmp_path / "cache")}
    assert {local_set(DataSettings(path=p, **settings)).name for p in (".", "../vehicles/.")} == {
        "vehicles"
    }
