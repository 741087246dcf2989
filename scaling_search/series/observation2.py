"""Observation 2 (Tan & Le 2019, arXiv:1905.11946): width scaled from several bases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.search import CostConstraint
from scaling_search.search.fair_pixels import fair_resolution
from scaling_search.search.points import scaled
from scaling_search.series.networks import Networks, Point
from scaling_search.series.settings import SeriesSettings, require_numbers


@dataclass(frozen=True)
class Observation2Settings(SeriesSettings):
    """Width scaled from bases of different depth and resolution, at equal cost. (Figure 4)"""

    kind: str = "observation2"
    #: Pairs of a depth and a resolution multiplier; the first is what the others are compared with.
    #: A resolution goes to the nearest one at which rounding takes no compute.
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
            require_numbers("sweep.bases", base, 0.1, 100, ordered=False)
        if len({f"{depth:g} {resolution:g}" for depth, resolution in self.bases}) < len(self.bases):
            raise InvalidInput(
                f"sweep.bases is {self.bases!r}, but must hold different pairs: leave one out"
            )
        require_numbers("sweep.width", self.width, 0.1, 100)
        if len(self.width) < 2:
            raise InvalidInput(
                f"sweep.width is {self.width!r}, but a series needs two or more: "
                "sweep.width=[1,1.4]"
            )

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point]:
        for depth, resolution in self.bases:
            realised = fair_resolution(baseline, resolution)
            for width in self.width:
                member = scaled(baseline, depth=depth, width=width, resolution=realised)
                yield Point(series=base_name(depth, resolution), member=member)

    def check(self, networks: Networks) -> None:
        """Bases that rounding brings together would be compared with themselves."""
        series: dict[str, list[str]] = {}
        for point in networks.points:
            series.setdefault(point.series, []).append(point.member.id)
        named: dict[tuple[str, ...], str] = {}
        for name, ids in series.items():
            if (other := named.setdefault(tuple(ids), name)) != name:
                raise InvalidInput(
                    f"sweep.bases has ({other}) and ({name}), which round to the same networks: "
                    "leave one out or move them further apart"
                )


def base_name(depth: float, resolution: float) -> str:
    """The name of a width series from a base of these multipliers."""
    return f"d={depth:g}, r={resolution:g}"


def _is_pair(base: Any) -> bool:
    return isinstance(base, Sequence) and not isinstance(base, str) and len(base) == 2
