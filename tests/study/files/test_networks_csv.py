"""networks.csv: the prices of own networks, exact to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaling_search.baselines import BaselineSettings, OwnNetwork, Priced, scale, solve_phi
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients, Cost
from scaling_search.study.files.networks_csv import stored_prices, write_networks

SETTINGS = BaselineSettings(_target_="test_networks_csv.net", resolution=12)


def counted(network: OwnNetwork, resolution: int) -> Priced:
    """As if by counting: a cost that follows from the call."""
    macs = int(1000 * max(0.001, network.depth_mult) * network.width_mult**2 * resolution**2)
    return Priced(Cost(max(1, macs), 10, 3), f"{abs(hash((network, resolution))):x}"[:8].zfill(8))


@pytest.mark.parametrize("bases", [(2, 1, 1), (1, 1.5, 1), (1, 1, 1.4), (1.2, 1.1, 1.15)])
def test_all_that_a_family_counts_reads_back(
    tmp_path: Path, bases: tuple[float, float, float]
) -> None:
    """The smallest network of all among it, whose multipliers are next to nothing."""
    known: dict[tuple[OwnNetwork, int], Priced] = {}

    def remembered(network: OwnNetwork, resolution: int) -> Priced:
        return known.setdefault((network, resolution), counted(network, resolution))

    coefficients = Coefficients(*bases)
    baseline = SETTINGS.load(10, 1, remembered)
    asked = scale(baseline, coefficients, 1 / 3)
    macs = asked.cost.macs
    member = solve_phi(baseline, coefficients, macs)
    write_networks(tmp_path, known)
    again = SETTINGS.load(10, 1, stored_prices(tmp_path))
    assert solve_phi(again, coefficients, macs) == member
    assert solve_phi(again, coefficients, macs).id == member.id
    prices = stored_prices(tmp_path)
    assert {call: prices(*call) for call in known} == known


def test_a_price_that_is_not_there(tmp_path: Path) -> None:
    network = OwnNetwork("no_such.net", 1.0, 1.5, 10, 1)
    prices = stored_prices(tmp_path)
    with pytest.raises(InvalidInput, match=r"networks\.csv is missing: .* repeat"):
        prices(network, 12)
    write_networks(tmp_path, {(network, 12): counted(network, 12)})
    assert stored_prices(tmp_path)(network, 12) == counted(network, 12)
    with pytest.raises(MissingPrice, match=r"no_such\.net.* at 13 px: repeat the study's command"):
        stored_prices(tmp_path)(network, 13)


@pytest.mark.parametrize("cell", ["0", "-1", "nan", "inf", "x", ""])
def test_a_damaged_price(tmp_path: Path, cell: str) -> None:
    network = OwnNetwork("no_such.net", 1.0, 1.5, 10, 1)
    write_networks(tmp_path, {(network, 12): counted(network, 12)})
    path = tmp_path / "networks.csv"
    path.write_text(path.read_text().replace(",1.5,", f",{cell},"))
    with pytest.raises(InvalidInput, match=r"networks\.csv is damaged \(row 1: column width_mult"):
        stored_prices(tmp_path)(network, 12)


def test_a_network_that_is_not_there_reads_back_with_its_reason(tmp_path: Path) -> None:
    """It is refused as when it was counted, and not as a price that was not kept."""
    fault = Priced(Cost(0, 0, 0), "", 'no net at x1.5, "as it said"')
    write_networks(tmp_path, {(OwnNetwork("test_networks_csv.net", 1.0, 1.5, 10, 1), 12): fault})
    baseline = SETTINGS.load(10, 1, stored_prices(tmp_path))
    with pytest.raises(InvalidInput, match=r'^no net at x1\.5, "as it said"$') as refusal:
        baseline.priced(baseline.network(1.0, 1.5), 12)
    assert not isinstance(refusal.value, MissingPrice)


def test_a_file_from_before_there_were_reasons(tmp_path: Path) -> None:
    network = OwnNetwork("no_such.net", 1.0, 1.5, 10, 1)
    write_networks(tmp_path, {(network, 12): counted(network, 12)})
    path = tmp_path / "networks.csv"
    lines = [line.rpartition(",")[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    assert "fault" not in lines[0]
    assert stored_prices(tmp_path)(network, 12) == counted(network, 12)
