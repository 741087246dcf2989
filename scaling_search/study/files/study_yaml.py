"""study.yaml: the definition of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from scaling_search.errors import InvalidInput
from scaling_search.proxy import TaskFacts
from scaling_search.search import SweepSettings
from scaling_search.study.definition import Platform, StudyDefinition
from scaling_search.study.files.networks_csv import stored_prices
from scaling_search.study.files.text_file import damaged, read_text, write_text
from scaling_search.study.plain import from_plain
from scaling_search.study.settings import SWEEPS, StudySettings

_REMEDY = "restore it, or make the study again with fresh=true or another name="
#: Bytes and levels of nesting, far beyond those of any study.
_LARGEST, _DEEPEST = 2**20, 20
#: Settings that are younger than the first stored studies, or never stored; without them the
#: defaults hold.
_OPTIONAL = ("budget", "fidelity", "sweep.rungs", "sweep.reduction", "data.cache_dir")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain data only; a name that stands twice in a section is a mistake."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [str(key.value) for key, _ in node.value]
        twins = [name for name in names if names.count(name) > 1]
        if twins:
            raise yaml.YAMLError(f"it has {twins[0]!r} twice")
        content: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return content


def read_definition(folder: Path) -> StudyDefinition:
    """The definition of the study in a folder. Raises InvalidInput where there is none.

    Nothing that study.yaml names is imported: own networks are known by networks.csv.
    """
    path = folder / "study.yaml"
    text = read_text(path, _REMEDY, _LARGEST)
    if text is None:
        raise InvalidInput(
            f"{folder} holds no study.yaml, so it is no study folder: give one, such as "
            "experiments/NAME"
        )
    try:
        plain = _plain(text)
        if not isinstance(plain, dict):
            raise InvalidInput("it holds no settings")
        facts, platform = plain.pop("facts", None), plain.pop("platform", None)
        return StudyDefinition(
            from_plain(StudySettings, plain, optional=_OPTIONAL, kinds={SweepSettings: SWEEPS}),
            from_plain(TaskFacts, facts, "facts"),
            from_plain(Platform, platform, "platform"),
            stored_prices(folder),
        )
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(path, error, _REMEDY) from error


def _plain(text: str) -> Any:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("it holds an alias or an anchor")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
    return yaml.load(text, Loader=_Loader)


def write_definition(folder: Path, definition: StudyDefinition) -> None:
    """study.yaml."""
    text = yaml.safe_dump(definition.to_plain(), sort_keys=False, allow_unicode=True)
    write_text(folder / "study.yaml", text)
