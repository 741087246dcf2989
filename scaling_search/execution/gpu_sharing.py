"""How many runs should share a GPU: found by the first runs of a study."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

#: Runs a GPU at most, and by how much more a GPU must do in the same time to take on more.
MOST, _WORTH = 8, 1.1


@dataclass
class Sharing:
    """Doubles the runs that share a GPU for as long as that gives more runs in the same time.

    A small network leaves most of a GPU idle. The first runs of a search cost the same, so that
    their times can be compared.
    """

    gpus: int
    #: Runs that share a GPU now.
    level: int = 1
    #: Whether that stays.
    is_settled: bool = False
    _seconds: list[float] = field(default_factory=list)
    #: Level with the most runs a second and GPU so far, and how many.
    _best: tuple[int, float] = (1, 0.0)

    def note(self, level: int, seconds: float) -> None:
        """A run has ended that began while so many shared its GPU."""
        if self.is_settled or level != self.level:
            return
        self._seconds.append(seconds)
        # The first ones of a level pay for new workers.
        if len(self._seconds) < 2 * self.gpus * level:
            return
        rate = level / statistics.median(self._seconds[self.gpus * level // 2 :])
        if rate < _WORTH * self._best[1]:
            self._settle()
            return
        self._best = level, rate
        if 2 * level > MOST:
            self._settle()
        else:
            self.level, self._seconds = 2 * level, []

    def memory_ran_out(self, level: int) -> None:
        """A run had not enough memory while so many shared its GPU."""
        if level == self.level > 1:
            self._settle()

    def _settle(self) -> None:
        self.level, self.is_settled = self._best[0], True
