"""What a plan refuses before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import SETTINGS

from scaling_search.errors import InvalidInput
from scaling_search.study import Conduct, define, make_plan


@pytest.mark.parametrize("below", ["", "deep/down"])
def test_folder_of_pixels_that_cannot_be_made_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    folder = tmp_path / "file" / below
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(folder)))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    with pytest.raises(InvalidInput) as refused:
        make_plan(definition, task, None, 2)
    message = str(refused.value)
    assert message.startswith(f"data.cache_dir is {str(folder)!r}, but {tmp_path / 'file'} is no")
    assert message.endswith("set it to a folder that can be made and written to")
    assert (tmp_path / "file").read_text() == "mine"


def test_pixels_without_a_digest_are_counted_as_missing(tmp_path: Path) -> None:
    settings = replace(SETTINGS, data=replace(SETTINGS.data, cache_dir=str(tmp_path / "cache")))
    definition, task = define(settings, Conduct(experiments_dir=str(tmp_path)))
    before = make_plan(definition, task, None, 2).cache_bytes
    assert before > 0
    for resolution in {run.spec.resolution for run in definition.first_runs}:
        task.load(resolution)
    assert make_plan(definition, task, None, 2).cache_bytes == 0
    for digest in (tmp_path / "cache").glob("*.sha256"):
        digest.unlink()
    assert make_plan(definition, task, None, 2).cache_bytes == before
