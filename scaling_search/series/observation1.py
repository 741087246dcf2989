"""Observation 1 (Tan & Le 2019, arXiv:1905.11946): each dimension scaled alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.findings.diminishing import NETWORKS_NEEDED
from scaling_search.scaling import DIMENSIONS
from scaling_search.search import CostConstraint
from scaling_search.search.fair_pixels import fair_resolution
from scaling_search.search.points import scaled
from scaling_search.series.networks import Networks, Point
from scaling_search.series.settings import SeriesSettings, require_numbers


@dataclass(frozen=True)
class Observation1Settings(SeriesSettings):
    """Scaling one dimension alone: does it help, and does it help less and less? (Figure 3)"""

    kind: str = "observation1"
    #: Depth multipliers of the depth series; 1, the baseline, is always part of it.
    depth: list[float] = field(default_factory=lambda: [1.0, 2.0, 3.0, 4.0, 6.0, 8.0])
    #: Width multipliers of the width series.
    width: list[float] = field(default_factory=lambda: [1.0, 1.4, 1.8, 2.6, 3.8, 5.0])
    #: Resolution multipliers of the resolution series; each goes to the nearest resolution at which
    #: rounding takes no compute.
    resolution: list[float] = field(default_factory=lambda: [1.0, 1.3, 1.5, 1.7, 1.9, 2.2, 2.5])
    #: Networks above so many times the baseline's multiply-adds are left out; null trains all.
    largest_cost: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("depth", "width", "resolution"):
            require_numbers(f"sweep.{name}", getattr(self, name), 0.1, 100)
        if not (self.depth or self.width or self.resolution):
            raise InvalidInput(
                "sweep.depth, sweep.width and sweep.resolution are empty: give one of them"
            )

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point]:
        for name in DIMENSIONS:
            for mult in sorted({1.0, *getattr(self, name)}) if getattr(self, name) else ():
                realised = fair_resolution(baseline, mult) if name == "resolution" else mult
                yield Point(series=name, member=scaled(baseline, **{name: realised}))

    def plan_remarks(self, networks: Networks) -> Sequence[str]:
        counts = Counter(point.series for point in networks.points)
        return [
            f"{series} has {count} networks; a verdict on it needs {NETWORKS_NEEDED}"
            for series, count in counts.items()
            if count < NETWORKS_NEEDED
        ]
