"""Memory as a budget: the peak of a training step, or of inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scaling_search.baselines.own_network import MissingPrice, OwnNetwork, Priced
from scaling_search.baselines.quantity import Quantity
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Grid, MemorySetup, grid_peak_bytes, peak_bytes
from scaling_search.scaling.rounding import Floats
from scaling_search.wording import three_digits

if TYPE_CHECKING:
    from scaling_search.baselines.baseline import FamilyMember

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class PeakMemory(Quantity):
    """Bytes of the tensors that are alive at once, at the worst moment (docs/memory.md)."""

    setup: MemorySetup

    @property
    def name(self) -> str:
        return "memory"

    @property
    def what(self) -> str:
        step = "training" if self.setup.training else "inference"
        return f"memory of {step} at batch {self.setup.batch_size}"

    @property
    def unit(self) -> str:
        return "of memory"

    @property
    def axis(self) -> str:
        return f"{self.what}, without what libraries take"

    @property
    def explained(self) -> str:
        kept = f" by {self.setup.optimizer}" if self.setup.training else ""
        return (
            f"The {self.what}{kept}: the tensors that are alive at once, at the worst moment; what "
            "libraries take beside them is not in it."
        )

    def of(self, member: FamilyMember) -> float:
        network = member.network
        if not isinstance(network, OwnNetwork):
            return float(peak_bytes(network, member.resolution, self.setup))
        priced = member.baseline.priced(network, member.resolution)
        return float(priced.memory or self._counted(member, network, priced))

    def _counted(self, member: FamilyMember, network: OwnNetwork, priced: Priced) -> int:
        """Of a network of the user's own, kept beside its other prices."""
        from scaling_search.baselines.baseline import OwnBaseline, StoredBaseline
        from scaling_search.baselines.own_cost import COST, CostBaseline

        baseline = member.baseline
        if isinstance(baseline, CostBaseline):
            raise InvalidInput(
                f"the networks of baseline={COST} are not built here, so that their memory is not "
                "known: count cost in macs, params or activations"
            )
        if isinstance(baseline, StoredBaseline) or not isinstance(baseline, OwnBaseline):
            raise MissingPrice(
                f"the memory of {network} at {member.resolution} px is not known: repeat the "
                "study's command, which counts what is missing"
            )
        from scaling_search.baselines.memory import count_memory

        memory = count_memory(member, self.setup)
        baseline.counted[network, member.resolution] = priced._replace(memory=memory)
        return memory

    def of_grid(self, grid: Grid) -> Floats:
        return np.asarray(grid_peak_bytes(grid, self.setup), float)

    def text(self, value: float) -> str:
        power = min(int(max(0.0, np.log2(max(value, 1.0))) // 10), len(_UNITS) - 1)
        return f"{three_digits(value / 1024**power)} {_UNITS[power]}"
