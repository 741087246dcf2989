"""Transfer (Tan & Le 2019, arXiv:1905.11946, Table 5): a trained family on other data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from scaling_search.baselines import Baseline, FamilyMember, scale_by
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Recipe, TaskFacts
from scaling_search.scaling import DIMENSIONS
from scaling_search.search import Asked, CostConstraint, Snapper
from scaling_search.search.constraint import DEAREST
from scaling_search.search.points import alone
from scaling_search.series import LeftOut, Networks, Point, SeriesSettings
from scaling_search.series.single_vs_compound import COMPOUND


@dataclass(frozen=True)
class Size:
    """A member of the source's family, as multipliers."""

    depth_mult: float
    width_mult: float
    #: Side of the images in pixels, the same on the source and on the target.
    resolution: int
    #: Compound coefficient, by which a recipe's regularisation grows.
    phi: float

    def __post_init__(self) -> None:
        for name, low, high in (
            ("depth_mult", 1e-3, 1e3),
            ("width_mult", 1e-3, 1e3),
            ("resolution", 1, 10_000),
            ("phi", -20, 20),
        ):
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(
                    f"sweep.source.sizes has the {name} {getattr(self, name)!r}, but it must lie "
                    f"between {low:g} and {high:g}"
                )

    def member(self, baseline: Baseline) -> FamilyMember:
        """The network of this size."""
        member = scale_by(
            baseline,
            depth_mult=self.depth_mult,
            width_mult=self.width_mult,
            resolution=self.resolution,
        )
        return replace(member, phi=self.phi)


@dataclass(frozen=True)
class Source:
    """What a study of transfer takes from the study whose family it fine-tunes."""

    data: DataSettings
    recipe: Recipe
    facts: TaskFacts
    #: The trained sizes of its family, the smallest first.
    sizes: list[Size]


@dataclass(frozen=True)
class TransferSettings(SeriesSettings):
    """A study's family, trained on its data, is fine-tuned on others. (Table 5)"""

    STARTS: ClassVar[frozenset[str]] = frozenset()
    READS: ClassVar[frozenset[str]] = frozenset({"constraint.tolerance"})
    INSTEAD: ClassVar[Mapping[str, str]] = {
        "constraint.cost_ratio": "the other scalings cost what the largest size does",
        "family": "its sizes are those that sweep.study has trained",
    }

    kind: str = "transfer"
    #: Folder of a finished search, whose family is trained on its data and fine-tuned on `data`.
    study: str = ""
    #: What is taken from there; not to be given.
    source: Source | None = None

    def subjects(self) -> Sequence[str]:
        return [Path(self.study).name]

    @property
    def rests_on(self) -> Sequence[str]:
        return [self.study]

    @property
    def found(self) -> Source:
        """What was taken from the source study."""
        if self.source is None:
            raise InvalidInput(
                "sweep.source is missing: restore study.yaml, or make the study again with "
                "fresh=true"
            )
        return self.source

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """The family's sizes, and each dimension alone at the cost of the largest that fits."""
        members = [size.member(baseline) for size in self.found.sizes]
        for member in members:
            yield Point(series=COMPOUND, member=member)
        fitting = [member for member in members if member.resolution <= native_resolution]
        if not fitting:
            return
        cost = fitting[-1].cost_ratio
        if not 1 + constraint.tolerance < cost <= DEAREST:
            reason = (
                f"the largest size costs {cost:.3g} times the baseline, and other scalings are "
                f"compared above {1 + constraint.tolerance:g} and up to {DEAREST} times"
            )
            yield from (LeftOut(f"{name} alone", reason) for name in DIMENSIONS)
            return
        at_cost = replace(constraint, cost_ratio=cost)
        # They are trained on the data of both studies.
        native = min(native_resolution, self.found.facts.largest_resolution)
        snapper = Snapper(baseline, at_cost, native, fair=True)
        for name in DIMENSIONS:
            found = snapper.try_snap(Asked(alone(name, cost), name))
            if found is None:
                yield LeftOut(f"{name} alone", snapper.candidates.dropped[-1].reason)
            else:
                member = replace(found.member, phi=None)
                yield Point(series=name, member=member, asked_cost=cost, within=found.within)

    def check(self, networks: Networks) -> None:
        sizes = [point for point in networks.points if point.series == COMPOUND]
        if len(sizes) < 2:
            asked = [size.resolution for size in self.found.sizes]
            raise InvalidInput(
                f"sweep.study is {self.study!r}, whose family is trained at {asked} px, and the "
                f"images of the target leave {len(sizes)} of these sizes, but two are needed: give "
                "data of larger images, or a study of smaller ones"
            )
