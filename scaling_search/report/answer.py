"""The answer of a study in sentences, and as winner.json."""

from __future__ import annotations

import math
from typing import Any

from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import ScalingLaw
from scaling_search.report.certainty import certainty_sentences, evidence_json
from scaling_search.report.family_forecast import backtest_sentence, target_member
from scaling_search.report.tables import Tables
from scaling_search.search import MARKS


def percent(value: float) -> str:
    """A fraction as a percentage with one decimal."""
    return f"{100 * value:.1f} %"


def first_sentence(tables: Tables) -> str:
    """STEP 1: the winner, or that there is none, and how sure that is."""
    definition, decision = tables.definition, tables.decision
    if decision.winner is None:
        return "No candidate has a finished run yet, so there is no answer."
    winner, compared = decision.winner, decision.comparison
    c, shares = winner.coefficients, winner.coefficients.shares()
    constraint, facts = definition.settings.constraint, definition.facts
    possible = decision.possible_winners
    what = (
        f"α = {c.alpha:.3g}, β = {c.beta:.3g}, γ = {c.gamma:.3g} (depth gets {shares.depth:.0%} of "
        f"the growth, width {shares.width:.0%}, resolution {shares.resolution:.0%})"
    )
    where = (
        f"at {constraint.cost_ratio:g} times the multiply-adds of {definition.baseline.name} on "
        f"{facts.name}"
    )
    at = decision.candidates.index(winner)
    error = percent(decision.expected[at])
    if not math.isnan(decision.expected_sd[at]):
        error += f" ± {100 * decision.expected_sd[at]:.1f}"
    compared_count = len(decision.ranked)
    if decision.decided:
        return (
            f"The winner {where} is {what}, with an expected val error of {error}; it is the best "
            f"of {compared_count} networks at {LEVEL:.0%} confidence."
        )
    if compared.degrees_of_freedom < 1:
        reason = "with so few runs nothing can be told apart"
    else:
        reason = (
            f"{len(possible)} of {compared_count} networks cannot be told apart from it at "
            f"{LEVEL:.0%} confidence"
        )
    if compared_count < sum(decision.eligible):
        reason += f" and {sum(decision.eligible) - compared_count} have no run yet"
        if decision.untrained_rivals:
            reason += f", of which {len(decision.untrained_rivals)} may be better still"
    return f"Undecided: the lowest expected val error {where}, {error}, has {what}, but {reason}."


def second_sentence(tables: Tables) -> str:
    """STEP 2: what the trained sizes show and what further doublings will buy."""
    family = tables.family
    measured = family[family["runs"] > 0] if len(family) else family
    if len(measured) < 1:
        return "No member of its family has been trained yet."
    small, large = measured.iloc[0], measured.iloc[-1]
    seen = (
        f"Scaled by these coefficients, the test error falls from "
        f"{percent(small.test_error)} at {small.macs:,} multiply-adds to "
        f"{percent(large.test_error)} at {large.macs:,}"
        if len(measured) > 1 and large.test_error < small.test_error
        else f"The one-size family has a test error of {percent(large.test_error)}"
        if len(measured) == 1
        else f"The test error does not fall with size: {percent(small.test_error)} at "
        f"{small.macs:,} multiply-adds, {percent(large.test_error)} at {large.macs:,}"
    )
    far = target_member(tables)
    if far is None:
        return seen + "; larger members are not forecast."
    return seen + (
        f"; forecast for φ = {far.phi:g} ({far.macs / large.macs:.1f} times beyond): "
        f"{percent(far.forecast)}, {LEVEL:.0%} interval {100 * far.forecast_low:.1f} to "
        f"{percent(far.forecast_high)}."
    )


def further_remarks(tables: Tables) -> list[str]:
    """What limits the answer, and what would settle it."""
    definition, decision = tables.definition, tables.decision
    settings, facts = definition.settings, definition.facts
    remarks = []
    wanted = len(definition.search_runs)
    keys = set(tables.runs["run"])
    done = sum(run.spec.key in keys for run in definition.search_runs)
    if done < wanted:
        remarks.append(f"The study is unfinished: {done} of {wanted} runs of STEP 1 are known.")
    elif not tables.search_ended:
        remarks.append("The study is unfinished: its search has not ended.")
    remarks += certainty_sentences(tables)
    if settings.recipe.name in ("quick", "smoke"):
        remarks.append(
            "Runs as short as these mostly say which network starts to learn first: on glyphs "
            "their ranking did not agree with that of five times longer runs "
            "(docs/proxy_task.md). Take this study as a rehearsal; recipe=proxy (20 to 40 minutes) "
            "trains five times as long, which makes noise a fifth and lets real differences show."
        )
    remarks.append(
        f"All of this holds for one val split of {facts.val_images:,} images and one recipe; val "
        "decides, test is only reported."
    )
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
    for dropped in tables.candidates.dropped:
        if dropped.asked.mark:
            remarks.append(
                f"{MARKS[dropped.asked.mark]} is not among the candidates: {dropped.reason}."
            )
    if isinstance(tables.law, ScalingLaw):
        remarks += [f"Forecast ({w.type.value}): {w.sentence}" for w in tables.law.warnings]
        remarks.append(backtest_sentence(tables))
    else:
        remarks.append(f"There is no forecast: {tables.law}.")
    return remarks


def winner_json(tables: Tables) -> dict[str, Any]:
    """winner.json."""
    decision, compared = tables.decision, tables.decision.comparison
    winner = decision.winner
    common = {
        "statement": first_sentence(tables),
        "remarks": further_remarks(tables),
        "level": LEVEL,
    }
    if winner is None:
        return {
            **common,
            "trial": None,
            "decided": False,
            "possible_winners": [],
            "untrained_rivals": [],
        }
    best = decision.candidates.index(winner)
    return {
        **common,
        **evidence_json(tables),
        "trial": winner.id,
        "decided": decision.decided,
        "possible_winners": [candidate.id for candidate in decision.possible_winners],
        "untrained_rivals": [candidate.id for candidate in decision.untrained_rivals],
        "alpha": winner.coefficients.alpha,
        "beta": winner.coefficients.beta,
        "gamma": winner.coefficients.gamma,
        "shares": winner.coefficients.shares()._asdict(),
        "macs": winner.member.cost.macs,
        "cost_ratio": winner.member.cost_ratio,
        "resolution": winner.member.resolution,
        "expected_error": float(decision.expected[best]),
        "expected_sd": float(decision.expected_sd[best]),
        "val_error": float(compared.mean[best]),
        "val_error_se": _finite(compared.se[best]),
        "residual_sd": _finite(compared.residual_sd),
        "degrees_of_freedom": compared.degrees_of_freedom,
        "smallest_visible_difference": _finite(compared.smallest_detectable),
        "rivals": {
            mark: {
                "trial": candidate.id,
                "worse_by": _finite(compared.mean[index] - compared.mean[best]),
                "possible_winner": index in compared.possible_winners,
            }
            for index, candidate in enumerate(decision.candidates)
            for mark in candidate.marks
        },
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
