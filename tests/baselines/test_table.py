"""A stage table as plain data comes back as it was, or says what is wrong with it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.baselines import STAGE_TABLES, BaselineSettings, plain_table, read_table
from scaling_search.errors import InvalidInput
from scaling_search.scaling import FineRounding, cost

CHECKOUT = Path(__file__).parents[2]

NAMES = [name for name, table in STAGE_TABLES.items() if isinstance(table.rounding, FineRounding)]


def plain(name: str = "efficientnet_micro") -> dict[str, Any]:
    architecture, resolution, rounding = STAGE_TABLES[name]
    assert isinstance(rounding, FineRounding)
    return json.loads(json.dumps(plain_table(architecture, resolution, rounding)))


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_table_comes_back(name: str) -> None:
    found = BaselineSettings(name="found", table=plain(name)).load(10, 3)
    own = BaselineSettings(name=name).load(10, 3)
    assert (found.network(1.3, 1.2), found.resolution) == (own.network(1.3, 1.2), own.resolution)
    assert found.name == "found"


def test_the_users_resolution_and_divisors_hold() -> None:
    given = BaselineSettings(name="found", table=plain(), resolution=32, channel_divisor=2)
    loaded = given.load(10, 3)
    assert loaded.resolution == 32
    assert all(c % 2 == 0 for c in loaded.network(1.3, 1.7).channels)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stages": []}, r"stages is \[\], but must be a list of stages"),
        ({"stages": "many"}, "stages is 'many', but must be a list of stages"),
        ({"stages": [1]}, "stage 1 is 1, but must be a section"),
        ({"resolution": 0}, "resolution is 0, but must be a whole number above 0"),
        ({"resolution": "20"}, "resolution of the stage table is '20', but must be a whole"),
        ({"resolution": True}, "resolution of the stage table is True"),
        ({"identity_start": 1}, "identity_start of the stage table is 1, but must be true"),
        ({"activation": "gelu"}, "activation is 'gelu', but must be one of silu"),
        ({"stem_channels": -4}, "stem_channels is -4, but must be a whole number above 0"),
        ({"head_channels": -1}, "head_channels is -1"),
        ({"stem_kernel": 2}, "stem_kernel is 2, but must be odd"),
        ({"channel_divisor": 0}, "channel_divisor is 0"),
        (
            {"stem_channels": 10**12},
            "stem_channels of the stage table is 1000000000000",
        ),
        ({"resolution": 10**6}, "resolution of the stage table is 1000000, but must be at most"),
        ({"macs": 5}, "the stage table has 'macs', which is none of its names"),
        ({"resolution": None}, "resolution of the stage table is None"),
    ],
)
def test_a_damaged_table_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_table({**plain(), **change})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("block", "dense", "block is 'dense', but must be one of mbconv, fused_mbconv"),
        ("channels", 10**12, "channels of stage 1 is 1000000000000, but must be at most 10,000"),
        ("repeats", 10**9, "repeats of stage 1 is 1000000000, but must be at most 10,000"),
        ("kernel", 3.5, "kernel of stage 1 is 3.5, but must be a whole number"),
        ("stride", 0, "stride is 0"),
        ("se_ratio", float("nan"), "se_ratio is nan"),
        ("expansion", "2", "expansion of stage 1 is '2', but must be a whole number"),
        ("name", "x", "stage 1 has 'name', which is none of its names"),
    ],
)
def test_a_damaged_stage_is_refused(name: str, value: Any, said: str) -> None:
    table = plain()
    table["stages"][0][name] = value
    with pytest.raises(InvalidInput, match=said):
        read_table(table)


def test_what_is_missing_is_named() -> None:
    table = plain()
    del table["stem_stride"], table["stages"][1]["block"]
    with pytest.raises(InvalidInput, match="the stage table lacks stem_stride"):
        read_table(table)
    with pytest.raises(InvalidInput, match="stage 2 lacks block"):
        read_table({**table, "stem_stride": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_table_it_is_read_or_refused(data: st.DataObject) -> None:
    table = copy.deepcopy(plain())
    place = table["stages"][0] if data.draw(st.booleans()) else table
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    try:
        architecture, resolution, rounding = read_table(table)
    except InvalidInput:
        return
    assert isinstance(rounding, FineRounding)
    assert plain_table(architecture, resolution, rounding) == table


def test_found_without_a_place_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"baseline=found has no baseline.from="):
        BaselineSettings(name="found").load(10, 3)


def test_the_table_of_the_docs_can_be_read() -> None:
    text = (CHECKOUT / "docs" / "baselines.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert cost(read_table(yaml.safe_load(table)).architecture, 24).macs > 100_000
