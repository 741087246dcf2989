"""How sure STEP 1's answer is, in sentences, in a table, and for winner.json."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from scaling_search.findings.interval import Interval
from scaling_search.findings.lack_of_fit import MISFIT
from scaling_search.report.evidence import Evidence
from scaling_search.report.fidelity import fidelity_sentence
from scaling_search.report.tables import Tables
from scaling_search.scaling import DIMENSIONS
from scaling_search.search import MARKS

#: Runs beyond which nobody would settle a difference.
_MANY_RUNS = 500


def certainty_sentences(tables: Tables) -> list[str]:
    """What the surface says, what the runs could have seen, and what would settle the rest."""
    evidence, decision = tables.evidence, tables.decision
    if evidence is None:
        return []
    sentences = [_surface(evidence), _fit(evidence)]
    compared = decision.comparison
    if not math.isnan(compared.smallest_detectable):
        sentences.append(
            f"These runs would have found a difference of {100 * compared.smallest_detectable:.1f} "
            "points between the best and its typical rival with probability 80 % (a single run "
            f"scatters by {100 * compared.residual_sd:.1f} points)"
            + (
                "; smaller ones read as no difference."
                if len(decision.possible_winners) > 1
                else "."
            )
        )
    untrained = int((tables.trials["runs"] == 0).sum() - tables.trials["stopped_at"].count())
    if untrained > 0:
        share = float(tables.trials.loc[tables.trials["runs"] == 0, "p_best"].sum())
        sentences.append(
            f"{untrained} of the candidates were not trained; by their neighbours on the surface "
            f"one of them is the best with probability {share:.2f}."
        )
    stopped = int(tables.trials["stopped_at"].count())
    if stopped:
        sentences.append(
            f"Halving left {stopped} of the candidates behind after a part of the training; the "
            "set of possible winners does not speak of them."
        )
    if evidence.val is not None:
        sentences.append(
            "Another val set of this size would move the difference between the two best by "
            f"± {100 * evidence.val.se:.1f} points (standard error); the intervals hold the noise "
            "of runs, not this."
        )
    settling = evidence.settling
    if settling is not None:
        apart = (
            f"Trial {settling.rival.id} is expected to be {100 * settling.gap:.1f} points worse "
            "than the winner"
        )
        sentences.append(
            f"{apart}: to tell them apart would take more than {_MANY_RUNS} further runs, so take "
            "them as equal."
            if settling.runs > _MANY_RUNS
            else f"{apart}: about {settling.seeds} seeds of each of the "
            f"{len(decision.possible_winners)} possible winners, {settling.runs} further runs, "
            "would tell."
        )
    if decision.winner is not None:
        sentences += [fidelity_sentence(check, decision.winner) for check in tables.fidelity]
    return sentences


def _surface(evidence: Evidence) -> str:
    optimum = evidence.optimum
    spread = [
        f"{name} {100 * low:.0f} to {100 * high:.0f} %"
        for name, low, high in zip(
            DIMENSIONS, optimum.region.min(axis=0), optimum.region.max(axis=0)
        )
    ]
    where = ", ".join(f"{n} {100 * s:.0f} %" for n, s in zip(DIMENSIONS, optimum.shares))
    text = (
        f"The response surface is lowest at the shares {where} (val error "
        f"{100 * optimum.error.value:.1f} %); its {optimum.level:.0%} region spans "
        + ", ".join(spread)
    )
    if optimum.nothing:
        p = max(float(optimum.p_nothing[DIMENSIONS.index(n)]) for n in optimum.nothing)
        text += (
            ". That lies on the edge, with nothing for "
            f"{' and '.join(optimum.nothing)} (probability "
            f"{p:.2f}), so the true optimum may lie beyond what scaling up can reach"
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


def rival_rows(tables: Tables) -> list[list[str]]:
    """What choosing a marked point instead of the best candidate would cost."""
    if tables.evidence is None:
        return []
    return [
        [
            MARKS[rival.mark],
            rival.candidate.id,
            ", ".join(f"{100 * share:.0f} %" for share in rival.candidate.shares),
            _points(rival.regret),
            _points(rival.regret_of_shares),
        ]
        for rival in tables.evidence.rivals
    ]


def _points(regret: Interval) -> str:
    return f"{100 * regret.value:.1f} points, {100 * regret.low:.1f} to {100 * regret.high:.1f}"


def evidence_json(tables: Tables) -> dict[str, Any]:
    """The same for winner.json; errors are fractions."""
    evidence, decision = tables.evidence, tables.decision
    if evidence is None:
        return {}
    optimum, fit, settling = evidence.optimum, evidence.fit, evidence.settling
    return {
        "surface": {
            "shares": dict(zip(DIMENSIONS, map(float, optimum.shares))),
            "error": optimum.error.value,
            "low": optimum.error.low,
            "high": optimum.error.high,
            "region": np.round(optimum.region, 3).tolist(),
            "probability_of_nothing": dict(zip(DIMENSIONS, map(float, optimum.p_nothing))),
            "on_the_edge": list(optimum.nothing),
            "lack_of_fit_p": None if math.isnan(fit.p_value) else fit.p_value,
        },
        "probability_of_best": {
            candidate.id: float(p)
            for candidate, p in zip(decision.candidates, decision.p_best)
            if math.isfinite(p)
        },
        "regret": {
            rival.mark: {
                "trial": rival.candidate.id,
                **_mean_json(rival.regret),
                "of_shares": _mean_json(rival.regret_of_shares),
            }
            for rival in evidence.rivals
        },
        "val_set_se": None if evidence.val is None else evidence.val.se,
        "to_settle": None
        if settling is None
        else {
            "rival": settling.rival.id,
            "gap": settling.gap,
            "seeds": settling.seeds,
            "runs": settling.runs,
        },
        "fidelity": {
            check.name: {
                "best": check.best.id,
                "errors": dict(zip([c.id for c in check.candidates], map(float, check.now))),
                "agreement": None
                if isinstance(check.agreement, str)
                else {k: _known(v) for k, v in asdict(check.agreement).items()},
            }
            for check in tables.fidelity
        },
    }


def _mean_json(interval: Interval) -> dict[str, float]:
    return {"mean": interval.value, "low": interval.low, "high": interval.high}


def _known(value: float | Interval) -> Any:
    if isinstance(value, Interval):
        return {name: _known(number) for name, number in value._asdict().items()}
    return value if math.isfinite(value) else None
