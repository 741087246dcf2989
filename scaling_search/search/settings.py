"""Settings that every way of searching shares."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scaling_search.errors import InvalidInput, require_seeds


@dataclass(frozen=True)
class SearchSettings:
    """What a search does with the candidates that it asks for."""

    #: What kind of study this is.
    kind: str = ""
    #: Seeds, in the order in which they are used; every candidate starts with the first.
    seeds: list[int] = field(default_factory=lambda: [0, 1])
    #: Epochs after which the candidates of a bracket are compared, on the first seed, and only the
    #: best part goes on (successive halving); empty trains all of them to the recipe's end.
    rungs: list[int] = field(default_factory=list)
    #: One in so many goes on from a rung.
    reduction: int = 3

    def __post_init__(self) -> None:
        require_seeds("sweep.seeds", self.seeds)
        if not self.seeds:
            raise InvalidInput("sweep.seeds is [], but one is needed: sweep.seeds=[0,1]")
        rungs = list(self.rungs)
        if any(rung < 1 for rung in rungs) or rungs != sorted(set(rungs)):
            raise InvalidInput(
                f"sweep.rungs is {rungs}, but must hold growing numbers of epochs, each at least 1"
            )
        if self.reduction < 2:
            raise InvalidInput(f"sweep.reduction is {self.reduction}, but must be at least 2")


@dataclass(frozen=True)
class Budget:
    """What a search that chooses its own runs may spend on STEP 1; the first limit reached ends it.

    A grid trains what it lists and takes no budget.
    """

    #: Runs; null allows twice as many as the search starts with.
    runs: int | None = None
    #: Floating-point operations of training.
    train_flops: float | None = None
    #: Minutes of training, summed over workers.
    minutes: float | None = None

    def __post_init__(self) -> None:
        for name in ("runs", "train_flops", "minutes"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidInput(f"budget.{name} is {value!r}, but must be above 0, or null")
