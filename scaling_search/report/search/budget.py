"""What a budget other than multiply-adds changes: the same candidates in both."""

from __future__ import annotations

from scaling_search.baselines import MACS
from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Paragraph
from scaling_search.report.search.found import Found
from scaling_search.search import MARKS
from scaling_search.wording import capital, percent


def budget_paragraphs(found: Found) -> list[Paragraph]:
    """Where multiply-adds and the budget disagree; nothing where they are the budget."""
    definition, winner = found.study.definition, found.decision.winner
    quantity, base = definition.quantity, definition.base
    within = [c for c in found.decision.candidates if c.within]
    if quantity == MACS or winner is None or len(within) < 2:
        return []
    fewest, most = min(c.macs for c in within), max(c.macs for c in within)
    return [
        Paragraph(
            f"{capital(quantity.what)} and multiply-adds disagree by so much: of "
            f"{len(within)} networks of about {quantity.text(winner.member.amount)} the one with "
            f"most multiply-adds has {most / fewest:.2f} times those of the one with fewest "
            f"({most:,} and {fewest:,}). The winner costs {winner.cost_ratio:.2f} times the "
            f"baseline's {quantity.what} and {winner.macs / base.cost.macs:.2f} times its "
            "multiply-adds."
        ),
        *_rivals(found),
    ]


def _rivals(found: Found) -> list[Paragraph]:
    """The candidates that come from elsewhere, such as winners by multiply-adds."""
    evidence, base = found.evidence, found.study.definition.base
    metric, quantity = found.words.metric, found.study.definition.quantity
    told = []
    for marked in evidence.marked if evidence else ():
        if marked.mark in MARKS:
            continue
        rival, regret = marked.candidate, marked.regret
        interval = metric.between(regret.low, regret.high)
        told.append(
            Paragraph(
                f"The rival {marked.mark}, brought to the same {quantity.what}, is trial "
                f"{rival.id}: {rival.cost_ratio:.2f} times the baseline's, at "
                f"{rival.macs / base.cost.macs:.2f} times its multiply-adds. Choosing it instead "
                f"of the best candidate is expected to cost "
                f"{metric.difference(regret.value, regret.high - regret.low)} ({interval}, "
                f"{percent(LEVEL, 0)} interval; runs are compared seed by seed)."
            )
        )
    return told
