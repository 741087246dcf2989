"""A baseline, and the members of the families that are scaled from it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from scaling_search.baselines.own_network import (
    OwnNetwork,
    Priced,
    Prices,
    count_own_network,
    short_hash,
)
from scaling_search.baselines.quantity import MACS, Quantity
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.long_work import tally
from scaling_search.scaling import (
    Architecture,
    Cost,
    Rounding,
    ScalingRule,
    cost,
    plain_architecture,
    require_multipliers,
    scale_architecture,
)

if TYPE_CHECKING:
    from torch import nn

#: What a run trains, as data: an architecture of ours, or a call of a user's function.
Network: TypeAlias = Architecture | OwnNetwork


class Baseline(Protocol):
    """The network at phi = 0 and how it is scaled; classes and channels are part of its cost."""

    @property
    def name(self) -> str: ...
    @property
    def resolution(self) -> int: ...
    @property
    def quantity(self) -> Quantity:
        """What its networks are compared by: cost ratios and doublings are counted in it."""
        ...

    def network(self, depth_mult: float, width_mult: float) -> Network:
        """The realised network at these multipliers."""
        ...

    def round_resolution(self, resolution_mult: float) -> int:
        """The realised resolution in pixels at this multiplier."""
        ...

    def priced(self, network: Network, resolution: int) -> Priced:
        """What one of its networks costs at a resolution in pixels, and its name."""
        ...


@dataclass(frozen=True)
class ArchitectureBaseline:
    """A baseline described as data and scaled under a rounding policy."""

    name: str
    architecture: Architecture
    resolution: int
    rounding: Rounding
    quantity: Quantity = field(default=MACS, compare=False, repr=False)

    def network(self, depth_mult: float, width_mult: float) -> Architecture:
        return scale_architecture(self.architecture, self.rounding, depth_mult, width_mult)

    def round_resolution(self, resolution_mult: float) -> int:
        return int(self.rounding.resolution(self.resolution, resolution_mult)[0])

    def priced(self, network: Network, resolution: int) -> Priced:
        assert isinstance(network, Architecture)
        return closed_form(network, resolution)


@lru_cache(maxsize=65536)
def closed_form(architecture: Architecture, resolution: int) -> Priced:
    """What a network described as data costs at a resolution in pixels, and its name."""
    content = json.dumps([plain_architecture(architecture), resolution], sort_keys=True)
    return Priced(cost(architecture, resolution), short_hash(content))


@dataclass(frozen=True)
class OwnBaseline:
    """A function that builds a network at any multipliers, one's own or timm's; it is counted."""

    #: Import path of (depth_mult, width_mult, resolution, num_classes, in_channels) -> nn.Module.
    name: str
    resolution: int
    num_classes: int
    in_channels: int
    #: Stands for the function's code: another code is another network.
    code: str = ""
    #: Of a model of timm: the weights that it begins with, a file or `timm`.
    pretrained: str = ""
    #: Every resolution is a multiple of this.
    resolution_divisor: int = 1
    quantity: Quantity = field(default=MACS, compare=False, repr=False)
    #: What was counted so far.
    counted: dict[tuple[OwnNetwork, int], Priced] = field(
        default_factory=dict, compare=False, repr=False
    )

    def network(self, depth_mult: float, width_mult: float) -> OwnNetwork:
        require_multipliers(depth_mult, width_mult)
        return OwnNetwork(
            self.name,
            float(depth_mult),
            float(width_mult),
            self.num_classes,
            self.in_channels,
            self.code,
            self.pretrained,
        )

    def round_resolution(self, resolution_mult: float) -> int:
        divisor = self.resolution_divisor
        return divisor * max(1, math.floor(self.resolution * resolution_mult / divisor + 0.5))

    def priced(self, network: Network, resolution: int) -> Priced:
        assert isinstance(network, OwnNetwork)
        if (network, resolution) not in self.counted:
            self.counted[network, resolution] = count_own_network(network, resolution)
            tally()
        return self.counted[network, resolution].required()


@dataclass(frozen=True)
class StoredBaseline(OwnBaseline):
    """An own network of a study that is read: its prices are looked up, its code is not run."""

    prices: Prices = field(kw_only=True, compare=False, repr=False)

    def priced(self, network: Network, resolution: int) -> Priced:
        assert isinstance(network, OwnNetwork)
        return self.prices(network, resolution).required()


def counted_in(baseline: Baseline, quantity: Quantity) -> Baseline:
    """The same baseline, whose networks are compared by this quantity."""
    assert isinstance(baseline, ArchitectureBaseline | OwnBaseline)
    return replace(baseline, quantity=quantity)


def build_network(
    network: Network, resolution: int, dropout: float = 0.0, stochastic_depth: float = 0.0
) -> nn.Module:
    """The torch module of a network, with freshly drawn weights."""
    if isinstance(network, OwnNetwork):
        rates = {"dropout": dropout, "stochastic_depth": stochastic_depth}
        return network.build(resolution, **(rates if is_timm(network.target) else {}))
    from scaling_search.baselines.network import ConvNet

    return ConvNet(network, dropout, stochastic_depth)


@dataclass(frozen=True)
class FamilyMember:
    """A baseline scaled by multipliers and rounded: a network that exists."""

    baseline: Baseline
    network: Network
    #: Side of the square input, in pixels.
    resolution: int
    #: The multipliers that were asked for, before rounding.
    depth_mult: float
    width_mult: float
    #: The compound coefficient that gave the multipliers; None where they were given directly.
    phi: float | None = None

    @property
    def architecture(self) -> Architecture:
        """Stages, repeats and channels; a user's own network has none."""
        if isinstance(self.network, Architecture):
            return self.network
        raise InvalidInput(
            f"the baseline {self.baseline.name!r} is a function, so it has no stage table: "
            "use .cost and .build()"
        )

    @property
    def resolution_mult(self) -> float:
        """The realised resolution over the baseline's."""
        return self.resolution / self.baseline.resolution

    @property
    def cost(self) -> Cost:
        """Multiply-adds, parameters and activations of one forward pass of one image."""
        return self._priced.cost

    @property
    def id(self) -> str:
        """Names the realised network: equal for equal networks, whatever was asked for."""
        return self._priced.id

    @property
    def built(self) -> str:
        """Of an own network what its code gives, which the call alone does not tell: its id."""
        known = isinstance(self.network, OwnNetwork) and self.network.code
        return self.id if known else ""

    @cached_property
    def amount(self) -> float:
        """What its baseline's networks are compared by: multiply-adds, or another quantity."""
        return self.baseline.quantity.of(self)

    @cached_property
    def cost_ratio(self) -> float:
        """The realised amount over the baseline's."""
        baseline = self.baseline
        base = base_member(baseline)
        if not base.cost.macs:
            raise InvalidInput(
                f"{baseline.name} has no multiply-adds, by which networks are compared: give "
                "it a convolution or a linear layer"
            )
        if not base.amount:
            raise InvalidInput(
                f"{baseline.name} has no {baseline.quantity.what}, by which networks are to be "
                "compared: set another constraint.on="
            )
        return self.amount / base.amount

    @cached_property
    def pixel_price(self) -> float:
        """Multiply-adds per pixel over those of the same network at the baseline's resolution.

        Layers of stride 2 round their maps up: where 17 px cost what 18 px do, each pixel is
        dearer.
        """
        same = self.baseline.priced(self.network, self._base_resolution).cost
        return self.cost.macs / same.macs * (self._base_resolution / self.resolution) ** 2

    @cached_property
    def _priced(self) -> Priced:
        return self.baseline.priced(self.network, self.resolution)

    @property
    def _base_resolution(self) -> int:
        return self.baseline.round_resolution(1.0)

    @property
    def effective_phi(self) -> float:
        """How many doublings of it the realised network is away from its baseline."""
        return math.log2(self.cost_ratio)

    def build(self) -> nn.Module:
        """The torch module, (B, in_channels, resolution, resolution) -> (B, num_classes)."""
        return build_network(self.network, self.resolution)


