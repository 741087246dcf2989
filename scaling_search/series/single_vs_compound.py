"""One dimension alone against compound scaling, at equal cost (Tan & Le 2019, Tables 3 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.scaling import DIMENSIONS, PAPER, Coefficients
from scaling_search.search import Asked, CostConstraint, Snapper
from scaling_search.search.fair_pixels import fair_resolution, is_fair
from scaling_search.search.points import alone, scaled
from scaling_search.series.networks import LeftOut, Networks, Point
from scaling_search.series.settings import SeriesSettings, require_numbers
from scaling_search.text_file import expanded

#: The series that all scalings of a baseline start from.
UNSCALED = "baseline"
COMPOUND = "compound"


@dataclass(frozen=True)
class SingleVsCompoundSettings(SeriesSettings):
    """One dimension alone against compound scaling at equal cost. (Tables 3 and 7, Figure 8)"""

    #: Costs are those of sweep.costs, realised ones.
    READS: ClassVar[frozenset[str]] = frozenset({"constraint.tolerance"})
    INSTEAD: ClassVar[Mapping[str, str]] = {"constraint.cost_ratio": "give sweep.costs="}

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
        require_numbers("sweep.costs", self.costs, 1.0, 8)
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

    def resolved(self, winner_of: Callable[[str], Coefficients]) -> SingleVsCompoundSettings:
        """Compound scaling by another study's winner, as numbers: study.yaml then stands alone."""
        if not self.winner_of:
            return self
        if self.compound != PAPER:
            raise InvalidInput(
                f"sweep.winner_of is {self.winner_of!r} and sweep.coefficients is "
                f"{self.coefficients!r}, but only one can say what compound is: leave one out"
            )
        winner = winner_of(self.winner_of)
        # The folder's name: the same study by another path is the same study.
        name = expanded(self.winner_of).resolve().name
        coefficients = [winner.alpha, winner.beta, winner.gamma]
        return replace(self, coefficients=coefficients, winner_of=name)

    def baseline_names(self) -> Sequence[str]:
        return self.baselines

    def points(
        self, baseline: Baseline, constraint: CostConstraint, native_resolution: int
    ) -> Iterator[Point | LeftOut]:
        """Each dimension alone and all of them together, as near to the cost as rounding allows.

        Of networks within the tolerance those that pay for rounding maps up come last.
        """
        yield Point(series=UNSCALED, member=scaled(baseline), asked_cost=1.0)
        for cost in self.costs:
            at_cost = replace(constraint, cost_ratio=cost)
            # A winner is the network that its study chose, which knew what a pixel costs.
            snapper = Snapper(baseline, at_cost, native_resolution, fair=not self.winner_of)
            compound = Coefficients.from_shares(*self.compound.shares(), cost_ratio=cost)
            for asked in (
                *(Asked(alone(name, cost), name) for name in DIMENSIONS),
                Asked(compound, COMPOUND),
            ):
                found = snapper.try_snap(asked)
                if found is None:
                    reason = snapper.candidates.dropped[-1].reason
                    yield LeftOut(f"{asked.mark} ×{cost:g}", reason)
                else:
                    yield Point(
                        series=asked.mark,
                        member=replace(found.member, phi=None),
                        asked_cost=cost,
                        within=found.within,
                    )

    def plan_remarks(self, networks: Networks) -> Sequence[str]:
        """Where resolution alone has no network of the cost that pays nothing for rounding."""
        remarks = []
        for point in networks.points:
            member, mult = point.member, point.member.resolution_mult
            if point.series == "resolution" and not is_fair(member.baseline, mult):
                fair = scaled(member.baseline, resolution=fair_resolution(member.baseline, mult))
                remarks.append(
                    f"{point.baseline}, resolution at {member.resolution} px pays "
                    f"{100 * (member.pixel_price - 1):.0f} % for rounding maps up; at "
                    f"{fair.resolution} px it would pay {100 * (fair.pixel_price - 1):.0f} %: "
                    f"sweep.costs=[{fair.cost_ratio:.3g}]"
                )
        return remarks

    def check(self, networks: Networks) -> None:
        if len(networks.members) < 2:
            raise InvalidInput(
                f"the networks left to compare are {len(networks.members)}, but must be two or "
                "more: give larger sweep.costs or a smaller baseline.resolution"
            )
