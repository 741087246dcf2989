"""`baseline=cost`: networks that are never built here, known by a function that says their cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_search.baselines.baseline import Network, OwnBaseline
from scaling_search.baselines.own_function import SETTING, import_function
from scaling_search.baselines.own_network import OwnNetwork, Priced, said, short_hash
from scaling_search.errors import InvalidInput, finite_number
from scaling_search.scaling import Cost

#: The name of such a baseline.
COST = "cost"
FORM = "(depth_mult, width_mult, resolution) -> macs, or a mapping of macs, params, activations"
_NAMES = ("macs", "params", "activations")


@dataclass(frozen=True)
class CostBaseline(OwnBaseline):
    """A family of networks of which a function tells the cost; their training builds them."""

    def priced(self, network: Network, resolution: int) -> Priced:
        assert isinstance(network, OwnNetwork)
        if (network, resolution) not in self.counted:
            try:
                priced = _priced(network, resolution)
            except InvalidInput as fault:
                priced = Priced(Cost(macs=0, params=0, activations=0), "", str(fault))
            self.counted[network, resolution] = priced
        return self.counted[network, resolution].required()


def _priced(network: OwnNetwork, resolution: int) -> Priced:
    """Networks of one resolution with the same macs, params and activations are taken as one; where
    only macs are told, those of the same multipliers."""
    function = import_function(network.target, SETTING, FORM)
    call = f"{network.target}({network.depth_mult!r}, {network.width_mult!r}, {resolution})"
    try:
        answer: Any = function(network.depth_mult, network.width_mult, resolution)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InvalidInput(
            f"{call} failed with {said(error)}; it must have the form {FORM}"
        ) from error
    told = dict(answer) if isinstance(answer, Mapping) else {"macs": answer}
    if "macs" not in told or set(told) - set(_NAMES):
        raise InvalidInput(f"{call} gave {sorted(map(str, told))}, but must have the form {FORM}")
    cost = Cost(**{name: _count(call, name, told.get(name, 0)) for name in _NAMES})
    same: list[object] = [network.target, network.code, cost, resolution]
    if len(told) < len(_NAMES):
        same += [network.depth_mult, network.width_mult]
    return Priced(cost, short_hash(repr(same)))


def _count(call: str, name: str, value: Any) -> int:
    number = finite_number(f"{name} of {call}", value)
    if not 0 <= number < 2**63:
        raise InvalidInput(f"{name} of {call} is {value!r}, but must be from 0 to 2**63")
    if name == "macs" and not round(number):
        raise InvalidInput(
            f"{name} of {call} is {value!r}, but a network has some: round as it does, such as to "
            "max(1, round(3 * depth_mult)) blocks"
        )
    return round(number)
