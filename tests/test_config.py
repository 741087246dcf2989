"""The configuration: its files and the settings that they are composed into."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from scaling_search.baselines import STAGE_TABLES
from scaling_search.config import Configuration, _taken_as_text, conf_folder
from scaling_search.study.settings import SWEEPS
from scaling_search.trainers import TRAINERS

GROUPS = {
    "baseline": {*STAGE_TABLES, "own", "found", "cost", "timm"},
    "data": {
        *("glyphs", "parquet", "hub", "own", "imagenet-1k", "cifar10", "cifar100", "flowers102"),
        *("birdsnap", "stanford-cars", "fgvc-aircraft", "oxford-pets", "food101"),
    },
    "recipe": {"quick", "proxy", "smoke", "paper", "own"},
    "executor": {"local", "ray"},
    "tracker": {"none", "tensorboard", "mlflow", "wandb"},
    "trainer": set(TRAINERS),
    "sweep": set(SWEEPS),
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_has_a_file_for_each_choice(group: str) -> None:
    assert {path.stem for path in (conf_folder() / group).glob("*.yaml")} == GROUPS[group]


@pytest.mark.parametrize("kind", SWEEPS)
def test_a_kind_of_study_says_what_it_is(kind: str) -> None:
    """Its file starts from its own schema, its settings take part in the checks, help names it."""
    file = conf_folder() / "sweep" / f"{kind}.yaml"
    given = yaml.safe_load(file.read_text())
    assert given.pop("defaults") == [f"{kind}_schema", "_self_"]
    assert SWEEPS[kind](**given).kind == kind
    assert set(given) <= {setting.name for setting in fields(SWEEPS[kind])}
    help_text = (conf_folder() / "help.txt").read_text()
    assert f"+sweep={kind} " in help_text


def test_baseline_files_name_baselines_that_exist() -> None:
    for path in (conf_folder() / "baseline").glob("*.yaml"):
        name = yaml.safe_load(path.read_text()).get("name")
        assert name in (None, "found", "cost", "timm", *STAGE_TABLES)


def test_every_setting_has_a_default_and_is_frozen() -> None:
    seen = [Configuration, *SWEEPS.values()]
    for kind in seen:
        assert kind.__dataclass_params__.frozen, kind
        hints = get_type_hints(kind)
        for setting in fields(kind):
            has_default = setting.default is not MISSING or setting.default_factory is not MISSING
            assert has_default, f"{kind.__name__}.{setting.name}"
            if is_dataclass(hints[setting.name]):
                seen.append(hints[setting.name])


def test_no_file_holds_a_path_of_a_machine() -> None:
    for path in conf_folder().rglob("*"):
        if path.is_file():
            assert not re.search(r"(/home/|/root/|/work/|C:\\)", path.read_text()), path


def test_the_folder_is_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (conf_folder() / "config.yaml").is_file()


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --width {width_mult:.3f} --seed {seed}",
        "sh -c 'echo \"{seed}\"' {width_mult}",
        r"grep \'x\' C:\dir\ {seed}",
        r"ends with \\",
        r"output:Acc@1\s+([0-9.]+), (?P<top5>\S+)",
        "results.csv:metrics/mAP50(B)",
        "a, b=c [d] ${HOME} 'one",
    ],
)
@pytest.mark.parametrize("name", ["trainer.command", "trainer.result", "+trainer.curve"])
def test_a_text_comes_through(text: str, name: str) -> None:
    parsed = OverridesParser.create().parse_override(_taken_as_text(f"{name}={text}"))
    assert parsed.value() == text


@pytest.mark.parametrize(
    "word", ["trainer.command='a b'", 'trainer.result="m.json:a"', "trainer.metric=mAP", "name={a}"]
)
def test_what_is_quoted_already_stays(word: str) -> None:
    assert _taken_as_text(word) == word
