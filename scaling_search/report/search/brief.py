"""The first screen of a search's report: what to use, how sure that is, what more buys."""

from __future__ import annotations

import math

from scaling_search.baselines import ArchitectureBaseline
from scaling_search.findings.interval import LEVEL
from scaling_search.report.content import Brief
from scaling_search.report.search.edge import find_edge
from scaling_search.report.search.found import Found
from scaling_search.scaling import DIMENSIONS
from scaling_search.wording import percent

#: Times the runs there are that a difference is worth: beyond, rivals count as equal.
_WORTH = 3


def brief(found: Found) -> list[Brief]:
    """Four questions, each with an answer of a line or two."""
    return [
        Brief("What should I use?", _use(found)),
        Brief("How sure is that?", _sure(found)),
        Brief("What does the next doubling buy?", _buys(found)),
        Brief("What should I do next?", _next(found)),
    ]


def _use(found: Found) -> str:
    decision, winner = found.decision, found.decision.winner
    if winner is None:
        if found.all_diverged:
            return f"Nothing: all {found.all_diverged} runs of STEP 1 diverged."
        return "Nothing yet: no candidate has a finished run."
    c = winner.coefficients
    shares = ", ".join(
        f"{name} {percent(share, 0)}" for name, share in zip(DIMENSIONS, winner.shares)
    )
    what = f"α = {c.alpha:.3g}, β = {c.beta:.3g}, γ = {c.gamma:.3g} ({shares} of the growth)"
    if decision.decided:
        return f"{what}."
    return f"{what}, or another of {_rivals(found)} that may be the best."


def _rivals(found: Found) -> str:
    count, compared = len(found.decision.possible_winners), len(found.decision.ranked)
    return f"the {count} of {compared} trained networks" if count > 1 else f"{compared} networks"


def _sure(found: Found) -> str:
    decision, winner, words = found.decision, found.decision.winner, found.words
    if winner is None:
        return "There is nothing to be sure of."
    at = decision.candidates.index(winner)
    error = words.metric.headline(decision.expected[at], decision.expected_sd[at])
    expected = f"its expected {words.error} is {error}"
    if decision.decided:
        return f"Decided, at {percent(LEVEL, 0)} confidence; {expected}."
    if not math.isfinite(decision.p_best[at]):
        return f"Undecided: too few runs were repeated to know their noise; {expected}."
    text = f"Undecided: it is the best with probability {decision.p_best[at]:.2f}; {expected}"
    others = found.trials[found.trials["possible_winner"] & (found.trials["trial"] != winner.id)]
    worst = others["worse_high"].max()
    if len(others) and math.isfinite(worst):
        text += (
            f", and no other possible winner is more than {words.metric.difference(worst)} worse "
            f"({percent(LEVEL, 0)})"
        )
    return f"{text}."


def _buys(found: Found) -> str:
    family, law = found.family, found.family.law
    words, metric = family.words, family.words.metric
    if not len(family.measured):
        return "Not known: no member of its family has been trained yet."
    if isinstance(law, str):
        return f"Not known: {law}."
    large, quantity = family.measured.iloc[-1], family.quantity
    ahead = law.predict([2 * float(large.amount)], level=LEVEL)
    low, mean, high = (float(value[0]) for value in (ahead.low, ahead.mean, ahead.high))
    now, then = ("falls from", "to") if mean < large.error else ("is", "and is forecast at")
    return (
        f"The {words.error} {now} {metric.text(large.error)} at "
        f"{quantity.told(large.amount)}, the largest trained member, {then} about "
        f"{metric.text(mean)} at twice of that "
        f"({percent(LEVEL, 0)} interval {metric.between(low, high)}{metric.unit})."
    )


def _next(found: Found) -> str:
    study, decision, evidence = found.study, found.decision, found.evidence
    family = study.definition.settings.family
    if found.all_diverged:
        return (
            "Look at the training: the loss or the metric of every run became nan or infinite. A "
            "lower learning rate may help. The runs of a training of your own have logs: logs/."
        )
    if decision.winner is None or not study.search_ended:
        return "Repeat the command: the search has not ended."
    seeds = len(study.definition.settings.search.seeds)
    settling = evidence.settling if evidence else None
    runs = int(found.trials["runs"].sum())
    if edge := find_edge(found):
        ask = f"Ask whether the baseline is balanced, since {edge.reason}: +sweep=balance"
        # Of a network of the user's own only the user can make another one.
        searched = isinstance(study.definition.baseline, ArchitectureBaseline)
        better = "+sweep=baseline finds a better one" if searched else "change its network"
        return f"{ask}; where it is not, {better}."
    if not decision.decided and settling is not None and settling.runs <= _WORTH * runs:
        return (
            f"Train the possible winners with {settling.seeds.value:.0f} seeds each instead of "
            f"{seeds} (sweep.seeds=), {settling.runs} further runs, if that difference matters."
        )
    if found.family.lessons:
        best = found.family.lessons[0]
        return (
            f"Train the member of {found.family.quantity.told(best.macs)} (family.train_up_to=): "
            "it narrows the forecast most for its cost."
        )
    if family.curve:
        return f"Scale by {family.follows}: more runs of this kind would change little."
    return "Scale by these coefficients: more runs of this kind would change little."
