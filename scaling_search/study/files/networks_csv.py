"""networks.csv: what own networks cost, so that a study is read without importing its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scaling_search.baselines import OwnNetwork, Priced
from scaling_search.baselines.own_network import MissingPrice, Prices
from scaling_search.scaling import Cost
from scaling_search.study.files.csv_file import CsvFile, within

_LARGEST = 2**63 - 1
#: The smallest network of a family has multipliers of 2**-64 where one dimension alone is scaled.
_TINIEST = 1e-300


@dataclass(frozen=True, kw_only=True)
class NetworkRow:
    """A row of networks.csv: one call of a function, and what counting its network gave.

    #: Why there is no such network; empty where there is one.
    fault: why there is no such network; its price then says nothing.
    """

    #: Import path of the function.
    target: str
    #: Of the depth, as the function was asked.
    depth_mult: float = within(_TINIEST, 1e300)
    #: Of the width, as it was asked.
    width_mult: float = within(_TINIEST, 1e300)
    #: Side of the images in pixels.
    resolution: int = within(1, 10**6)
    #: Outputs of the network.
    num_classes: int = within(1, 10**9)
    #: Channels of the images.
    in_channels: int = within(1, 10**9)
    #: Multiply-adds of one forward pass of one image.
    macs: int = within(0, _LARGEST)
    #: Trained numbers of the network.
    params: int = within(0, _LARGEST)
    #: Elements of the outputs of its convolutions for one image.
    activations: int = within(0, _LARGEST)
    #: Names the network: equal for equal networks.
    id: str = ""
    fault: str = ""
    #: Bytes, of a study whose budget asks for memory; else empty.
    memory: int | None = within(0, _LARGEST, default=None)


def _called(row: NetworkRow) -> tuple[OwnNetwork, int]:
    network = OwnNetwork(
        row.target, row.depth_mult, row.width_mult, row.num_classes, row.in_channels
    )
    return network, row.resolution


NETWORKS_CSV = CsvFile(
    "networks.csv", NetworkRow, key=_called, younger=("fault", "memory"), rare=("memory",)
)


def write_networks(folder: Path, counted: Mapping[tuple[OwnNetwork, int], Priced]) -> None:
    """Write what was counted."""
    rows = (
        NetworkRow(
            **network.known_by,
            resolution=resolution,
            **vars(priced.cost),
            id=priced.id,
            fault=priced.fault,
            memory=priced.memory or None,
        )
        for (network, resolution), priced in counted.items()
    )
    NETWORKS_CSV.write(folder, rows)


def stored_prices(folder: Path) -> Prices:
    """The prices of a folder's networks.csv, which is read when the first is asked for."""

    @cache
    def known() -> dict[tuple[OwnNetwork, int], Priced]:
        return {
            _called(row): Priced(
                Cost(row.macs, row.params, row.activations), row.id, row.fault, row.memory or 0
            )
            for row in NETWORKS_CSV.read(folder)
        }

    def price(network: OwnNetwork, resolution: int) -> Priced:
        # Code and weights of all are those of the study, which study.yaml names.
        priced = known().get((OwnNetwork(**network.known_by), resolution))
        if priced is None:
            raise MissingPrice(
                f"{folder / NETWORKS_CSV.name} has no price of {network} at {resolution} px: "
                "repeat the study's command, which counts what is missing"
            )
        return priced

    return price
