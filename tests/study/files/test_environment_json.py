"""environment.json: written as it is here, and checked when it is read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.study.files.environment_json import read_environment, write_environment

EXPERIMENTS = Path(__file__).parents[3] / "experiments"


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    write_environment(tmp_path, "the command", 3, ["a run"], False)
    found: dict[str, Any] = json.loads((tmp_path / "environment.json").read_text())
    return found


def test_it_reads_back(tmp_path: Path, content: dict[str, Any]) -> None:
    environment = read_environment(tmp_path)
    assert environment is not None
    assert (environment.command, environment.failures) == ("the command", ["a run"])
    assert (environment.search_ended, environment.hardware.workers) == (False, 3)
    assert environment.hardware.cores == os.cpu_count()
    assert environment.versions == content["versions"]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_environment(tmp_path) is None


@pytest.mark.parametrize("name", sorted(p.parent.name for p in EXPERIMENTS.glob("*/study.yaml")))
def test_committed_ones_are_read(name: str) -> None:
    environment = read_environment(EXPERIMENTS / name)
    assert environment is not None
    assert environment.search_ended
    assert len(environment.git.commit) == 40


@pytest.mark.parametrize("without", ["search_ended", "git"])
def test_what_older_ones_and_installed_packages_lack(
    tmp_path: Path, content: dict[str, Any], without: str
) -> None:
    if without == "git":
        content["git"] = {}
    else:
        del content[without]
    (tmp_path / "environment.json").write_text(json.dumps(content))
    environment = read_environment(tmp_path)
    assert environment is not None
    assert environment.search_ended == (without == "search_ended")
    assert bool(environment.git.commit) == (without == "search_ended")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hardware": None}, "hardware is None, but must be a section"),
        ({"hardware": []}, "hardware is [], but must be a section"),
        ({"git": "abc"}, "git is 'abc', but must be a section"),
        ({"git": {"commit": 1, "dirty": False}}, "git.commit is 1, but must be text"),
        ({"git": {"commit": "1", "dirty": "no"}}, "git.dirty is 'no', but must be true or false"),
        ({"versions": {"torch": 2}}, "versions.torch is 2, but must be text"),
        ({"versions": ["torch"]}, "versions is ['torch'], but must be a section"),
        ({"failures": "none"}, "failures is 'none', but must be a list"),
        ({"failures": [1]}, "failures[0] is 1, but must be text"),
        ({"command": None}, "command is None, but must be text"),
        ({"command": "\x1b[31m"}, "command is"),
        ({"command": "\ud800"}, "command is"),
        ({"search_ended": "yes"}, "search_ended is 'yes', but must be true or false"),
        ({"more": 1}, "there is no more"),
    ],
)
def test_every_value_is_checked(
    tmp_path: Path, content: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    (tmp_path / "environment.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(InvalidInput, match=r"environment\.json is damaged \(") as refused:
        read_environment(tmp_path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "3",
        "null",
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        "[" * 20_000,
        '{"a": ' * 20_000,
        "[" * 20_000 + "]" * 20_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_object(tmp_path: Path, text: str) -> None:
    (tmp_path / "environment.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"environment\.json is damaged \(.*restore it"):
        read_environment(tmp_path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", '"8"', "true"])
def test_a_number_is_a_number(tmp_path: Path, content: dict[str, Any], value: str) -> None:
    content["hardware"]["memory_gib"] = "HERE"
    text = json.dumps(content).replace('"HERE"', value)
    (tmp_path / "environment.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"hardware\.memory_gib is .* a finite number"):
        read_environment(tmp_path)
