"""The report of a study of growth: do trained weights pay as a start?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scaling_search.report.content import Brief, Content, Figure
from scaling_search.report.figures.growth import both_ways
from scaling_search.report.figures.latency import Timed
from scaling_search.report.growth.found import Found, find
from scaling_search.report.growth.tables import (
    change_text,
    csv_table,
    grown_from,
    json_numbers,
    sections,
)
from scaling_search.report.latency import latency_section
from scaling_search.report.seen import networks_seen
from scaling_search.report.short_runs import short_run_remarks
from scaling_search.report.started import start_remarks
from scaling_search.report.writing import as_csv, as_json
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.growth import CANDIDATES, FAMILY
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent, three_digits

#: How far compute from nothing may lie from that of growing before it is named.
_FAR = 0.05


def growth(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    found = find(study, rows)
    words = found.words
    brief = [
        Brief("Does growing help a family?", _family(found)),
        Brief("At each size?", _sizes(found)),
        Brief("Does the ranking of candidates change?", _ranking(found)),
        Brief("What does it cost?", _cost(found)),
    ]
    answer = [
        brief[0].answer,
        f"Ranking of candidates: {brief[2].answer}",
        f"Sizes: {brief[1].answer}",
        f"Cost: {brief[3].answer}",
    ]
    remarks = _remarks(found)
    latency, times = latency_section(_timed(found), [n.group for n in found.growth.networks], words)
    files = {
        **times,
        "growth.csv": as_csv(csv_table(found)),
        "verdict.json": as_json({"answer": answer, "remarks": remarks, **json_numbers(found)}),
    }
    return Content(
        brief=brief,
        lead=[_figure(found)],
        answer=answer,
        headlines=2,
        remarks=remarks,
        sections=[*sections(found), *latency],
        files=files,
    )


def _timed(found: Found) -> list[Timed]:
    """Every network whose latency was measured, with its error grown."""
    known, errors = read_latencies(found.study.folder), found.mean(found.grown)
    return [
        Timed(
            series=network.group,
            group=network.group,
            name=f"×{network.member.cost_ratio:.3g}",
            macs=network.member.cost.macs,
            activations=network.member.cost.activations,
            error=float(error),
            latency=known[network.member.id],
        )
        for network, error in zip(found.growth.networks, errors)
        if network.member.id in known
    ]


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
        f"{verdict}: at equal compute, growing changes the error by {change_text(change)} against "
        f"training from nothing, the mean over {sizes} and {seeds}{few}."
    )


def _sizes(found: Found) -> str:
    told = [
        f"×{found.growth.networks[place].member.cost_ratio:.3g} {change_text(found.change[place])}"
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
    billions = three_digits(found.chain_flops / 1e9)
    return (
        f"A chain of {len(family)} members takes {billions} billion floating-point operations "
        f"a seed, {_epochs(str(grown))} each. From nothing, {_epochs(spread)} of a member cost "
        f"what the chain up to it does, and all of them take {times:.2f} times as much."
    )


def _epochs(count: str) -> str:
    return f"{count} epoch{'' if count == '1' else 's'}"


def _remarks(found: Found) -> list[str]:
    definition, growth = found.study.definition, found.growth
    remarks = []
    wanted = len({run.spec.key for run in (*growth.sources, *growth.runs)})
    if found.runs < wanted:
        remarks.append(f"The study is unfinished: {found.runs} of {wanted} runs are known.")
    if found.diverged:
        remarks.append(f"{found.diverged} runs diverged; they are left out.")
    remarks += [*short_run_remarks(definition), *start_remarks(definition)]
    for network in growth.networks:
        if network.not_kept:
            remarks.append(
                f"Network {network.member.id} does not start with the function of "
                f"{grown_from(network)}: {'; '.join(network.not_kept)}."
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
