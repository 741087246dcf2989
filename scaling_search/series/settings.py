"""What the paper's comparisons train; Tan & Le 2019, arXiv:1905.11946."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients
from scaling_search.search import SearchSettings


@dataclass(frozen=True)
class SeriesSettings:
    """What every study of series shares."""

    #: What kind of study this is.
    kind: str = ""
    #: Every network is trained with each of these.
    seeds: list[int] = field(default_factory=lambda: [0, 1])

    def __post_init__(self) -> None:
        kind = next(f.default for f in fields(self) if f.name == "kind")
        if self.kind != kind:
            raise InvalidInput(
                f"sweep.kind is {self.kind!r}, but this sweep is {kind!r}: leave sweep.kind out"
            )
        SearchSettings(seeds=self.seeds)


@dataclass(frozen=True)
class Observation1Settings(SeriesSettings):
    """Scaling one dimension alone: does it help, and does it help less and less? (Figure 3)"""

    kind: str = "observation1"
    #: Depth multipliers of the depth series; 1, the baseline, is always part of it.
    depth: list[float] = field(default_factory=lambda: [1.0, 2.0, 3.0, 4.0, 6.0, 8.0])
    #: Width multipliers of the width series.
    width: list[float] = field(default_factory=lambda: [1.0, 1.4, 1.8, 2.6, 3.8, 5.0])
    #: Resolution multipliers of the resolution series.
    resolution: list[float] = field(default_factory=lambda: [1.0, 1.3, 1.5, 1.7, 1.9, 2.2, 2.5])
    #: Networks above so many times the baseline's multiply-adds are left out; null trains all.
    largest_cost: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("depth", "width", "resolution"):
            _require_numbers(f"sweep.{name}", getattr(self, name), 0.1, 100)
        if not (self.depth or self.width or self.resolution):
            raise InvalidInput(
                "sweep.depth, sweep.width and sweep.resolution are empty: give one of them"
            )
        _require_largest_cost(self.largest_cost)


@dataclass(frozen=True)
class Observation2Settings(SeriesSettings):
    """Width scaled from bases of different depth and resolution, at equal cost. (Figure 4)"""

    kind: str = "observation2"
    #: Pairs of a depth and a resolution multiplier; the first is what the others are compared with.
    # Any: OmegaConf does not turn [[1, 1]] into lists of floats.
    bases: list[Any] = field(
        default_factory=lambda: [[1.0, 1.0], [2.0, 1.0], [1.0, 1.3], [2.0, 1.3]]
    )
    #: Width multipliers of every series.
    width: list[float] = field(default_factory=lambda: [1.0, 1.4, 1.8, 2.6, 3.8, 5.0])
    #: Networks above so many times the baseline's multiply-adds are left out; null trains all.
    largest_cost: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        pairs = [base for base in self.bases if _is_pair(base)]
        if len(self.bases) < 2 or len(pairs) < len(self.bases):
            raise InvalidInput(
                f"sweep.bases is {self.bases!r}, but must hold at least two pairs of a depth and a "
                "resolution multiplier: sweep.bases=[[1,1],[2,1.3]]"
            )
        for base in self.bases:
            _require_numbers("sweep.bases", base, 0.1, 100, ordered=False)
        if len({f"{depth:g} {resolution:g}" for depth, resolution in self.bases}) < len(self.bases):
            raise InvalidInput(
                f"sweep.bases is {self.bases!r}, but must hold different pairs: leave one out"
            )
        _require_numbers("sweep.width", self.width, 0.1, 100)
        if len(self.width) < 2:
            raise InvalidInput(
                f"sweep.width is {self.width!r}, but a series needs two or more: "
                "sweep.width=[1,1.4]"
            )
        _require_largest_cost(self.largest_cost)


@dataclass(frozen=True)
class SingleVsCompoundSettings(SeriesSettings):
    """One dimension alone against compound scaling at equal cost. (Tables 3 and 7, Figure 8)"""

    kind: str = "single_vs_compound"
    #: Costs over the baseline's at which they are compared.
    costs: list[float] = field(default_factory=lambda: [2.0, 4.0])
    #: What compound scaling is: alpha, beta and gamma, brought to each cost by their shares.
    coefficients: list[float] = field(
        default_factory=lambda: [PAPER.alpha, PAPER.beta, PAPER.gamma]
    )
    #: Folder of a finished study whose winner gives the coefficients instead.
    winner_of: str = ""
    #: Names of baselines, or import paths of own networks; empty takes `baseline`.
    baselines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_numbers("sweep.costs", self.costs, 1.0, 8)
        if not self.costs or self.costs[0] == 1.0:
            raise InvalidInput(
                f"sweep.costs is {self.costs!r}, but each must be above 1 and at most 8"
            )
        if len(self.coefficients) != 3:
            raise InvalidInput(
                f"sweep.coefficients is {self.coefficients!r}, but must hold alpha, beta and gamma"
            )
        if self.compound.nominal_cost_ratio <= 1:
            raise InvalidInput(
                f"sweep.coefficients is {self.coefficients!r}, but must scale something: raise one"
            )
        if len(set(self.baselines)) < len(self.baselines):
            raise InvalidInput(f"sweep.baselines is {self.baselines!r}, but names one twice")

    @property
    def compound(self) -> Coefficients:
        """The coefficients of compound scaling."""
        return Coefficients(*self.coefficients)


def _is_pair(base: Any) -> bool:
    return isinstance(base, Sequence) and not isinstance(base, str) and len(base) == 2


def _require_numbers(
    name: str, values: Sequence[float], low: float, high: float, ordered: bool = True
) -> None:
    numbers = all(isinstance(v, int | float) and math.isfinite(v) for v in values)
    if not numbers or not all(low <= v <= high for v in values):
        raise InvalidInput(
            f"{name} is {list(values)!r}, but must hold numbers between {low:g} and {high:g}"
        )
    if ordered and list(values) != sorted(set(values)):
        raise InvalidInput(f"{name} is {list(values)!r}, but must hold growing numbers: sort it")


def _require_largest_cost(value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value > 1):
        raise InvalidInput(f"sweep.largest_cost is {value!r}, but must be above 1, or null for all")
