"""The report of STEP 0: the baseline that was found, beside those that exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from scaling_search.baselines import MACS, Counted
from scaling_search.report.baseline.found import FoundBaseline, find
from scaling_search.report.baseline.tables import choices, compared, networks
from scaling_search.report.content import Brief, Content, Figure, Section, Table
from scaling_search.report.figures.baseline import errors_of_networks
from scaling_search.report.figures.latency import Timed
from scaling_search.report.latency import latency_section
from scaling_search.report.seen import networks_seen
from scaling_search.report.words import Words, assumption, of_judged
from scaling_search.report.writing import as_csv, as_json
from scaling_search.search.baseline import BaselineCandidate
from scaling_search.search.baseline.shape import shape_text
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.study.files.proposals_csv import plain_of
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.files.yaml_text import yaml_text
from scaling_search.study.found import BASELINE_YAML
from scaling_search.study.read import Study
from scaling_search.wording import capital

_FRONTIER = " The line joins the proposed ones that no other beats in expected error and cost."


def baseline(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    found = find(study, rows)
    judged = of_judged(found.study.definition)
    series = ["found", *(existing.candidate.mark for existing in found.existing)]
    latency, measured = latency_section(_timed(found, judged), series, judged)
    files = {
        "trials.csv": as_csv(_csv(found)),
        "baseline.json": as_json(_as_plain(found)),
        **measured,
    }
    if found.winner is not None:
        files[BASELINE_YAML] = _yaml(found, found.winner)
    return Content(
        brief=_brief(found),
        lead=_frontier(found),
        answer=_answer(found),
        headlines=2,
        remarks=_remarks(found),
        sections=[*_sections(found), *latency],
        files=files,
    )


def _brief(found: FoundBaseline) -> list[Brief]:
    """The first screen."""
    winner, decision, words = found.winner, found.decision, found.words
    if winner is None or not found.study.search_ended:
        return [Brief("What was found?", "The search has not ended: repeat its command.")]
    at = decision.candidates.index(winner)
    error = words.metric.headline(decision.expected[at], decision.expected_sd[at])
    name = found.study.folder.resolve().name
    worse = found.existing[0].worse if found.existing and found.existing[0].runs else None
    keep = "Keep the present baseline, or search on: sweep.asks="
    scale = f"Scale it: +sweep=grid baseline=found baseline.from=experiments/{name}"
    return [
        Brief("Which network?", f"{shape_text(winner.member)}; {_told(winner)}."),
        Brief(
            "How sure is that?",
            f"Expected {words.error} {error}; of {int(decision.proposed.sum())} networks it is the "
            f"best with probability {decision.p_best[at]:.2f}.",
        ),
        Brief("How does the present baseline compare?", _against_present(found)),
        Brief("What should I do next?", keep if worse and worse.high < 0 else scale),
    ]


def _answer(found: FoundBaseline) -> list[str]:
    winner, decision = found.winner, found.decision
    name = found.study.definition.facts.name
    if winner is None:
        return ["No proposed network has a finished run yet, so there is no answer."]
    at = decision.candidates.index(winner)
    words = found.words
    error = words.metric.headline(decision.expected[at], decision.expected_sd[at])
    first = (
        f"The best baseline found on {name} at about {_goal(found)} is "
        f"{shape_text(winner.member)}: {_told(winner)}, expected "
        f"{words.error} {error}. Of {int(decision.proposed.sum())} networks it is the best with "
        f"probability {decision.p_best[at]:.2f}."
    )
    return [first, _against_present(found)]


def _csv(found: FoundBaseline) -> pd.DataFrame:
    """The table; amounts under their name where no other column has them."""
    quantity = found.study.definition.quantity
    if isinstance(quantity, Counted):
        return found.table.drop(columns="amount")
    return found.table.rename(columns={"amount": quantity.name})


def _goal(found: FoundBaseline) -> str:
    return found.study.definition.quantity.told(found.decision.objective.amount)


def _told(candidate: BaselineCandidate) -> str:
    """What it costs, in multiply-adds and in the quantity that networks are compared by."""
    quantity, macs = candidate.member.baseline.quantity, f"{candidate.macs:,} multiply-adds"
    return macs if quantity == MACS else f"{macs}, {quantity.told(candidate.amount)}"


def _against_present(found: FoundBaseline) -> str:
    present = found.existing[0] if found.existing else None
    if present is None or present.runs == 0:
        return "The present baseline has no finished run yet, so it cannot be compared."
    worse, words, metric = present.worse, found.words, found.words.metric
    has = "errs " if metric.counts_mistakes else f"has a {words.error} of "
    what = (
        f"The present baseline, {present.candidate.mark}, brought to "
        f"{_told(present.candidate)} {has}{metric.headline(present.val_error)}"
    )
    width = worse.high - worse.low
    if worse.low > 0:
        interval = metric.between(worse.low, worse.high)
        return f"{what}: {metric.difference(worse.value, width)} more ({interval})."
    if worse.high < 0:
        interval = metric.between(-worse.high, -worse.low)
        return (
            f"{what}: {metric.difference(-worse.value, width)} less ({interval}). Keep it, or "
            "search further with more asks."
        )
    return (
        f"{what}, which these runs cannot tell from the found one (difference "
        f"{metric.difference(worse.value, width)}, {metric.between(worse.low, worse.high)})."
    )


def _remarks(found: FoundBaseline) -> list[str]:
    remarks = []
    if not found.study.search_ended:
        remarks.append("The search has not ended: repeat its command to go on.")
    if found.winner is not None:
        name = found.study.folder.resolve().name
        remarks.append(
            f"Scale it with baseline=found baseline.from=experiments/{name}, or another of the "
            f"networks with baseline.from=experiments/{name}/TRIAL."
        )
    if found.without_network:
        remarks.append(
            f"Left out: {found.without_network} of {found.asked} proposals, which have no width "
            "and no resolution at which they cost what was asked for."
        )
    if found.at_the_edge:
        remarks.append(
            f"The found network lies at the edge of what could be chosen ({found.at_the_edge}): "
            "with further options there may be a better one."
        )
    lost = sum(count > 0 for count in found.decision.runs.diverged)
    if lost:
        remarks.append(f"{lost} network{'s' if lost > 1 else ''} diverged in a run and cannot win.")
    words, has_test = found.words, found.has_test
    unseen = capital(of_judged(found.study.definition).errors)
    were = "were" if words.metric.counts_mistakes else "was"
    remarks.append(
        f"Chosen by {words.errors} alone; the best of many is expected to be a little worse than "
        f"it was measured, which the expected {words.metric.error_name} allows for."
        + (f" {unseen} {were} looked at by nothing." if has_test else "")
    )
    return [*remarks, *assumption(words, log=True)]


def _frontier(found: FoundBaseline) -> list[Figure]:
    if found.winner is None:
        return []
    figure = Figure(
        name="frontier",
        svg=errors_of_networks(found),
        alt=f"{capital(found.words.shown)} against multiply-adds: "
        f"{networks_seen(found.table['val_error'], found.words)}",
        caption=f"Mean {found.words.shown} of every network that was trained to its end."
        + (_FRONTIER if found.decision.objective.pareto else ""),
    )
    return [figure]


def _sections(found: FoundBaseline) -> list[Section]:
    if found.winner is None:
        return []
    stages: dict[str, Callable[[Any], str]] = {
        "stage": lambda row: str(row[0]),
        "block": lambda row: row[1].block,
        "blocks": lambda row: str(row[1].repeats),
        "channels": lambda row: str(row[1].channels),
        "kernel": lambda row: str(row[1].kernel),
        "stride": lambda row: str(row[1].stride),
        "expansion": lambda row: str(row[1].expansion),
        "squeeze-excitation": lambda row: f"{row[1].se_ratio:g}" if row[1].se_ratio else "",
    }
    architecture = found.winner.member.architecture
    note = (
        f"Images of {found.winner.member.resolution} px, a stem of {architecture.stem_channels} "
        f"channels and stride {architecture.stem_stride}, a head of "
        f"{architecture.head_channels or 'no'} channels, {architecture.activation}."
    )
    table = Table.of(enumerate(architecture.stages, 1), stages, note)
    return [
        Section("What is the network, and what are the others? (STEP 0)", [table, compared(found)]),
        Section("What is each choice worth?", [choices(found)]),
        Section("Which networks were compared?", [networks(found)]),
    ]


def _yaml(found: FoundBaseline, candidate: BaselineCandidate) -> str:
    decision = found.decision
    at = decision.candidates.index(candidate)
    metric = found.words.metric
    error = metric.headline(decision.expected[at], decision.expected_sd[at])
    head = (
        f"# Found by +sweep=baseline on {found.study.definition.facts.name}: trial {candidate.id}, "
        f"{_told(candidate)},\n# expected {found.words.error} "
        f"{error}. Use: baseline=found "
        "baseline.from=PATH\n"
    )
    return head + yaml_text(plain_of(candidate))


def _as_plain(found: FoundBaseline) -> dict[str, Any]:
    decision, winner = found.decision, found.winner
    quantity = found.study.definition.quantity
    at = decision.candidates.index(winner) if winner else None
    known = winner is not None
    return {
        "trial": winner.id if winner else None,
        "network": shape_text(winner.member) if winner else None,
        "macs": winner.macs if winner else None,
        "expected_error": decision.expected[at] if at is not None else None,
        "expected_sd": decision.expected_sd[at] if at is not None else None,
        "p_best": decision.p_best[at] if at is not None else None,
        "objective": {quantity.name: decision.objective.amount, "w": decision.objective.w},
        "frontier": [candidate.id for candidate in decision.frontier] if known else [],
        "existing": {
            e.candidate.mark: {
                "trial": e.candidate.id,
                "macs": e.candidate.macs,
                "val_error": e.val_error,
                "test_error": e.test_error,
                "worse": e.worse,
            }
            for e in found.existing
        },
        "choices": [
            {"what": choice.phrase, "log_error": effect}
            for choice, effect in zip(decision.choices, decision.fit.effects)
        ]
        if known
        else [],
    }


def _timed(found: FoundBaseline, judged: Words) -> list[Timed]:
    """With the errors by which networks are judged."""
    measured = read_latencies(found.study.folder)
    return [
        Timed(
            series=row.mark or "found",
            group=row.mark or "found",
            name=row.mark or row.trial,
            macs=row.macs,
            activations=row.activations,
            error=getattr(row, f"{judged.part}_error"),
            latency=measured[row.trial],
        )
        for row in found.table.itertuples()
        if row.trial in measured
    ]
