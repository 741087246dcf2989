"""A file that cannot be decoded is named by its path, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from image_files import WriteParquet, encode_png, make_pixels, opened, put_tree, task_of

from scaling_search.errors import InvalidInput

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[: len(content) // 2], r"cut off or damaged.*copy it again"),
        (lambda content: content[:10], r"no picture that can be read|cut off or damaged"),
        (lambda content: b"no picture at all", r"no picture that can be read: convert it"),
        (lambda content: b"<!DOCTYPE html><html>404", r"holds text and no picture: download it"),
        (lambda content: b'{"error": "rate limit"}', r"holds text and no picture"),
        (lambda content: POINTER, r"git lfs pull"),
        # Pillow would call Ghostscript.
        (lambda content: POSTSCRIPT, r"no picture that can be read: convert it"),
    ],
)
def test_a_broken_file_is_named(
    tmp_path: Path, spoil: Callable[[bytes], bytes], message: str
) -> None:
    root = put_tree(tmp_path / "set", {"a": 6, "b": 6})
    path = root / "b" / "img_003.png"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InvalidInput, match=message) as refused:
        opened(root)
    assert "b/img_003.png" in str(refused.value)


def test_a_broken_file_that_was_not_looked_at_is_named_when_it_is_read(tmp_path: Path) -> None:
    root = put_tree(tmp_path / "set", {"train/a": 6, "train/b": 6, "test/a": 3, "test/b": 3})
    path = root / "test" / "b" / "img_002.png"
    path.write_bytes(path.read_bytes()[:60])
    task = task_of(root, tmp_path / "cache")
    with pytest.raises(InvalidInput, match=r"test/b/img_002\.png is cut off or damaged"):
        task.load(8)


def test_a_broken_row_is_named(tmp_path: Path, write_parquet: WriteParquet) -> None:
    pytest.importorskip("datasets")
    torn = encode_png(make_pixels(1, 40, True, 0)[0])[:2000]
    path = write_parquet(tmp_path / "x.parquet", images={3: torn})
    with pytest.raises(InvalidInput, match=r"image 3 of the train part of .*x\.parquet is cut off"):
        opened(path)
