"""study.yaml: the definition of a study."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Recipe, TaskFacts
from scaling_search.proxy.data_settings import OF_OWN
from scaling_search.search import SweepSettings
from scaling_search.search.constraint import YOUNGER
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.family_settings import OF_CURVES
from scaling_search.study.files.measured_json import (
    batch_of,
    read_drawn,
    read_members,
    write_measured,
)
from scaling_search.study.files.networks_csv import stored_prices
from scaling_search.study.files.yaml_text import LARGEST, YAML_ERRORS, plain_yaml, yaml_text
from scaling_search.study.measured import Measured
from scaling_search.study.plain import from_plain
from scaling_search.study.platform import Platform
from scaling_search.study.settings import SWEEPS, StudySettings
from scaling_search.text_file import damaged, read_text, write_text
from scaling_search.trainers import TrainerSettings

_REMEDY = "restore it, or make the study again with fresh=true or another name="
#: Settings that are younger than the first stored studies, or never stored; without them the
#: defaults hold.
_OF_THIS_STUDY = (
    *(
        "budget",
        "fidelity",
        "sweep.rungs",
        "sweep.reduction",
        "sweep.rivals",
        "sweep.budget",
        "sweep.smaller",
        "data.cache_dir",
    ),
    "recipe.start",
    *(f"family.{name}" for name in OF_CURVES),
    *("baseline.from_", "baseline.table", "baseline.model", "baseline.pretrained"),
    *(f"constraint.{name}" for name in YOUNGER),
    *("data.ground", "data.allow_left_out"),
    *("data.cache", "data.loading_processes", "data.augmentation.smallest_crop"),
    *("trainer", *(f"data.{name}" for name in OF_OWN)),
)
#: Of a study of transfer the same of its source.
_OPTIONAL = (
    *_OF_THIS_STUDY,
    *(f"sweep.source.{name}" for name in _OF_THIS_STUDY if name.startswith("data.")),
)
#: Of a training of one's own only what it looks at is stored.
_OPTIONAL_OF_OWN = tuple(
    f"{part}.{one.name}"
    for part, kind in (("recipe", Recipe), ("data", DataSettings), ("trainer", TrainerSettings))
    for one in fields(kind)
    if one.name not in ("kind", "epochs")
)


def read_definition(folder: Path) -> StudyDefinition:
    """The definition of the study in a folder. Raises InvalidInput where there is none.

    Nothing that study.yaml names is imported: own networks are known by networks.csv.
    """
    path = folder / "study.yaml"
    text = read_text(path, _REMEDY, LARGEST)
    if text is None:
        raise InvalidInput(
            f"{folder} holds no study.yaml, so it is no study folder: give one, such as "
            "experiments/NAME"
        )
    try:
        plain = plain_yaml(text)
        if not isinstance(plain, dict):
            raise InvalidInput("it holds no settings")
        facts, platform = plain.pop("facts", None), plain.pop("platform", None)
        code = plain.pop("code", {})
        optional = _OPTIONAL + (_OPTIONAL_OF_OWN if "trainer" in plain else ())
        settings = from_plain(
            StudySettings, plain, optional=optional, kinds={SweepSettings: SWEEPS}
        )
        batches = {one: batch_of(one) for one in settings.constraint.measurements}
        definition = StudyDefinition(
            settings,
            from_plain(TaskFacts, facts, "facts"),
            from_plain(Platform, platform, "platform"),
            stored_prices(folder),
            from_plain(dict[str, str], code, "code"),
        )
    except YAML_ERRORS as error:
        raise damaged(path, error, _REMEDY) from error
    if not batches:
        return definition
    # Other files, which say for themselves what is wrong with them.
    measured = Measured(read_drawn(folder, batches), read_members(folder, batches.values()))
    return replace(definition, measured=measured)


def write_definition(folder: Path, definition: StudyDefinition) -> None:
    """study.yaml, and the measurements that it names."""
    write_measured(folder, definition.measured.drawn, definition.measured.members)
    write_text(folder / "study.yaml", yaml_text(definition.to_plain()))
