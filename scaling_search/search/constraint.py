"""What all candidates of STEP 1 cost, and in what cost is counted."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.scaling.rounding import Floats

#: What "twice the cost" can be counted in; nominal is alpha * beta^2 * gamma^2, before rounding.
QUANTITIES = ("macs", "params", "activations", "memory", "latency", "throughput")
NOMINAL = "nominal"
#: Standard errors on either side of a 90 % interval.
TAIL = 1.645
#: Candidates cost at most so many times the baseline.
DEAREST = 20
#: What studies of old call macs.
_OLD = "realised"
#: Settings that studies of old have not.
YOUNGER = ("at_most", "batch_size", "training", "measurements")


@dataclass(frozen=True)
class CostConstraint:
    """What all candidates of STEP 1 cost, and what no network may exceed."""

    #: What cost is counted in: macs, params, activations, memory (peak of a training step),
    #: latency (of one pass), throughput (time of an image in a batch), each after rounding; or
    #: nominal, alpha * beta^2 * gamma^2.
    on: str = "macs"
    #: Cost over the baseline's.
    cost_ratio: float = 2.0
    #: Greatest relative distance from cost_ratio, or for nominal the greatest absolute one.
    tolerance: float = 0.05
    #: Bounds beside it, by quantity, such as {memory: 8GiB, latency: 12ms, params: 5e6}: networks
    #: beyond one are shown and not trained. Of throughput, images a second, it is the least.
    at_most: dict[str, Any] = field(default_factory=dict)
    #: Images of a batch, for memory (null: recipe.batch_size), latency (null: 1) and throughput
    #: (null: that of the measurements).
    batch_size: int | None = None
    #: Memory of a training step (true), or of inference alone (false).
    training: bool = True
    #: Files of `python -m scaling_search.measure`, for latency and throughput: of each batch one.
    measurements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.on == _OLD:
            object.__setattr__(self, "on", "macs")
        if self.on not in (*QUANTITIES, NOMINAL):
            raise InvalidInput(
                f"constraint.on is {self.on!r}, but must be one of "
                f"{', '.join((*QUANTITIES, NOMINAL))}"
            )
        if not (math.isfinite(self.cost_ratio) and 1 < self.cost_ratio <= DEAREST):
            raise InvalidInput(
                f"constraint.cost_ratio is {self.cost_ratio!r}, but must be above 1 and at most "
                f"{DEAREST}"
            )
        if not (math.isfinite(self.tolerance) and 0 < self.tolerance < 1):
            raise InvalidInput(
                f"constraint.tolerance is {self.tolerance!r}, but must lie above 0 and below 1"
            )
        if self.batch_size is not None:
            whole_number("constraint.batch_size", self.batch_size)
        for name in self.at_most:
            if name not in QUANTITIES:
                raise InvalidInput(
                    f"constraint.at_most has {name!r}, but must have one of {', '.join(QUANTITIES)}"
                )

        self._require_use()

    def _require_use(self) -> None:
        """Raise InvalidInput for what would have no effect."""
        batched = self.quantities & {"memory", "latency", "throughput"}
        if self.batch_size is not None and not batched:
            raise InvalidInput(
                f"constraint.batch_size is {self.batch_size}, but neither constraint.on nor "
                "constraint.at_most is of memory, latency or throughput: leave it out"
            )
        if not self.training and "memory" not in self.quantities:
            raise InvalidInput(
                "constraint.training is false, but neither constraint.on nor constraint.at_most "
                "is of memory: leave it out"
            )
        if self.measurements and not self.timed:
            raise InvalidInput(
                f"constraint.measurements is {self.measurements}, but neither constraint.on nor "
                "constraint.at_most is of latency or throughput: leave it out"
            )

    @property
    def timed(self) -> frozenset[str]:
        """Of its quantities those that only a device tells."""
        return self.quantities & {"latency", "throughput"}

    def require_measurements(self) -> None:
        """Raise InvalidInput where a latency is asked for and no file tells any."""
        if self.timed and not self.measurements:
            raise InvalidInput(
                f"constraint.measurements is missing for {' and '.join(sorted(self.timed))}: run "
                "python -m scaling_search.measure baseline=... data=... --to FILE on the device "
                "that counts, and give constraint.measurements=[FILE] (docs/latency.md)"
            )

    @property
    def quantities(self) -> frozenset[str]:
        """All that networks are priced by."""
        return frozenset({"macs" if self.on == NOMINAL else self.on, *self.at_most})

    @property
    def plain(self) -> dict[str, Any]:
        """For study.yaml: without what only other budgets than multiply-adds have."""
        given = asdict(self)
        for name, default in asdict(CostConstraint()).items():
            if name in YOUNGER and given[name] == default:
                del given[name]
        return given

    def room(self, log_se: Floats, measured: NDArray[np.bool_]) -> Floats:
        """(n,): how far from the goal networks may lie, relatively.

        What is measured has noise: its 90 % interval shall lie within the tolerance. What a model
        tells is measured before it is trained: of the tolerance half is left for that at most.
        """
        noise = TAIL * log_se
        kept = np.where(measured, noise, np.minimum(noise, self.tolerance / 2))
        left: Floats = self.tolerance - kept
        return left

    def allows(self, member: FamilyMember) -> bool:
        """Whether what a network costs lies within the tolerance."""
        quantity = member.baseline.quantity
        se, measured = np.array([quantity.log_se(member)]), np.array([quantity.is_measured(member)])
        return bool(abs(member.cost_ratio / self.cost_ratio - 1) <= self.room(se, measured)[0])


def in_what(constraint: CostConstraint) -> str:
    """Behind "costs so much": empty where multiply-adds are meant, as everywhere."""
    return "" if constraint.on in ("macs", NOMINAL) else f" in {constraint.on}"


def nothing_within(constraint: CostConstraint, closest: float) -> str:
    """What to say where no network has the right cost; `closest` is the nearest cost ratio."""
    off = math.ceil(1000 * abs(closest / constraint.cost_ratio - 1) + 0.5) / 1000
    remedies = [f"set constraint.tolerance={off:g}"] if off < 1 else []
    if 1 < closest <= DEAREST:
        remedies.append(f"constraint.cost_ratio={closest:.4g}")
    return (
        f"no network costs {constraint.cost_ratio:g} times the baseline{in_what(constraint)} "
        f"within {100 * constraint.tolerance:.3g} %; the nearest costs {closest:.4g} times: "
        f"{' or '.join(remedies) or 'set another constraint.on='}"
    )
