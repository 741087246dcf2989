"""The checks that many rooms share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from scaling_search.errors import InvalidInput, require_seed, require_seeds
from scaling_search.proxy import DataSettings
from scaling_search.search import GridSettings
from scaling_search.series import Observation1Settings
from scaling_search.study import FamilySettings, FidelitySettings

#: What generators would refuse in the middle of a study, or take for another seed.
NO_SEEDS = [-1, 2**63, 2**64, 10**30, 1.0, 0.5, float("nan"), True, None, "1", [1]]


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
def test_every_generator_takes_a_seed_that_is_accepted(seed: int) -> None:
    assert require_seed("seed", seed) == seed
    require_seeds("seeds", [seed])
    torch.Generator().manual_seed(seed)
    np.random.default_rng(seed)


@pytest.mark.parametrize("value", NO_SEEDS)
def test_what_is_no_seed_is_refused_with_its_name_and_value(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_seed("data.seed", value)
    assert str(refused.value).startswith(f"data.seed is {value!r}, but must be a whole number")


@pytest.mark.parametrize("value", [*([seed] for seed in NO_SEEDS), [0, 2**63], [3, 3]])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("sweep.seeds", GridSettings),
        ("sweep.seeds", Observation1Settings),
        ("family.seeds", FamilySettings),
        ("fidelity.seeds", FidelitySettings),
    ],
)
def test_lists_of_seeds_are_checked_everywhere(name: str, settings: type, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        settings(seeds=value)
    assert str(refused.value).startswith(f"{name} is {value!r}, but must hold different whole")


def test_seed_of_the_data_is_checked() -> None:
    with pytest.raises(InvalidInput, match=r"data\.seed is 9223372036854775808"):
        DataSettings(seed=2**63)
