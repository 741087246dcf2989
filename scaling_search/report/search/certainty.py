"""How sure STEP 1's answer is, in sentences, in a table, and for winner.json."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.findings.lack_of_fit import MISFIT
from scaling_search.metric import Metric
from scaling_search.report.content import Table
from scaling_search.report.search.evidence import Evidence, MarkedRegret, Noise
from scaling_search.report.search.fidelity import fidelity_sentence
from scaling_search.report.search.found import Found
from scaling_search.report.words import Words
from scaling_search.scaling import DIMENSIONS
from scaling_search.search import mark_text
from scaling_search.wording import between, percent

#: Runs beyond which nobody would settle a difference.
_MANY_RUNS = 500


def certainty_sentences(found: Found) -> list[str]:
    """What the surface says, what the runs could have seen, and what would settle the rest."""
    evidence, decision = found.evidence, found.decision
    if evidence is None:
        return []
    metric = found.words.metric
    sentences = [_surface(evidence, found.words), _fit(evidence), _noise(evidence.noise, metric)]
    without_runs = found.trials[found.trials["runs"] == 0]
    stopped = int(found.trials["stopped_at"].count())
    untrained = len(without_runs) - stopped
    if untrained > 0:
        share = float(without_runs["p_best"].sum())
        sentences.append(
            f"{untrained} of the candidates were not trained; by their neighbours on the surface "
            f"one of them is the best with probability {share:.2f}."
        )
    if stopped:
        sentences.append(
            f"Halving left {stopped} of the candidates behind after a part of the training; the "
            "set of possible winners does not speak of them."
        )
    if evidence.val is not None:
        sentences.append(
            "Another val set of this size would move the difference between the two best by "
            f"± {metric.difference(evidence.val.se)} (standard error); the intervals hold the "
            "noise of runs, not this."
        )
    settling = evidence.settling
    if settling is not None:
        apart = (
            f"Trial {settling.rival.id} is expected to be {metric.difference(settling.gap)} worse "
            "than the winner"
        )
        sentences.append(
            f"{apart}: to tell the two apart would take more than {_MANY_RUNS} further runs, so "
            "take them as equal."
            if settling.runs > _MANY_RUNS
            else f"{apart}: by their own runs alone, about {settling.seeds.value:.0f} seeds of "
            f"each ({settling.seeds.low:.0f} to {settling.seeds.high:.0f}, as the noise is not "
            f"known better), {settling.runs} further runs, would tell."
        )
    if decision.winner is not None:
        sentences += [fidelity_sentence(check, decision.winner) for check in found.fidelity]
    return sentences


def _noise(noise: Noise, metric: Metric) -> str:
    """What a run and what all runs together tell."""
    text = (
        f"A single run scatters by {metric.difference(noise.run.value)} about its network's mean, "
        f"as another seed would show (standard deviation; {percent(LEVEL, 0)} interval "
        f"{metric.between(noise.run.low, noise.run.high)})"
    )
    if math.isnan(noise.difference):
        return text + "."
    return (
        f"{text}; all runs and the surface together tell the winner from its typical rival to "
        f"± {metric.difference(noise.difference)} ({percent(LEVEL, 0)} interval), and smaller "
        "differences read as none."
    )


def _surface(evidence: Evidence, words: Words) -> str:
    optimum = evidence.optimum
    ends = zip(DIMENSIONS, optimum.region.min(axis=0), optimum.region.max(axis=0))
    spread = [f"{name} {between(low, high, 0)} %" for name, low, high in ends]
    where = ", ".join(f"{n} {percent(s, 0)}" for n, s in zip(DIMENSIONS, optimum.shares))
    text = (
        f"The response surface is lowest at the shares {where} ({words.error} "
        f"{words.metric.text(optimum.error.value)}); its {percent(optimum.level, 0)} region spans "
        f"{', '.join(spread)}"
    )
    if optimum.nothing:
        p = max(float(optimum.p_nothing[DIMENSIONS.index(n)]) for n in optimum.nothing)
        text += (
            f". That lies on the edge, with nothing for {' and '.join(optimum.nothing)} "
            f"(probability {p:.2f}), so the true optimum may lie beyond what scaling up can reach"
        )
    return text + "."


def _fit(evidence: Evidence) -> str:
    fit = evidence.fit
    if not fit.testable:
        return "Whether the surface fits cannot be tested without repeated seeds."
    test = "F test, p " + (f"= {fit.p_value:.3f}" if fit.p_value >= 0.001 else "< 0.001")
    if fit.p_value < MISFIT:
        return (
            f"The surface does not fit ({test}): networks deviate from it by more than the noise "
            "of runs, so trust the candidates' own errors more than it."
        )
    return f"No lack of fit of the surface was found ({test})."


def regret_tables(evidence: Evidence | None, words: Words) -> list[Table]:
    """What choosing a marked point instead of the best candidate would cost."""
    if evidence is None:
        return []
    columns: dict[str, Callable[[MarkedRegret], str]] = {
        "instead of the best candidate": lambda marked: mark_text(marked.mark),
        "trial": lambda marked: marked.candidate.id,
        "depth, width, resolution": lambda marked: ", ".join(
            percent(share, 0) for share in marked.candidate.shares
        ),
        "expected cost": lambda marked: _regret(marked.regret, words.metric),
        "of the shares alone": lambda marked: _regret(marked.regret_of_shares, words.metric),
    }
    note = (
        f"Expected cost: {words.error} of the network above the best candidate's, with its "
        f"{percent(LEVEL, 0)} interval. Of the shares alone: by the surface, had all networks been "
        "rounded alike."
    )
    return [Table.of(evidence.marked, columns, note)]


def _regret(regret: Interval, metric: Metric) -> str:
    told = metric.difference(regret.value, regret.high - regret.low)
    return f"{told}, {metric.between(regret.low, regret.high)}"


def evidence_json(found: Found) -> dict[str, Any]:
    """The same for winner.json."""
    evidence, decision = found.evidence, found.decision
    if evidence is None:
        return {}
    optimum, settling = evidence.optimum, evidence.settling
    return {
        "surface": {
            "shares": dict(zip(DIMENSIONS, optimum.shares)),
            **optimum.error.named("error"),
            "region": np.round(optimum.region, 3),
            "probability_of_nothing": dict(zip(DIMENSIONS, optimum.p_nothing)),
            "on_the_edge": optimum.nothing,
            "lack_of_fit_p": evidence.fit.p_value,
        },
        "probability_of_best": {
            candidate.id: p
            for candidate, p in zip(decision.candidates, decision.p_best)
            if math.isfinite(p)
        },
        "regret": {
            marked.mark: {
                "trial": marked.candidate.id,
                **marked.regret.named("mean"),
                "of_shares": marked.regret_of_shares.named("mean"),
            }
            for marked in evidence.marked
        },
        "val_set_se": evidence.val and evidence.val.se,
        "run_sd": evidence.noise.run.named("value"),
        "difference_known_to": evidence.noise.difference,
        "to_settle": settling
        and {
            "rival": settling.rival.id,
            "gap": settling.gap,
            **{name: int(n) for name, n in settling.seeds.named("seeds").items()},
            "runs": settling.runs,
        },
        "fidelity": {
            check.name: {
                "best": check.best.id,
                "errors": dict(zip([c.id for c in check.candidates], check.now)),
                "agreement": None if isinstance(check.agreement, str) else asdict(check.agreement),
            }
            for check in found.fidelity
        },
    }
