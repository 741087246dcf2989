"""STEP 2's settings: which members there are, and what scales them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scaling_search.errors import InvalidInput, require_seeds
from scaling_search.scaling import PAPER, ChangingShares, Coefficients, ScalingRule

#: Values of family.shares.
CONSTANT, CURVE = "constant", "curve"
#: Settings of a family that are stored where its shares follow a curve.
OF_CURVES = ("shares", "curve_from", "curve")


@dataclass(frozen=True)
class FamilySettings:
    """STEP 2: which members of the winner's family are listed and which are trained."""

    #: Compound coefficients that are listed.
    phi: list[float] = field(default_factory=lambda: [float(phi) for phi in range(8)])
    #: Sizes up to this phi are trained.
    train_up_to: float = 1.5
    #: How many sizes are trained, evenly spaced in log cost.
    sizes: int = 4
    #: The largest trained size over the smallest, in multiply-adds.
    span: float = 10.0
    #: Seeds of each trained size; empty takes the first two of the sweep's.
    seeds: list[int] = field(default_factory=list)
    #: Keep the trained members' weights in the study's folder.
    save_weights: bool = False
    #: constant: those of the winner at all sizes. curve: at each size those that a study of
    #: +sweep=shares gives it.
    shares: str = CONSTANT
    #: Folder of that study, for curve.
    curve_from: str = ""
    #: What it gave: at each size the cost over the baseline's and the shares of depth, width and
    #: resolution.
    curve: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.shares not in (CONSTANT, CURVE):
            raise InvalidInput(
                f"family.shares is {self.shares!r}, but must be {CONSTANT} or {CURVE}"
            )
        if (self.shares == CURVE) != bool(self.curve_from):
            raise InvalidInput(
                f"family.shares is {self.shares!r} and family.curve_from {self.curve_from!r}, but "
                f"a curve is that of a study of +sweep=shares: give family.shares={CURVE} "
                "family.curve_from=experiments/NAME, or neither"
            )
        if self.curve:
            self.rule(PAPER, 2.0)  # refuses what are no shares
        for name, phi in (("train_up_to", self.train_up_to), *(("phi", p) for p in self.phi)):
            if not (math.isfinite(phi) and -20 <= phi <= 20):
                raise InvalidInput(
                    f"family.{name} has {phi!r}, but each phi must lie within -20 and 20"
                )
        if not 1 <= self.sizes <= 100:
            raise InvalidInput(f"family.sizes is {self.sizes!r}, but must lie between 1 and 100")
        if not (math.isfinite(self.span) and self.span > 1):
            raise InvalidInput(f"family.span is {self.span!r}, but must be above 1")
        require_seeds("family.seeds", self.seeds)

    @property
    def follows(self) -> str:
        """What its members are scaled by, in words."""
        if self.shares == CURVE:
            return f"the shares that {self.curve_from} gives each size"
        return "the winner's coefficients"

    def rule(self, coefficients: Coefficients, cost_ratio: float) -> ScalingRule:
        """What gives the members: the winner's coefficients, or the curve. Raises InvalidInput."""
        return ChangingShares.of_rows(self.curve, cost_ratio) if self.curve else coefficients
