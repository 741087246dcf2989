"""The commands that stand beside the committed studies are those that make them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from committed import EXPERIMENTS, STUDIES

from scaling_search.config import configuration_of
from scaling_search.study import read_definition

ROWS = (EXPERIMENTS / "README.md").read_text().splitlines()
#: What a study replaces by the numbers that it finds in a folder or a file that its command names.
FOUND = {
    *("sweep.study", "sweep.studies", "sweep.source", "sweep.family", "sweep.candidates"),
    *("sweep.networks", "sweep.rivals.by_macs", "constraint.measurements"),
}


def differences(one: Any, other: Any, name: str = "") -> Iterator[str]:
    """Names of the settings that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{name}.{key}".lstrip("."))
    elif one != other:
        yield name


@pytest.mark.parametrize("study", STUDIES)
def test_the_command_of_a_study_has_its_settings(study: str) -> None:
    (row,) = (row for row in ROWS if re.match(rf"\| \[?`{study}`", row))
    commands = re.findall(r"`python -m scaling_search ([^`]*)`", row)
    (command,) = (command for command in commands if f"name={study}" in shlex.split(command))
    typed = configuration_of(shlex.split(command)).study
    made = read_definition(EXPERIMENTS / study).settings
    assert set(differences(asdict(typed), asdict(made))) - {"data.cache_dir"} <= FOUND
