"""Many networks measured in turns beside a reference network, which shows what the machine does.

A machine gets slower and faster: it heats up, it changes its clock, others work on it. So each
network is visited several times, far apart and in another order each time, and between every few
visits a reference network is measured. What counts is the time over that of the reference just
before and after; where the two differ by too much, the visits between them are made again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_search.long_work import counted

Floats = NDArray[np.float64]

#: Visits between two measurements of the reference.
BLOCK = 4
#: Visits are made again where the reference changed by a larger factor meanwhile, 5 %.
MOVED = 1.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """What came of them."""

    #: (networks, visits): seconds, as if the reference had always taken its median.
    seconds: Floats
    #: Seconds of the reference, in the order in which it was measured.
    reference: Floats
    #: How many blocks of visits were made again, and how many count although the reference moved.
    repeated: int
    unsteady: int

    @property
    def level(self) -> float:
        """The reference's median, in seconds."""
        return float(np.median(self.reference))

    @property
    def drift(self) -> float:
        """The reference's median in the last third over that in the first."""
        third = -(-len(self.reference) // 3)
        return float(np.median(self.reference[-third:]) / np.median(self.reference[:third]))


def visit(
    count: int, visits: int, network: Callable[[int], float], reference: Callable[[], float]
) -> Visits:
    """Measure networks 0 to count - 1 so many times each; both functions give seconds.

    No more blocks are made again than there are: a machine that never rests is measured as it is.
    """
    rng = np.random.default_rng(0)
    order = np.concatenate([rng.permutation(count) for _ in range(visits)])
    blocks = deque(order[start : start + BLOCK] for start in range(0, len(order), BLOCK))
    allowed, repeated, unsteady = len(blocks), 0, 0
    ratios: list[list[float]] = [[] for _ in range(count)]
    levels = [reference()]

    def pieces() -> Iterator[tuple[int, NDArray[np.int64]]]:
        first = len(blocks)
        while blocks:
            first -= 1
            yield (len(blocks[0]) if first >= 0 else 0), blocks.popleft()

    for block in counted(pieces(), "Measuring networks", len(order)):
        seconds = [network(int(i)) for i in block]
        levels.append(reference())
        before, after = levels[-2:]
        moved = max(before, after) / min(before, after) > MOVED
        if moved and repeated < allowed:
            repeated += 1
            blocks.append(block)
            continue
        unsteady += moved
        for i, value in zip(block, seconds):
            ratios[i].append(value / np.sqrt(before * after))
    found = np.array(levels)
    return Visits(
        seconds=np.array(ratios).reshape(count, visits) * np.median(found),
        reference=found,
        repeated=repeated,
        unsteady=unsteady,
    )
