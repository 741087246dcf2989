"""Networks visited in turns beside a reference: what a machine does meanwhile is taken out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.baselines.load import load_baseline
from scaling_search.baselines.visits import BLOCK, visit
from scaling_search.errors import InvalidInput


class Machine:
    """Networks of 1, 2, ... seconds, and a reference of one, at a speed that depends on time."""

    def __init__(self, speed) -> None:
        self.speed, self.moments, self.seen = speed, itertools.count(), []

    def network(self, index: int) -> float:
        self.seen.append(index)
        return (1 + index) * self.speed(next(self.moments))

    def reference(self) -> float:
        self.seen.append(-1)
        return self.speed(next(self.moments))


def visited(speed, count: int = 10, visits: int = 5):
    machine = Machine(speed)
    return machine, visit(count, visits, machine.network, machine.reference)


def test_every_network_is_visited_so_often_beside_the_reference() -> None:
    machine, found = visited(lambda _: 1.0)
    assert found.seconds == pytest.approx(np.outer(np.arange(1, 11), np.ones(5)))
    assert (found.repeated, found.unsteady, found.drift) == (0, 0, 1.0)
    blocks = [
        len(list(g)) for is_ref, g in itertools.groupby(machine.seen, (-1).__eq__) if not is_ref
    ]
    assert sum(blocks) == 50
    assert max(blocks) == BLOCK
    # The second visits begin when all networks have had their first.
    order = [i for i in machine.seen if i >= 0]
    for start in range(0, 50, 10):
        assert sorted(order[start : start + 10]) == list(range(10))
    assert order[:10] != order[10:20]


def test_a_machine_that_slows_down_is_corrected_and_told() -> None:
    _, found = visited(lambda moment: 1 + 0.004 * moment)
    alone = found.seconds / np.arange(1, 11)[:, None]
    assert alone.max() / alone.min() < 1.02
    assert found.drift == pytest.approx(1.16, abs=0.05)
    assert found.repeated == 0


def test_visits_are_made_again_where_the_machine_changed_meanwhile() -> None:
    # From one moment to the next a third slower, for a while.
    _, found = visited(lambda moment: 1.5 if 12 <= moment < 27 else 1.0)
    assert found.repeated == 2
    assert found.unsteady == 0
    assert found.seconds == pytest.approx(np.outer(np.arange(1, 11), np.ones(5)))


def test_a_machine_that_never_rests_is_measured_as_it_is() -> None:
    rng = np.random.default_rng(0)
    machine, found = visited(lambda _: float(np.exp(0.3 * rng.standard_normal())))
    assert found.repeated == 13
    assert found.unsteady > 5
    assert np.isfinite(found.seconds).all()
    assert len(machine.seen) < 2 * 70


def test_drawn_networks_are_distinct_and_fill_the_space() -> None:
    baseline = load_baseline("searched_micro", 10, 1)
    drawn = draw_networks(baseline, 150, 4.0)
    assert len({member.id for member in drawn}) == len(drawn) == 150
    assert (drawn[0].depth_mult, drawn[0].width_mult, drawn[0].resolution) == (1, 1, 24)
    growth = np.log([(m.depth_mult, m.width_mult**2, m.resolution_mult**2) for m in drawn])
    assert growth.sum(axis=1).max() < np.log(4.0) + 0.1
    # Each dimension alone goes near the reach, and below the baseline.
    assert growth.max(axis=0).min() > 0.8 * np.log(4.0)
    assert growth.min(axis=0).max() < 0


def test_fewer_are_drawn_where_there_are_no_more() -> None:
    # Rounding to multiples of 8 leaves few networks just above the baseline.
    baseline = load_baseline("searched_micro", 10, 1, 24, 10, 8)
    drawn = draw_networks(baseline, 50, 1.1)
    assert 1 <= len(drawn) < 50


@pytest.mark.parametrize("reach", [1, 0.5, float("nan")])
def test_a_reach_below_the_baseline_is_refused(reach: float) -> None:
    with pytest.raises(InvalidInput, match="reach is"):
        draw_networks(load_baseline("searched_micro", 10, 1), 10, reach)