def plain_network(network: Network) -> dict[str, Any]:
    """The network as plain data: the part of a run's key that it determines."""
    if isinstance(network, Architecture):
        return plain_architecture(network)
    # Studies of old knew nothing of code.
    return {**network.known_by, **({"code": network.code} if network.code else {})}


def base_member(baseline: Baseline) -> FamilyMember:
    """The baseline itself, at phi = 0."""
    pixels = baseline.round_resolution(1.0)
    return FamilyMember(baseline, baseline.network(1, 1), pixels, 1.0, 1.0, 0.0)


def scale(baseline: Baseline, coefficients: ScalingRule, phi: float = 1.0) -> FamilyMember:
    """The member of the family of these coefficients, or changing shares, at compound coefficient
    phi."""
    depth_mult, width_mult, resolution_mult = coefficients.multipliers(phi)
    resolution = baseline.round_resolution(resolution_mult)
    network = baseline.network(depth_mult, width_mult)
    return FamilyMember(baseline, network, resolution, depth_mult, width_mult, phi)


def scale_by(
    baseline: Baseline, *, depth_mult: float, width_mult: float, resolution: int
) -> FamilyMember:
    """The member at given multipliers and a resolution in pixels, such as the published B0-B7."""
    pixels = whole_number("resolution", resolution)
    network = baseline.network(depth_mult, width_mult)
    return FamilyMember(baseline, network, pixels, depth_mult, width_mult)
