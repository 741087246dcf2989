"""Networks of a list that is carried to other machines, and what was measured of them there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_search.baselines.baseline import Baseline, FamilyMember, Network
from scaling_search.baselines.own_network import OwnNetwork
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Cost

#: At least so sure is the interval of a median.
LEVEL = 0.9


@dataclass(frozen=True)
class ListedNetwork:
    """A network of a list: all that building, pricing and fitting need."""

    #: FamilyMember.id
    id: str
    network: Network
    #: In pixels.
    resolution: int
    depth_mult: float
    width_mult: float
    cost: Cost
    #: Seconds of an image in each visit: of a pass over the images of a batch. None: not measured.
    seconds: tuple[float, ...] = ()

    @classmethod
    def of(cls, member: FamilyMember) -> ListedNetwork:
        return cls(
            member.id,
            member.network,
            member.resolution,
            member.depth_mult,
            member.width_mult,
            member.cost,
        )

    @cached_property
    def interval(self) -> tuple[float, float, float]:
        """(low, median, high) of the seconds of an image: the median's interval, of at least 90 %.

        From the order of the visits alone: the true median lies between the k-th lowest and the
        k-th highest of n but for 2 P(Binomial(n, 1/2) < k).
        """
        ordered, count = sorted(self.seconds), len(self.seconds)
        outside, k = 0.0, 0
        while k < (count + 1) // 2:
            outside += 2 * math.comb(count, k) / 2**count
            if outside > 1 - LEVEL and k > 0:
                break
            k += 1
        return ordered[k - 1], float(np.median(ordered)), ordered[-k]

    @property
    def se(self) -> float:
        """The standard error of the median's log, from the scatter of the visits."""
        if len(self.seconds) < 2:
            return math.inf
        return float(
            np.std(np.log(self.seconds), ddof=1) * math.sqrt(math.pi / 2 / len(self.seconds))
        )


@dataclass(frozen=True)
class NetworkList:
    """A baseline and networks around it; the first one is the baseline itself."""

    #: The baseline's name, for people; what it is, its network says.
    name: str
    networks: tuple[ListedNetwork, ...]

    @classmethod
    def of(cls, baseline: Baseline, members: Sequence[FamilyMember]) -> NetworkList:
        """members: the first is the baseline."""
        return cls(baseline.name, tuple(map(ListedNetwork.of, members)))

    @property
    def baseline(self) -> ListedNetwork:
        """The network at phi = 0, beside which all are measured."""
        return self.networks[0]

    @property
    def own_code(self) -> str:
        """The import path of the user's function that building would run; empty: none."""
        network = self.baseline.network
        own = isinstance(network, OwnNetwork) and not is_timm(network.target)
        return network.target if own else ""  # type: ignore[union-attr]

    def require(self, baseline: Baseline) -> None:
        """Raise InvalidInput unless these are networks of that baseline."""
        network, here = self.baseline.network, baseline.network(1, 1)
        for what, setting in (("num_classes", "classes"), ("in_channels", "channels")):
            then, now = getattr(network, what), getattr(here, what)
            if then != now:
                raise InvalidInput(
                    f"the measurements are of networks with {then} {setting}, but the data have "
                    f"{now}: measure networks for these data, python -m scaling_search.measure"
                )
        resolution = baseline.resolution
        if (then := self.baseline.resolution) != resolution:
            raise InvalidInput(
                f"the measurements are of networks around {then} px, but the baseline has "
                f"{resolution} px: give baseline.resolution={then}, or measure networks around "
                f"{resolution} px"
            )
        if baseline.priced(here, resolution).id != self.baseline.id:
            raise InvalidInput(
                f"the measurements are of networks of another baseline, {self.name}, not of "
                f"{baseline.name} as it is here: measure its networks, python -m "
                "scaling_search.measure"
            )
