"""Every network of STEP 0's space is brought to the cost that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import SPACE

from scaling_search.search.baseline.space import Choose


def drawn(seed: int) -> Choose:
    """Chooses at random."""
    rng = np.random.default_rng(seed)

    def choose(name: str, options: Sequence[Any]) -> Any:
        return options[int(rng.integers(len(options)))]

    return choose


@given(st.integers(0, 10_000), st.sampled_from([6e5, 5e6, 5e7]))
def test_a_network_has_the_cost_where_a_width_or_a_resolution_has(seed: int, macs: float) -> None:
    proposed = SPACE.propose(drawn(seed), 10, 3)
    member, ratio = SPACE.at_cost(proposed, macs, 0.05, 32)
    assert member.cost.macs == pytest.approx(ratio * macs)
    # Larger networks have finer steps.
    if macs > 1e6:
        assert abs(ratio - 1) <= 0.05
    assert member.resolution <= 32
    assert abs(member.resolution - proposed.resolution) <= 0.5 * proposed.resolution
    # Only its width and its pixels were changed.
    assert [replace(s, channels=1) for s in member.architecture.stages] == [
        replace(s, channels=1) for s in proposed.architecture.stages
    ]


def test_nearly_all_networks_come_to_a_small_cost() -> None:
    ratios = [SPACE.at_cost(SPACE.propose(drawn(s), 36, 1), 6e5, 0.05, 64)[1] for s in range(100)]
    assert np.mean(np.abs(np.array(ratios) - 1) <= 0.05) > 0.9


@given(st.integers(0, 10_000))
def test_the_last_map_is_neither_wide_nor_gone(seed: int) -> None:
    proposed = SPACE.propose(drawn(seed), 10, 3)
    pixels = -(-proposed.resolution // proposed.architecture.stem_stride)
    for stage in proposed.architecture.stages:
        pixels = -(-pixels // stage.stride)
    assert 3 <= pixels <= 8


def test_channels_are_multiples_of_the_divisor() -> None:
    space = replace(SPACE, channel_divisor=8)
    member, _ = space.at_cost(space.propose(drawn(3), 10, 3), 5e7, 0.05, 32)
    assert all(channels % 8 == 0 for channels in member.architecture.channels)


def test_a_block_takes_an_expansion_that_it_can_have() -> None:
    assert [SPACE.nearest_expansion("mbconv", e) for e in (1, 2, 4)] == [1, 2, 4]
    assert [SPACE.nearest_expansion("fused_mbconv", e) for e in (1, 2, 4)] == [2, 2, 4]
    assert SPACE.nearest_expansion("basic", 4) == 1
    assert replace(SPACE, expansions=(1,)).nearest_expansion("fused_mbconv", 1) == 2
