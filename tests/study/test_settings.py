"""Settings written down, read back and compared."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml
from fakes import SETTINGS, fake_study

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.search import CostConstraint, GridSettings, SweepSettings
from scaling_search.study import FamilySettings, StudySettings, read_definition
from scaling_search.study.plain import differences, from_plain
from scaling_search.study.settings import SWEEPS

KINDS = {SweepSettings: SWEEPS}
FULL = StudySettings(
    BaselineSettings("efficientnet_micro", "", 12, 2, 1),
    DataSettings("parquet", "a b/ü: #x", augmentation=Augmentation(0.1, flip=True), train_images=9),
    Recipe(learning_rate=1e-8, weight_decay=0.1 + 0.2, batch_norm_momentum=1e-4),
    GridSettings(alpha=[1.0, 1.1 * 1.1], beta=[1], gamma=[2**0.5], seeds=[3, 1]),
    CostConstraint("nominal", 2.0, 1e-9),
    FamilySettings(phi=[-0.5, 1 / 3], seeds=[7], save_weights=True),
)


@pytest.mark.parametrize("settings", [SETTINGS, FULL])
def test_settings_survive_yaml(settings: StudySettings) -> None:
    text = yaml.safe_dump(asdict(settings), sort_keys=False, allow_unicode=True)
    again = from_plain(StudySettings, yaml.safe_load(text), kinds=KINDS)
    assert again == settings
    assert differences(asdict(again), asdict(settings)) == []


def test_a_definition_survives_its_file(tmp_path: Path) -> None:
    folder = fake_study(tmp_path)
    definition = read_definition(folder)
    assert replace(definition.settings.data, cache_dir="") == SETTINGS.data
    text = (folder / "study.yaml").read_text()
    assert yaml.safe_load(text) == definition.to_plain()
    keys = {run.spec.key for run in definition.search_runs}
    assert len(keys) == len(definition.candidates.kept) * 2


def test_an_unknown_setting_is_refused_by_name() -> None:
    plain = asdict(SETTINGS)
    plain["recipe"]["epocs"] = 3
    with pytest.raises(InvalidInput, match=r"there is no recipe\.epocs"):
        from_plain(StudySettings, plain, kinds=KINDS)


def test_read_values_are_checked_again() -> None:
    plain = asdict(SETTINGS)
    plain["sweep"]["alpha"] = [0.5]
    with pytest.raises(InvalidInput, match=r"sweep\.alpha.*0\.5"):
        from_plain(StudySettings, plain, kinds=KINDS)


def test_differences_name_the_setting_and_both_values() -> None:
    before = asdict(SETTINGS)
    recipe = replace(SETTINGS.recipe, epochs=9)
    data = replace(SETTINGS.data, augmentation=Augmentation(shift=0.25))
    after = asdict(replace(SETTINGS, recipe=recipe, data=data))
    assert differences(before, before) == []
    assert differences(before, after) == [
        "data.augmentation.shift: 0.0 before, 0.25 now",
        "recipe.epochs: 2 before, 9 now",
    ]


def test_differences_see_settings_that_came_or_went() -> None:
    assert differences({"a": 1}, {"b": {"c": 2}}) == [
        "a: 1 before, None now",
        "b: None before, {'c': 2} now",
    ]
