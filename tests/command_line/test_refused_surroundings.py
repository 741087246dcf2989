"""Right settings on a machine that does not fit them: no GPU, a file for a folder, no images."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import GRID, SMALL, Call
from folders import written


def test_a_gpu_that_is_not_there(call: Call, tmp_path: Path) -> None:
    from scaling_search.execution.device import gpu_count

    if gpu_count():
        pytest.skip("there is a GPU")
    ended = call(GRID, "executor.device=cuda")
    assert ended.code == 2
    assert "executor.device is cuda" in ended.err
    assert "executor.device=cpu" in ended.err
    assert written(tmp_path) == []


def test_a_file_where_a_folder_should_be(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for words in (
        [*SMALL, "experiments_dir=file"],
        [*SMALL, "experiments_dir=file/below"],
        [*SMALL, "data.cache_dir=file", "executor.workers=1"],
        [*SMALL, "data.cache_dir=file/below", "executor.workers=1"],
        [GRID, "data=parquet", "data.path=file"],
    ):
        ended = call(*words)
        assert "Traceback" not in ended.err
        assert ended.code == 2, words
        assert "file" in ended.err
        assert (tmp_path / "file").read_text() == "mine"


def test_a_set_without_images(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "train.parquet").write_bytes(b"PAR1 and no more")
    for name in ("empty", "torn"):
        ended = call(GRID, "data=parquet", f"data.path={name}")
        assert "Traceback" not in ended.err
        assert ended.code == 2
        assert "data.path" in ended.err
        assert not (tmp_path / "experiments").exists()
