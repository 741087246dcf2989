"""Checkpoints go when the search has ended, whatever else has come into their folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from fakes import SETTINGS, fake_study

from scaling_search.proxy.run import checkpoint_name
from scaling_search.search import GridSettings
from scaling_search.study import read_definition

HALVING = replace(
    SETTINGS,
    recipe=replace(SETTINGS.recipe, epochs=3),
    sweep=GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41], seeds=[0, 1], rungs=[1]),
)


def test_nothing_is_left_of_a_search_that_has_ended(tmp_path: Path) -> None:
    definition = read_definition(fake_study(tmp_path / "first", HALVING))
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    folder = tmp_path / "second" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / checkpoint_name(definition.search_runs[0].spec.whole.key)).write_bytes(b"state")
    (folder / f"x.partial-{gone.pid}").write_bytes(b"half a state")
    fake_study(tmp_path / "second", HALVING)
    assert not folder.exists()


def test_what_cannot_be_removed_does_not_end_the_study(tmp_path: Path) -> None:
    definition = read_definition(fake_study(tmp_path / "first", HALVING))
    folder = tmp_path / "second" / "checkpoints"
    first, last = (definition.search_runs[index].spec for index in (0, -1))
    (folder / checkpoint_name(first.whole.key) / "below").mkdir(parents=True)
    (folder / checkpoint_name(last.whole.key)).write_bytes(b"state")
    under_way = folder / f"x.partial-{os.getpid()}"
    under_way.write_bytes(b"half a state")
    study = fake_study(tmp_path / "second", HALVING)
    assert (study / "runs.csv").exists()
    assert sorted(folder.iterdir()) == sorted(
        [folder / checkpoint_name(first.whole.key), under_way]
    )
