"""Tables, files and numbers of the report of a study of growth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from scaling_search.findings.agreement import Agreement
from scaling_search.findings.changes import Changes
from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.report.content import Section, Table
from scaling_search.report.growth.found import Found
from scaling_search.study.growth import CANDIDATES, FAMILY, BothWays
from scaling_search.wording import percent, signed


def change_text(change: Interval) -> str:
    """`-12.0 % (-19.1 to -5.2)`"""
    value, low, high = (100 * end for end in change)
    return signed(value, low, high).replace(" (", " % (") + (" %" if math.isnan(low) else "")


def grown_from(network: BothWays) -> str:
    """Whose weights it starts with."""
    return network.source.id if network.source else "nothing"


def sections(found: Found) -> list[Section]:
    """What growing changes, a table for each group."""
    headings = {
        FAMILY: "What does growing change in the family?",
        CANDIDATES: "What does it change in candidates, grown from the baseline?",
    }
    return [
        Section(heading, [_table(found, group)])
        for group, heading in headings.items()
        if found.growth.of(group)
    ]


def _table(found: Found, group: str) -> Table:
    metric, words = found.words.metric, found.words
    grown, from_nothing = found.mean(found.grown), found.mean(found.from_nothing)
    at = [i for i, network in enumerate(found.growth.networks) if network.group == group]
    epochs = found.study.definition.settings.recipe.epochs

    def text(error: float) -> str:
        return "not known" if math.isnan(error) else metric.text(error)

    def change(place: int) -> str:
        if not found.growth.networks[place].differs:
            return "the same runs"
        one = found.change[place]
        return "not known" if math.isnan(one.value) else change_text(one)

    network = found.growth.networks
    return Table.of(
        at,
        {
            "network": lambda i: network[i].member.id,
            "grown from": lambda i: grown_from(network[i]),
            "depth": lambda i: f"×{network[i].member.depth_mult:.2f}",
            "width": lambda i: f"×{network[i].member.width_mult:.2f}",
            "px": lambda i: str(network[i].member.resolution),
            "cost": lambda i: f"{network[i].member.cost_ratio:.3f}",
            f"{words.error}, grown": lambda i: text(float(grown[i])),
            "from nothing": lambda i: text(float(from_nothing[i])),
            "grown over from nothing": change,
            "epochs": lambda i: f"{epochs}, {network[i].epochs}",
            "compute": lambda i: f"{network[i].compute_ratio:.3f}",
        },
        f"Means over seeds. Grown over from nothing: the change of {words.the_error}, paired by "
        f"seed, with {percent(LEVEL, 0)} intervals that hold together for the rows "
        "(findings/changes.py); below 0 growing is better. Epochs: grown, from nothing. Compute: "
        "from nothing over grown, with all that it grew from.",
    )


def csv_table(found: Found) -> pd.DataFrame:
    """growth.csv: one row a network."""
    error = f"{found.words.part}_error"
    grown, from_nothing = found.mean(found.grown), found.mean(found.from_nothing)
    return pd.DataFrame(
        {
            "group": network.group,
            "network": network.member.id,
            "grown_from": network.source.id if network.source else "",
            "phi": network.member.phi,
            "depth_mult": network.member.depth_mult,
            "width_mult": network.member.width_mult,
            "resolution": network.member.resolution,
            "macs": network.member.cost.macs,
            "params": network.member.cost.params,
            "cost_ratio": network.member.cost_ratio,
            "epochs_from_nothing": network.epochs,
            "compute_ratio": network.compute_ratio,
            "function_kept": not network.not_kept,
            "runs_grown": int(np.isfinite(found.grown[place]).sum()),
            "runs_from_nothing": int(np.isfinite(found.from_nothing[place]).sum()),
            f"{error}_grown": grown[place],
            f"{error}_from_nothing": from_nothing[place],
            "change": found.change[place].value,
            "change_low": found.change[place].low,
            "change_high": found.change[place].high,
        }
        for place, network in enumerate(found.growth.networks)
    )


def json_numbers(found: Found) -> dict[str, Any]:
    """The findings as numbers, for verdict.json."""
    agreement = found.agreement
    return {
        "level": LEVEL,
        "family": _told(found.family),
        "candidates": _told(found.candidates),
        "ranking": _ranks(agreement) if isinstance(agreement, Agreement) else {"reason": agreement},
        "train_flops": {"grown": found.chain_flops, "from_nothing": found.family_flops},
    }


def _told(changes: Changes) -> dict[str, Any]:
    return {"seeds": changes.seeds, **changes.mean.named("change")}


def _ranks(agreement: Agreement) -> dict[str, Any]:
    return {
        "candidates": agreement.candidates,
        "tau": agreement.tau,
        "by_noise": agreement.ceiling,
        "beyond_noise": agreement.beyond_noise,
        "winner_changes": agreement.winner_changes,
        "winner_changes_by_noise": agreement.winner_changes_by_noise,
    }
