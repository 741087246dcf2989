"""Small studies whose members are exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from export_studies import SMALL
from fakes import fake_study

from scaling_search.execution import InlineExecutor
from scaling_search.trainers import carry_out


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was really trained, in this process, and has kept the weights of its family."""
    cache = str(tmp_path_factory.mktemp("cache"))
    settings = replace(
        SMALL,
        data=replace(SMALL.data, cache_dir=cache),
        family=replace(SMALL.family, save_weights=True),
    )
    root = tmp_path_factory.mktemp("experiments")
    return fake_study(root, settings, InlineExecutor(carry_out), name="trained")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of which only the numbers are there."""
    return fake_study(tmp_path_factory.mktemp("experiments"), SMALL, name="numbers")
