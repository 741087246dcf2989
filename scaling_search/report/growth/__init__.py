"""The report of a study of growth: do trained weights pay as a start?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scaling_search.findings.agreement import Agreement
from scaling_search.findings.changes import Changes
from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.report.content import Brief, Content, Figure, Section, Table
from scaling_search.report.figures.growth import both_ways
from scaling_search.report.growth.found import Found, find
from scaling_search.report.seen import networks_seen
from scaling_search.report.short_runs import short_run_remarks
from scaling_search.report.writing import as_csv, as_json
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.growth import CANDIDATES, FAMILY, BothWays
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent, signed

#: How far compute from nothing may lie from that of growing before it is named.
_FAR = 0.05


def growth(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    found = find(study, rows)
    brief = [
        Brief("Does growing help a family?", _family(found)),
        Brief("At each size?", _sizes(found)),
        Brief("Does the ranking of candidates change?", _ranking(found)),
        Brief("What does it cost?", _cost(found)),
    ]
    answer = [
        f"{brief[0].answer} {brief[2].answer}",
        f"Sizes: {brief[1].answer}",
        f"Cost: {brief[3].answer}",
    ]
    remarks = _remarks(found)
    files = {
        "growth.csv": as_csv(_csv(found)),
        "verdict.json": as_json({"answer": answer, "remarks": remarks, **_json(found)}),
    }
    return Content(
        brief=brief,
        lead=[_figure(found)],
        answer=answer,
        remarks=remarks,
        sections=_sections(found),
        files=files,
    )


def _figure(found: Found) -> Figure:
    words = found.words
    seen = networks_seen(found.mean(found.grown), words)
    right = (
        f" Right: {words.errors} of candidates, from nothing across and grown upwards; below the "
        "line growing is better."
        if found.places(CANDIDATES)
        else ""
    )
    return Figure(
        name="growth",
        svg=both_ways(found),
        alt=f"{capital(words.shown)} of networks grown and from nothing: {seen}",
        caption=(
            f"{capital(words.shown)} of the family, each member grown from the one before or "
            f"trained from nothing for as much compute: means, and single seeds small.{right}"
        ),
    )


def _change(change: Interval) -> str:
    """`-12.0 % (-19.1 to -5.2)`"""
    value, low, high = (100 * end for end in change)
    return signed(value, low, high).replace(" (", " % (") + (" %" if math.isnan(low) else "")


def _family(found: Found) -> str:
    changes, change = found.family, found.family.mean
    if math.isnan(change.value):
        return "Not known yet: no seed has all sizes both ways."
    # Of a change of the error: below 0 there is less of it.
    verdict = {"worse": "Yes", "better": "No, it harms", "open": "Open"}[change.verdict]
    sizes = "its larger size" if len(changes.each) == 1 else f"{len(changes.each)} sizes"
    seeds = "one seed" if changes.seeds == 1 else f"{changes.seeds} seeds"
    few = ", too few to judge" if math.isnan(change.low) else ""
    return (
        f"{verdict}: at equal compute, growing changes the error by {_change(change)} against "
        f"training from nothing, the mean over {sizes} and {seeds}{few}."
    )


def _sizes(found: Found) -> str:
    told = [
        f"×{found.growth.networks[place].member.cost_ratio:.3g} {_change(found.change[place])}"
        if not math.isnan(found.change[place].value)
        else f"×{found.growth.networks[place].member.cost_ratio:.3g} not known"
        for place in found.places(FAMILY)
    ]
    return f"Of the error, by cost over the baseline's: {', '.join(told)}."


def _ranking(found: Found) -> str:
    agreement = found.agreement
    if not found.places(CANDIDATES):
        return "Not asked: no candidates take part (sweep.ranked=0)."
    if isinstance(agreement, str):
        return f"Not known: {agreement}."
    tau, ceiling = agreement.tau, agreement.ceiling
    told = (
        f"Kendall's tau of {agreement.candidates} candidates grown and from nothing is "
        f"{tau.value:.2f} ({tau.low:.2f} to {tau.high:.2f})"
    )
    if math.isnan(ceiling.low):
        return f"Open: {told}; with one seed what noise allows is not known."
    verdict = "Yes" if agreement.beyond_noise else "Not more than noise explains"
    return (
        f"{verdict}: {told}, where noise alone would give {ceiling.value:.2f} ({ceiling.low:.2f} "
        f"to {ceiling.high:.2f}); another is best in {percent(agreement.winner_changes, 0)} of "
        f"redraws, by noise alone in {percent(agreement.winner_changes_by_noise, 0)}."
    )


def _cost(found: Found) -> str:
    family = found.growth.of(FAMILY)
    epochs = [network.epochs for network in family if network.differs]
    spread = f"{min(epochs)}" if min(epochs) == max(epochs) else f"{min(epochs)} to {max(epochs)}"
    grown = found.study.definition.settings.recipe.epochs
    times = found.family_flops / found.chain_flops
    return (
        f"A chain of {len(family)} members takes {found.chain_flops:.2g} floating-point operations "
        f"a seed, {grown} epochs each. From nothing, {spread} epochs of a member cost what the "
        f"chain up to it does, and all of them take {times:.2f} times as much."
    )


def _remarks(found: Found) -> list[str]:
    definition, growth = found.study.definition, found.growth
    remarks = []
    wanted = len({run.spec.key for run in (*growth.sources, *growth.runs)})
    if found.runs < wanted:
        remarks.append(f"The study is unfinished: {found.runs} of {wanted} runs are known.")
    if found.diverged:
        remarks.append(f"{found.diverged} runs diverged; they are left out.")
    remarks += short_run_remarks(definition)
    for network in growth.networks:
        if network.not_kept:
            remarks.append(
                f"Network {network.member.id} does not start with the function of "
                f"{_from(network)}: {'; '.join(network.not_kept)}."
            )
    far = [n for n in growth.networks if n.differs and abs(n.compute_ratio - 1) > _FAR]
    if far:
        named = ", ".join(f"{n.member.id} {n.compute_ratio:.2f}" for n in far)
        remarks.append(
            f"Whole epochs leave compute from nothing that is not quite that of growing: {named} "
            "times as much. More recipe.epochs= come nearer."
        )
    images = f"{count:,} " if (count := definition.facts.test_images) else ""
    remarks.append(
        f"Measured on {images}test images, by which nothing was chosen. Both ways have one recipe, "
        "whose learning rate rises anew in each training; one for growing might do better."
    )
    return remarks


def _from(network: BothWays) -> str:
    return network.source.id if network.source else "nothing"


def _sections(found: Found) -> list[Section]:
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
        return "not known" if math.isnan(one.value) else _change(one)

    network = found.growth.networks
    return Table.of(
        at,
        {
            "network": lambda i: network[i].member.id,
            "grown from": lambda i: _from(network[i]),
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


def _csv(found: Found) -> pd.DataFrame:
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


def _json(found: Found) -> dict[str, Any]:
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
