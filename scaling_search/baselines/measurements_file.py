"""A list of networks, or measurements of them, as one JSON file that any machine can read.

{"kind": ..., "baseline": ..., "num_classes": ..., "in_channels": ..., "code": ...,
 "conditions": {...}, "networks": [one line each]}; a list has no conditions and no seconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from scaling_search.baselines.baseline import Network, closed_form
from scaling_search.baselines.measured_networks import ListedNetwork, NetworkList
from scaling_search.baselines.measurements import Conditions, Measurements
from scaling_search.baselines.own_network import OwnNetwork
from scaling_search.baselines.table import plain_layers, read_layers
from scaling_search.errors import InvalidInput, positive_number, whole_number
from scaling_search.scaling import Architecture, Cost
from scaling_search.text_file import damaged, is_text, missing, read_json, shown, write_text

_LIST, _MEASURED = "scaling_search networks 1", "scaling_search measurements 1"
_REMEDY = "make it anew, python -m scaling_search.measure"
_HEAD = ("kind", "baseline", "num_classes", "in_channels", "function", "code", "pretrained")
_ROW = ("id", "resolution", "depth_mult", "width_mult", "layers", "cost", "seconds")


def write_list(path: Path, listed: NetworkList) -> None:
    """Write the networks that are to be measured. Raises OSError."""
    write_text(path, _content(listed, {"kind": _LIST}))


def write_measurements(path: Path, measurements: Measurements) -> None:
    """Write what was measured. Raises OSError."""
    write_text(path, measurements_text(measurements))


def measurements_text(measurements: Measurements) -> str:
    """What a file of measurements holds."""
    more = {"kind": _MEASURED, "conditions": vars(measurements.conditions)}
    return _content(measurements.listed, more)


def _content(listed: NetworkList, more: Mapping[str, Any]) -> str:
    network = listed.baseline.network
    head = {
        **more,
        "baseline": listed.name,
        "num_classes": network.num_classes,
        "in_channels": network.in_channels,
    }
    if isinstance(network, OwnNetwork):
        head |= {
            "function": network.target,
            "code": network.code,
            "pretrained": network.pretrained,
        }
    rows = ",\n".join(json.dumps(_plain(network)) for network in listed.networks)
    text = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{text},\n "networks": [\n{rows}\n]}}\n'


def _plain(row: ListedNetwork) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": row.id,
        "resolution": row.resolution,
        "depth_mult": row.depth_mult,
        "width_mult": row.width_mult,
        "cost": vars(row.cost),
    }
    if isinstance(row.network, Architecture):
        plain["layers"] = plain_layers(row.network)
    return {**plain, **({"seconds": row.seconds} if row.seconds else {})}


def read_list(path: Path) -> NetworkList:
    """The networks of a list, or those of measurements, without what was measured.

    Raises InvalidInput.
    """
    return _read(path, "a list of networks", (_LIST, _MEASURED))[0]


def read_measurements(path: Path) -> Measurements:
    """What was measured. Raises InvalidInput: missing, damaged, a list that nobody measured."""
    listed, conditions = _read(path, "measurements", (_MEASURED,))
    assert conditions is not None
    return Measurements(listed, conditions)


def _read(path: Path, wanted: str, kinds: tuple[str, ...]) -> tuple[NetworkList, Conditions | None]:
    content = read_json(path, _REMEDY)
    if content is None:
        raise missing(path, _REMEDY)
    kind = content.get("kind")
    if kind == _LIST and kind not in kinds:
        raise InvalidInput(
            f"{path} is a list of networks that are not measured yet: measure them on the device, "
            f"python -m scaling_search.measure --networks {path.name} --to measured.json"
        )
    if kind not in kinds:
        raise damaged(path, f"its kind is {shown(kind)}, so it holds no {wanted}", _REMEDY)
    try:
        conditions = _conditions(content.pop("conditions", None)) if kind == _MEASURED else None
        listed = _listed(content, conditions.visits if conditions else 0)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise damaged(path, what, _REMEDY) from error
    return listed, conditions


def _conditions(plain: Any) -> Conditions:
    if not isinstance(plain, dict):
        raise ValueError("it has no conditions")
    kinds = {field.name: str(field.type) for field in fields(Conditions)}
    if kinds.keys() != plain.keys():
        odd = sorted(kinds.keys() ^ plain.keys())[0]
        raise ValueError(f"its conditions {'lack' if odd in kinds else 'have'} {shown(odd)}")
    for name, value in plain.items():
        if kinds[name] == "str":
            good = isinstance(value, str) and is_text(value)
        else:
            able: tuple[type, ...] = (int,) if kinds[name] == "int" else (int, float)
            good = type(value) in able and 0 <= value < math.inf
        if not good:
            raise ValueError(f"{name} of its conditions is {shown(value)}")
    for name in ("batch_size", "threads", "visits"):
        whole_number(name, plain[name])
    for name in ("reference", "drift"):
        positive_number(name, plain[name])
    return Conditions(**plain)


def _listed(content: dict[str, Any], visits: int) -> NetworkList:
    rows = content.pop("networks")
    for name in content:
        if name not in _HEAD:
            raise ValueError(f"there is no {shown(name)}")
    name = _text("baseline", content["baseline"])
    num_classes, in_channels = (
        _within(n, content[n], 10**7) for n in ("num_classes", "in_channels")
    )
    own = [_text(n, content.get(n, "")) for n in ("function", "code", "pretrained")]
    if not isinstance(rows, list) or not rows:
        raise ValueError("it holds no networks")
    networks: dict[str, ListedNetwork] = {}
    for number, plain in enumerate(rows, 1):
        try:
            row = _row(plain, num_classes, in_channels, own, visits)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            what = f"it lacks {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"network {number}: {what}") from error
        if row.id in networks:
            raise ValueError(f"network {number} repeats {row.id}")
        networks[row.id] = row
        first = next(iter(networks.values())).network
        if isinstance(first, Architecture) and not first.is_scaled_to(row.network):
            raise ValueError(f"network {number} is none of the baseline scaled")
    listed = NetworkList(name, tuple(networks.values()))
    base = listed.baseline
    if (base.depth_mult, base.width_mult) != (1, 1):
        raise ValueError("its first network is not the baseline")
    return listed


def _row(
    plain: Any, num_classes: int, in_channels: int, own: list[str], visits: int
) -> ListedNetwork:
    if not isinstance(plain, dict):
        raise ValueError(f"it is {shown(plain)}, but must be an object")
    for name in plain:
        if name not in _ROW:
            raise ValueError(f"there is no {shown(name)}")
    depth, width = (float(positive_number(n, plain[n])) for n in ("depth_mult", "width_mult"))
    resolution = _within("resolution", plain["resolution"], 10**4)
    function, code, pretrained = own
    network: Network
    if function:
        network = OwnNetwork(function, depth, width, num_classes, in_channels, code, pretrained)
        names = ("macs", "params", "activations")
        cost = Cost(**{n: _within(n, plain["cost"][n], 10**18, 0) for n in names})
        id = _text("id", plain["id"])
    else:
        network = read_layers(plain["layers"], num_classes, in_channels)
        priced = closed_form(network, resolution)
        cost, id = priced.cost, priced.id
        if id != plain["id"]:
            raise ValueError(f"its id is {shown(plain['id'])}, but its layers say {id}")
    return ListedNetwork(id, network, resolution, depth, width, cost, _seconds(plain, visits))


def _seconds(plain: dict[str, Any], visits: int) -> tuple[float, ...]:
    seconds = plain.get("seconds", []) if visits else []
    if not isinstance(seconds, list) or len(seconds) != visits:
        raise ValueError(f"seconds is {shown(seconds)}, but must hold {visits} numbers")
    return tuple(positive_number("a number of seconds", value) for value in seconds)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not is_text(value):
        raise ValueError(f"{name} is {shown(value)}, but must be text")
    return value


def _within(name: str, value: Any, most: int, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is {shown(value)}, but must be a whole number up to {most:,}")
    return value
