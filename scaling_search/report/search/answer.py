"""The answer of a study in sentences, and as winner.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scaling_search.baselines import MACS
from scaling_search.findings.interval import LEVEL
from scaling_search.report.search.certainty import certainty_sentences, evidence_json
from scaling_search.report.search.forecast import forecast_remarks, runs_of
from scaling_search.report.search.found import Found
from scaling_search.report.short_runs import short_run_remarks
from scaling_search.report.started import start_remarks
from scaling_search.report.words import assumption, zero_errors
from scaling_search.search import mark_text
from scaling_search.study import StudyDefinition
from scaling_search.wording import capital, percent


def first_sentence(found: Found) -> str:
    """STEP 1: the winner, or that there is none, and how sure that is."""
    definition, decision = found.study.definition, found.decision
    if (winner := decision.winner) is None:
        if found.all_diverged:
            return f"All {found.all_diverged} runs of STEP 1 diverged, so there is no answer."
        return "No candidate has a finished run yet, so there is no answer."
    c, shares = winner.coefficients, winner.shares
    constraint, facts = definition.settings.constraint, definition.facts
    what = (
        f"α = {c.alpha:.3g}, β = {c.beta:.3g}, γ = {c.gamma:.3g} (depth gets "
        f"{percent(shares.depth, 0)} of the growth, width {percent(shares.width, 0)}, resolution "
        f"{percent(shares.resolution, 0)})"
    )
    where = (
        f"at {constraint.cost_ratio:g} times the {definition.quantity.what} of "
        f"{definition.baseline.name} on {facts.name}"
    )
    at = decision.candidates.index(winner)
    words = found.words
    error = words.metric.headline(decision.expected[at], decision.expected_sd[at])
    compared_count = len(decision.ranked)
    if decision.decided:
        return (
            f"The winner {where} is {what}, with an expected {words.error} of {error}; it is the "
            f"best of {int((decision.trained | decision.untrained).sum())} networks at "
            f"{percent(LEVEL, 0)} confidence."
        )
    reason = (
        f"{len(decision.possible_winners)} of {compared_count} trained networks may be the best"
    )
    if (rivals := len(decision.untrained_rivals)) or decision.untrained.any():
        reason += f", and {rivals or 'none'} of {int(decision.untrained.sum())} that have no run"
    reason += f" (one of them is, with probability {percent(LEVEL, 0)})"
    if decision.possible.sum() == 1:
        reason = "too few runs were repeated to know their noise"
    lowest = f"the lowest expected {words.error} {where}, {error}"
    return f"Undecided: {lowest}, has {what}, but {reason}."


def second_sentence(found: Found) -> str:
    """STEP 2: what the trained sizes show and what further doublings will buy."""
    measured = found.family.measured
    if len(measured) < 1:
        return "No member of its family has been trained yet."
    small, large, words = measured.iloc[0], measured.iloc[-1], found.family.words
    quantity = found.family.quantity
    told = words.metric.headline
    if len(measured) == 1:
        seen = f"The one-size family has a {words.error} of {told(large.error)}"
    elif large.error < small.error:
        seen = (
            f"Scaled by {_these(found)}, {words.the_error} falls from "
            f"{told(small.error)} at {quantity.told(small.amount)} to "
            f"{told(large.error)} at {quantity.text(large.amount)}"
        )
    else:
        seen = (
            f"{capital(words.the_error)} does not fall with size: {told(small.error)} at "
            f"{quantity.told(small.amount)}, {told(large.error)} at {quantity.text(large.amount)}"
        )
    far, best = found.family.target, found.family.best
    if far is None:
        return seen + "; larger members are not forecast."
    seen += (
        f"; forecast for φ = {far.phi:g} ({far.amount / large.amount:.1f} times beyond): "
        f"{told(far.forecast)}, {percent(LEVEL, 0)} interval "
        f"{words.metric.between(far.forecast_low, far.forecast_high)}{words.metric.unit}"
    )
    if found.family.above_measured is not None:
        seen += (
            f", above the {words.metric.text(best.error)} already measured at "
            f"{quantity.text(best.amount)} ({runs_of(found.family, best)})"
        )
    return f"{seen}."


def _these(found: Found) -> str:
    family = found.study.definition.settings.family
    return family.follows if family.curve else "these coefficients"


def further_remarks(found: Found) -> list[str]:
    """What limits the answer, and what would settle it."""
    definition, decision = found.study.definition, found.decision
    remarks = []
    wanted = len(definition.listed_runs)
    keys = {row.run for row in found.rows}
    done = sum(run.spec.key in keys for run in definition.listed_runs)
    if done < wanted:
        remarks.append(f"The study is unfinished: {done} of {wanted} runs of STEP 1 are known.")
    elif not found.study.search_ended:
        remarks.append("The study is unfinished: its search has not ended.")
    remarks += certainty_sentences(found)
    remarks += [*short_run_remarks(definition), *start_remarks(definition)]
    if definition.settings.family.curve:
        remarks.append(
            f"The family has {definition.settings.family.follows} (family.shares=curve), not those "
            "of the network that STEP 1 found."
        )
    remarks.append(_holds_for(definition))
    remarks += assumption(found.words, log=True, forecast=True)
    remarks += zero_errors([row.val_error for row in found.rows], found.words)
    for index, candidate in enumerate(decision.candidates):
        if decision.diverged[index]:
            remarks.append(
                f"Trial {candidate.id} diverged in {decision.diverged[index]} runs, so it cannot "
                "win."
            )
        if not candidate.within:
            remarks.append(
                f"Trial {candidate.id} ({' '.join(candidate.marks)}) costs "
                f"{candidate.member.cost_ratio:.2f} times the baseline, the nearest that "
                "this dimension alone reaches; it is compared but cannot win."
            )
    for dropped in found.candidates.dropped:
        if dropped.asked.mark:
            remarks.append(
                f"{mark_text(dropped.asked.mark)} is not among the candidates: {dropped.reason}."
            )
    remarks += forecast_remarks(found.family)
    return remarks


def _holds_for(definition: StudyDefinition) -> str:
    images = definition.facts.val_images
    split = f"one val split of {images:,} images" if images else "one val set"
    judges = (
        "val decides, test is only reported"
        if definition.has_test
        else "val decides and is reported, so what was chosen by it is a little worse than it looks"
    )
    return f"All of this holds for {split} and one recipe; {judges}."


def winner_json(found: Found, statement: str, remarks: Sequence[str]) -> dict[str, Any]:
    """winner.json, with the answer of STEP 1 and the remarks on it."""
    decision, winner = found.decision, found.decision.winner
    common = {
        "statement": statement,
        "remarks": remarks,
        "level": LEVEL,
        "trial": winner and winner.id,
        "decided": decision.decided,
        "possible_winners": [candidate.id for candidate in decision.possible_winners],
        "untrained_rivals": [candidate.id for candidate in decision.untrained_rivals],
    }
    if winner is None:
        return common
    best, mean = decision.candidates.index(winner), decision.means.effect
    quantity = found.study.definition.quantity
    extra = {} if quantity == MACS else {quantity.name: winner.member.amount}
    return {
        **common,
        **evidence_json(found),
        **vars(winner.coefficients),
        "shares": winner.shares,
        "macs": winner.macs,
        **extra,
        "cost_ratio": winner.cost_ratio,
        "resolution": winner.resolution,
        "expected_error": decision.expected[best],
        "expected_sd": decision.expected_sd[best],
        "val_error": mean[best],
        "val_error_se": decision.mean_se[best],
        "rivals": {
            mark: {
                "trial": candidate.id,
                "worse_by": mean[index] - mean[best],
                "possible_winner": bool(decision.possible[index]),
            }
            for index, candidate in enumerate(decision.candidates)
            for mark in candidate.marks
        },
    }
