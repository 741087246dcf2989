"""study.yaml at the door: plain data of the right types, or one line that names the setting."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes import SETTINGS

from scaling_search.errors import InvalidInput
from scaling_search.proxy import TaskFacts
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.study_yaml import read_definition, write_definition
from scaling_search.study.platform import Platform

DEFINITION = StudyDefinition(
    SETTINGS,
    TaskFacts(
        name="images",
        identity="3fa4",
        num_classes=10,
        in_channels=1,
        native_resolution=64,
        train_images=150,
        val_images=30,
        test_images=80,
    ),
    Platform("cpu", "2.13.0", 1),
)


def refusal(folder: Path, content: str | bytes) -> str:
    (folder / "study.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    started = time.monotonic()
    with pytest.raises(InvalidInput) as refused:
        read_definition(folder)
    assert time.monotonic() - started < 5
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < 600
    assert message.startswith(f"{folder / 'study.yaml'} is damaged (")
    assert message.endswith("restore it, or make the study again with fresh=true or another name=")
    return message


def test_a_definition_reads_back(tmp_path: Path) -> None:
    write_definition(tmp_path, DEFINITION)
    assert read_definition(tmp_path) == DEFINITION


@pytest.mark.parametrize("study", sorted((Path(__file__).parents[3] / "experiments").glob("g*/")))
def test_committed_studies_read_back_as_they_are(study: Path, tmp_path: Path) -> None:
    for record in (study / "study.yaml", *study.glob("me*_*.json")):
        shutil.copy(record, tmp_path)
    before = (tmp_path / "study.yaml").read_text()
    write_definition(tmp_path, read_definition(tmp_path))
    assert (tmp_path / "study.yaml").read_text() == before


def test_no_study(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(InvalidInput, match=r"holds no study\.yaml, so it is no study folder"):
            read_definition(folder)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi")
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no settings"),
        ("[1, 2]", "no settings"),
        ("- a\n- b\n", "no settings"),
        ("just text", "no settings"),
        ("sweep: [", "did not find"),
        ("a: b: c", "mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", "document"),
        (BOMB, "alias or an anchor"),
        ("a: &a [*a]\n", "alias or an anchor"),
        ("[" * 20_000, "nested more than 20 levels"),
        ("[" * 20_000 + "]" * 20_000, "nested more than 20 levels"),
        ("{a: " * 20_000, "nested more than 20 levels"),
        ("- " * 20_000, "nested more than 20 levels"),
        ("a: " + "x" * 2_000_000, "more than 1,048,576 bytes"),
        ("a: !!python/object/apply:os.system [true]\n", "could not determine a constructor"),
        ("a: !!timestamp x\n", ""),
        ("a: !!int ''\n", ""),
        ("a: !!bool x\n", ""),
        ("a: !!binary '*'\n", ""),
        ("a: 2020-13-45\n", ""),
        ("a: " + "9" * 5000, ""),
        ("? [a, b]\n: 1\n", ""),
        (b"\x00\xff\xfe", "no UTF-8"),
        ("α: 1\n".encode("utf-16"), "no UTF-8"),
        (b"a: \x1b[31m\n", "not allowed"),
        ("baseline:\n  name: a\n  name: b\n", "it has 'name' twice"),
    ],
)
def test_what_is_no_plain_data(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in refusal(tmp_path, content)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").mkdir()
    with pytest.raises(InvalidInput, match=r"study\.yaml is damaged \(a folder, no file\)"):
        read_definition(tmp_path)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        *places, last = path.split(".")
        for place in places:
            plain = plain[place]
        plain[last] = value

    return change


CHANGES = [
    *((name, None, f"{name} is None, but must be a section") for name in DEFINITION.to_plain()),
    *((name, [], f"{name} is [], but must be a section") for name in DEFINITION.to_plain()),
    ("recipe.epochs", "x", "recipe.epochs is 'x', but must be a whole number"),
    ("recipe.epochs", 2.0, "recipe.epochs is 2.0, but must be a whole number"),
    ("recipe.epochs", True, "recipe.epochs is True, but must be a whole number"),
    ("recipe.epochs", None, "recipe.epochs is None, but must be a whole number"),
    ("recipe.epochs", 10**400, "but must be a whole number"),
    ("recipe.epochs", 0, "recipe.epochs is 0, but must lie between 1 and"),
    ("recipe.learning_rate", "0.1", "recipe.learning_rate is '0.1', but must be a finite number"),
    ("recipe.learning_rate", float("nan"), "recipe.learning_rate is nan, but must be a finite"),
    ("recipe.learning_rate", float("inf"), "recipe.learning_rate is inf, but must be a finite"),
    ("recipe.learning_rate", 10**400, "but must be a finite number"),
    ("recipe.learning_rate", False, "recipe.learning_rate is False, but must be a finite number"),
    ("recipe.name", 3, "recipe.name is 3, but must be text"),
    ("recipe.name", "\x1b[31m", r"recipe.name is '\x1b[31m', but must be text"),
    ("recipe.name", "\ud800", "damaged"),
    ("data.augmentation.flip", "no", "data.augmentation.flip is 'no', but must be true or false"),
    ("data.augmentation.flip", 1, "data.augmentation.flip is 1, but must be true or false"),
    ("data.augmentation", "x", "data.augmentation is 'x', but must be a section"),
    ("data.train_images", "many", "data.train_images is 'many', but must be a whole number"),
    ("sweep.kind", "gird", "sweep.kind is 'gird', but must be one of baseline, grid, race"),
    ("sweep.kind", ["grid"], "sweep.kind is ['grid'], but must be one of"),
    ("sweep.kind", None, "sweep.kind is None, but must be one of"),
    ("sweep", "grid", "sweep is 'grid', but must be a section"),
    ("sweep.alpha", 1.2, "sweep.alpha is 1.2, but must be a list"),
    ("sweep.alpha", {"a": 1}, "sweep.alpha is {'a': 1}, but must be a list"),
    ("sweep.alpha", [1.0, "x"], "sweep.alpha[1] is 'x', but must be a finite number"),
    ("sweep.alpha", [1.0, [2.0]], "sweep.alpha[1] is [2.0], but must be a finite number"),
    ("sweep.seeds", [0, True], "sweep.seeds[1] is True, but must be a whole number"),
    ("sweep.seeds", [-1], "sweep.seeds is [-1]"),
    ("facts.num_classes", 0, "facts.num_classes is 0, but must be a whole number above 0"),
    ("facts.test_images", -1, "facts.test_images is -1"),
    ("facts.native_resolution", 10**11, "facts.native_resolution is 100000000000, but must be at"),
    ("facts.name", None, "facts.name is None, but must be text"),
    ("platform.device", 1, "platform.device is 1, but must be text"),
    ("recipe.epocs", 3, "there is no recipe.epocs"),
    ("extra", 3, "there is no extra"),
    ("baseline", {"name": "x", 3: 4}, "baseline is {'name': 'x', 3: 4}, but must be a section"),
]


@pytest.mark.parametrize(("path", "value", "said"), CHANGES)
def test_every_value_is_checked(tmp_path: Path, path: str, value: Any, said: str) -> None:
    plain = DEFINITION.to_plain()
    _set(path, value)(plain)
    message = refusal(tmp_path, yaml.safe_dump(plain, sort_keys=False))
    assert said in message or said in message.replace("\\\\", "\\")


def test_every_setting_must_be_there(tmp_path: Path) -> None:
    """But those that are younger than the first stored studies."""

    def paths(plain: dict[str, Any], before: str = "") -> list[str]:
        found = []
        for name, value in plain.items():
            found.append(before + name)
            found += paths(value, f"{before}{name}.") if isinstance(value, dict) else []
        return found

    young = []
    for path in paths(DEFINITION.to_plain()):
        plain = DEFINITION.to_plain()
        *places, last = path.split(".")
        section = plain
        for place in places:
            section = section[place]
        del section[last]
        try:
            assert re.search(
                rf"{re.escape(path)} is (missing|None)", refusal(tmp_path, yaml.safe_dump(plain))
            )
        except pytest.fail.Exception:
            young.append(path)
    assert young == ["sweep.rungs", "sweep.reduction", "budget", "fidelity"]
