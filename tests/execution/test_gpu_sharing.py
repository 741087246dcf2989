"""How many runs share a GPU follows from how long they take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaling_search.execution.gpu_sharing import Sharing


def settled(seconds: Callable[[int], float], gpus: int = 2, runs: int = 500) -> Sharing:
    sharing = Sharing(gpus)
    for _ in range(runs):
        sharing.note(sharing.level, seconds(sharing.level))
    return sharing


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        # A GPU that is full: twice as many take twice as long.
        (lambda level: 10.0 * level, 1),
        # One that up to four leave idle.
        (lambda level: 10.0 * max(1, level / 4), 4),
        # Each further one costs nothing.
        (lambda level: 10.0, 8),
        # A twentieth more is not worth it.
        (lambda level: 10.0 * level / (1 + 0.05 * (level > 1)), 1),
    ],
)
def test_it_doubles_while_that_gives_more(seconds: Callable[[int], float], level: int) -> None:
    sharing = settled(seconds)
    assert (sharing.level, sharing.is_settled) == (level, True)


def test_where_memory_runs_out_it_goes_back() -> None:
    sharing = Sharing(1)
    for _ in range(2):
        sharing.note(1, 10.0)
    assert sharing.level == 2
    sharing.memory_ran_out(2)
    assert (sharing.level, sharing.is_settled) == (1, True)
    # A run that is too large for a GPU alone says nothing of sharing.
    alone = Sharing(1)
    alone.memory_ran_out(1)
    assert not alone.is_settled


def test_runs_that_began_before_are_left_out() -> None:
    sharing = Sharing(1)
    for _ in range(2):
        sharing.note(1, 10.0)
    for _ in range(50):
        sharing.note(1, 1.0)
    assert (sharing.level, sharing.is_settled) == (2, False)
