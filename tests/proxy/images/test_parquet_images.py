"""Parquet columns of images as people write them: read as they are, or refused with a remedy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import encode_png, make_pixels, opened

from scaling_search.errors import InvalidInput

pytest.importorskip("datasets")
GREY, COLOUR = make_pixels(8, 6, False, 1), make_pixels(8, 6, True, 1)


def write(path: Path, images: list[Any]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"image": images, "label": [0, 1] * 4}), path)
    return path


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([encode_png(image) for image in COLOUR], COLOUR),
        ([{"bytes": encode_png(image), "path": "x.png", "h": 6} for image in COLOUR], COLOUR),
        ([image.tolist() for image in COLOUR], COLOUR),
        ([image.tolist() for image in GREY], GREY),
        ([(image / 255).tolist() for image in GREY], GREY),
    ],
)
def test_images_as_they_are(tmp_path: Path, images: list[Any], expected: list[Any]) -> None:
    source = opened(write(tmp_path / "x.parquet", images))
    for index, image in enumerate(expected):
        assert np.array_equal(source.read_image("train", index).squeeze(), image)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([image.ravel().tolist() for image in GREY], r"numbers without rows"),
        ([image.transpose(2, 0, 1).tolist() for image in COLOUR], r"3 dimensions, 6 in the last"),
        ([image[:, :, :2].tolist() for image in COLOUR], r"3 dimensions, 2 in the last"),
        ([[image.tolist()] for image in COLOUR], r"4 dimensions"),
        ([(image / 255).tolist() for image in COLOUR], r"no whole numbers \(double\)"),
        # As 8 bits they would begin again at 0.
        ([(image * 256).tolist() for image in np.asarray(COLOUR, int)], r"from 0 to 65280"),
        ([(image - 128).tolist() for image in np.asarray(COLOUR, int)], r"from -128 to 127"),
    ],
)
def test_numbers_that_are_other_images_are_refused(
    tmp_path: Path, images: list[Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=rf"data\.image_column is 'image', .*{message}.*encoded"):
        opened(write(tmp_path / "x.parquet", images))


@pytest.mark.parametrize("cell", [str, lambda path: {"bytes": None, "path": str(path)}])
@pytest.mark.parametrize("there", [True, False])
def test_names_of_files_are_no_images(tmp_path: Path, cell: Any, there: bool) -> None:
    # What the files hold would be no part of the identity of the data.
    paths = [tmp_path / f"{i}.png" for i in range(8)]
    for path, image in zip(paths, GREY if there else []):
        path.write_bytes(encode_png(image))
    file = write(tmp_path / "x.parquet", [cell(path) for path in paths])
    with pytest.raises(InvalidInput, match=r"image 0 of .*0\.png\) is the name of a file and no"):
        opened(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.zip", b"PK\x03\x04"),
        ("set.tar", bytes(600)),
        ("train.npz", b"PK\x03\x04"),
        ("data_batch_1", b"\x80\x04K\x01."),
        ("labels.csv", b"file,label\n"),
    ],
)
def test_other_files_are_told_from_parquet(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "set").mkdir()
    path = tmp_path / "set" / name
    path.write_bytes(content)
    with pytest.raises(
        InvalidInput, match=r"data\.path is .* no parquet file: .*unpack an archive"
    ):
        opened(path)
    with pytest.raises(InvalidInput, match=r"holds no images that can be read: .*unpacked"):
        opened(path.parent)


def test_a_test_file_that_is_the_train_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    images = [encode_png(image) for image in COLOUR]
    content = write(tmp_path / "set" / "train.parquet", images).read_bytes()
    (tmp_path / "set" / "test.parquet").write_bytes(content)
    notes = opened(tmp_path / "set").notes
    assert "the same files twice: test.parquet of test, also in train" in notes
