"""A stage table as plain data: what baseline.yaml and study.yaml hold of a found baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from scaling_search.baselines.stage_tables import StageTable
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.scaling import Architecture, FineRounding, Stage

#: Whoever loads a table sets these, from the data.
_OF_DATA = ("num_classes", "in_channels")
#: No number of a network that could be trained is larger.
_LARGEST = 10_000
_PLAIN: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
}


def plain_table(
    architecture: Architecture, resolution: int, rounding: FineRounding
) -> dict[str, Any]:
    """The table as nested dicts and lists, in the words of `Architecture` and `Stage`."""
    return {"resolution": resolution, **vars(rounding), **plain_layers(architecture)}


def plain_layers(architecture: Architecture) -> dict[str, Any]:
    """An architecture without what the data set, as nested dicts and lists."""
    plain = {name: value for name, value in asdict(architecture).items() if name not in _OF_DATA}
    stages = [dict(stage) for stage in plain.pop("stages")]
    return {**plain, "stages": stages}


def read_layers(plain: Any, num_classes: int, in_channels: int) -> Architecture:
    """The architecture that `plain_layers` gave. Raises InvalidInput, which names what is wrong."""
    table = _section("the network", plain, _kinds(Architecture))
    stages = _stages(table.pop("stages"))
    return Architecture(**table, stages=stages, num_classes=num_classes, in_channels=in_channels)


def read_table(plain: Any) -> StageTable:
    """The table that `plain_table` gave. Raises InvalidInput, which names what is wrong."""
    of_rounding, of_architecture = _kinds(FineRounding), _kinds(Architecture)
    of_table = {"resolution": "int", **of_rounding, **of_architecture}
    table = _section("the stage table", plain, of_table)
    rows = _stages(table.pop("stages"))
    resolution = whole_number("resolution", table.pop("resolution"))
    rounding = {name: whole_number(name, table.pop(name)) for name in of_rounding}
    architecture = Architecture(**table, stages=rows, num_classes=1, in_channels=1)
    return StageTable(architecture, resolution, FineRounding(**rounding))


def _stages(plain: Any) -> tuple[Stage, ...]:
    if not isinstance(plain, list) or not plain:
        raise InvalidInput(f"stages is {plain!r}, but must be a list of stages")
    return tuple(
        Stage(**_section(f"stage {number}", stage, _kinds(Stage)))
        for number, stage in enumerate(plain, 1)
    )


def _kinds(of: type) -> dict[str, str]:
    """The fields that a table names, and the types that stand behind them."""
    return {f.name: str(f.type) for f in fields(of) if f.name not in _OF_DATA}


def _section(what: str, plain: Any, kinds: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(plain, Mapping):
        raise InvalidInput(f"{what} is {plain!r}, but must be a section of names and values")
    unknown = [name for name in plain if name not in kinds]
    missing = [name for name in kinds if name not in plain]
    if unknown or missing:
        said = [f"has {unknown[0]!r}, which is none of its names"] if unknown else []
        said += [f"lacks {', '.join(missing)}"] if missing else []
        raise InvalidInput(f"{what} {' and '.join(said)}")
    for name, value in plain.items():
        if kinds[name] in _PLAIN:
            able, must = _PLAIN[kinds[name]]
            if type(value) not in able:
                raise InvalidInput(f"{name} of {what} is {value!r}, but must be {must}")
            if value > _LARGEST:
                raise InvalidInput(
                    f"{name} of {what} is {value!r}, but must be at most {_LARGEST:,}"
                )
    return dict(plain)
