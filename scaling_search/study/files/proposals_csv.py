"""proposals.csv: the networks that STEP 0 compared, from which its candidates follow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaling_search.baselines import ArchitectureBaseline, Quantity, plain_table, read_table
from scaling_search.scaling import FineRounding
from scaling_search.search.baseline import BaselineCandidate
from scaling_search.search.baseline.space import member_of
from scaling_search.study.files.csv_file import CsvFile, within
from scaling_search.text_file import damaged


@dataclass(frozen=True, kw_only=True)
class ProposalRow:
    """An ask, and the network that answers it; none where no width had the right cost."""

    #: 0 for the first.
    ask: int = within(0, 10**6)
    #: Name of an existing baseline; empty for a proposed network.
    mark: str = ""
    #: Id of the network that answers it; empty where no width had the right cost.
    trial: str = ""
    #: The stage table of a proposed network, as JSON in the words of baseline.yaml.
    network: str = ""


PROPOSALS_CSV = CsvFile("proposals.csv", ProposalRow, key=lambda row: row.ask)


def write_proposals(folder: Path, asked: Iterable[BaselineCandidate | None]) -> None:
    """Every ask in its order."""
    PROPOSALS_CSV.write(folder, [_row(number, made) for number, made in enumerate(asked)])


def _row(number: int, made: BaselineCandidate | None) -> ProposalRow:
    if made is None:
        return ProposalRow(ask=number)
    network = "" if made.mark else json.dumps(plain_of(made))
    return ProposalRow(ask=number, mark=made.mark, trial=made.id, network=network)


def plain_of(candidate: BaselineCandidate) -> dict[str, object]:
    """The stage table of a proposed network."""
    baseline = candidate.member.baseline
    assert isinstance(baseline, ArchitectureBaseline)
    rounding = baseline.rounding
    assert isinstance(rounding, FineRounding)
    return plain_table(baseline.architecture, baseline.resolution, rounding)


def read_proposals(
    folder: Path,
    existing: Iterable[BaselineCandidate],
    num_classes: int,
    in_channels: int,
    quantity: Quantity,
) -> list[BaselineCandidate]:
    """The distinct networks, in the order of first asking.

    existing: the existing baselines that the study compares. Raises InvalidInput where the file is
    missing or damaged.
    """
    path = folder / PROPOSALS_CSV.name
    found: dict[str, BaselineCandidate] = {}
    marked = {candidate.mark: candidate for candidate in existing}
    for row in PROPOSALS_CSV.read(folder):
        if not row.trial:
            continue
        if row.mark and row.mark not in marked:
            raise damaged(path, f"ask {row.ask} is of {row.mark!r}, which is not compared")
        try:
            made = (
                marked[row.mark] if row.mark else _proposed(row, num_classes, in_channels, quantity)
            )
        except (ValueError, RecursionError) as error:
            raise damaged(path, f"ask {row.ask}: {error}") from error
        if made.id != row.trial:
            raise damaged(path, f"ask {row.ask} gives another network than trial {row.trial!r}")
        found.setdefault(made.id, made)
    return list(found.values())


def network_of(folder: Path, trial: str) -> dict[str, Any] | None:
    """The stage table of a proposed network; None where there is none of that name.

    Raises InvalidInput where the file is missing or damaged.
    """
    for row in PROPOSALS_CSV.read(folder):
        if row.trial == trial and row.network:
            try:
                table: dict[str, Any] = json.loads(row.network)
                read_table(table)
            except (ValueError, RecursionError) as error:
                raise damaged(folder / PROPOSALS_CSV.name, f"ask {row.ask}: {error}") from error
            return table
    return None


def _proposed(
    row: ProposalRow, num_classes: int, in_channels: int, quantity: Quantity
) -> BaselineCandidate:
    architecture, resolution, rounding = read_table(json.loads(row.network))
    assert isinstance(rounding, FineRounding)
    ours = replace(architecture, num_classes=num_classes, in_channels=in_channels)
    return BaselineCandidate(member_of(ours, resolution, rounding, quantity))
