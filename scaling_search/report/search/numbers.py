"""A search in a few numbers, to stand beside those of another one."""

from __future__ import annotations

from scaling_search.findings.interval import LEVEL
from scaling_search.report.search.found import Found
from scaling_search.scaling import DIMENSIONS
from scaling_search.wording import percent


def numbers(found: Found) -> dict[str, str]:
    """What it is -> its number; what is not known is left out."""
    definition, decision = found.study.definition, found.decision
    told = {
        "baseline": definition.baseline.name,
        "data": definition.facts.name,
        "networks, trained": f"{len(decision.candidates)}, {len(decision.ranked)}",
        "runs of STEP 1": str(int(found.trials["runs"].sum())),
    }
    return {**told, **_winner(found), **_family(found)}


def _winner(found: Found) -> dict[str, str]:
    decision, winner = found.decision, found.decision.winner
    if winner is None:
        return {}
    at, metric = decision.candidates.index(winner), found.words.metric
    told = {
        "the winner": f"trial {winner.id}",
        "its α, β, γ": ", ".join(f"{value:.3f}" for value in vars(winner.coefficients).values()),
        "its shares": ", ".join(
            f"{name} {percent(share, 0)}" for name, share in zip(DIMENSIONS, winner.shares)
        ),
        "its cost over the baseline's": f"{winner.cost_ratio:.3f}",
        f"its expected {found.words.error}": metric.give_or_take(
            decision.expected[at], decision.expected_sd[at]
        ),
        "P(best)": f"{decision.p_best[at]:.2f}",
        "possible winners": str(len(decision.possible_winners)),
        "decided": "yes" if decision.decided else "no",
    }
    return {name: text for name, text in told.items() if text != "nan"}


def _family(found: Found) -> dict[str, str]:
    family, metric = found.family, found.family.words.metric
    if not len(family.measured):
        return {}
    large, error = family.measured.iloc[-1], family.words.error
    told = {
        "largest trained member": family.quantity.told(large.amount),
        f"its {error}": metric.give_or_take(large.error, large.error_high - large.error),
    }
    far = family.target
    if far is not None:
        interval = metric.between(far.forecast_low, far.forecast_high)
        told[f"{error} forecast beyond it, {percent(LEVEL, 0)}"] = (
            f"φ = {far.phi:g}, {family.quantity.told(far.amount)}: "
            f"{metric.text(far.forecast)} ({interval})"
        )
    if not isinstance(family.backtest, str):
        hits = family.backtest.hit
        told["back-test"] = f"{sum(map(bool, hits))} of {len(hits)} held-out sizes hit"
    return told
