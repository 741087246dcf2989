"""STEP 1's candidates: trials.csv and the table of the page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from scaling_search.baselines import MACS, Counted, Network, Quantity
from scaling_search.findings.interval import LEVEL, UNKNOWN, Interval
from scaling_search.findings.optimum import regret_of_candidates
from scaling_search.metric import Metric
from scaling_search.report.content import Table
from scaling_search.report.words import Words
from scaling_search.scaling import Architecture
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study import StudyDefinition
from scaling_search.wording import capital, percent


def trials_table(definition: StudyDefinition, decision: Decision[Candidate]) -> pd.DataFrame:
    """One row for each candidate of STEP 1; of the trained ones the lowest expected error first."""
    worse: dict[int, Interval] = {}
    if decision.surface is not None:
        regret = regret_of_candidates(decision.surface, LEVEL)
        worse = dict(zip(np.flatnonzero(decision.eligible).tolist(), regret))
    quantity = definition.quantity
    rows = []
    for index, candidate in enumerate(decision.candidates):
        member, shares = candidate.member, candidate.shares
        finite = decision.errors[index][np.isfinite(decision.errors[index])]
        rows.append(
            {
                "trial": candidate.id,
                **vars(candidate.coefficients),
                **{f"share_{name}": share for name, share in shares._asdict().items()},
                "asked": "; ".join(
                    f"{a.mark or definition.settings.sweep.kind} {a.coefficients.alpha:.4g} "
                    f"{a.coefficients.beta:.4g} {a.coefficients.gamma:.4g}"
                    for a in candidate.asked
                ),
                "marks": " ".join(candidate.marks),
                "within_tolerance": candidate.within,
                "blocks": _blocks(member.network),
                "resolution": member.resolution,
                "macs": member.cost.macs,
                **({} if isinstance(quantity, Counted) else {quantity.name: member.amount}),
                "cost_ratio": member.cost_ratio,
                "pixel_price": member.pixel_price,
                "params": member.cost.params,
                "activations": member.cost.activations,
                "runs": len(finite),
                "diverged": decision.diverged[index],
                "val_error": finite.mean() if len(finite) else math.nan,
                "val_error_se": decision.mean_se[index],
                "worse_low": worse.get(index, UNKNOWN).low,
                "worse_high": worse.get(index, UNKNOWN).high,
                "possible_winner": decision.possible[index],
                "expected_error": decision.expected[index],
                "expected_sd": decision.expected_sd[index],
                "p_best": decision.p_best[index],
                "stopped_at": stopped[0] if (stopped := decision.stopped[index]) else None,
            }
        )
    table = pd.DataFrame(rows)
    table["stopped_at"] = table["stopped_at"].astype("Int64")
    table["untrained"] = table["runs"] == 0
    table = table.sort_values(
        ["untrained", "expected_error", "trial"], kind="stable", ignore_index=True
    )
    return table.drop(columns="untrained")


def _blocks(network: Network) -> int | None:
    return sum(network.repeats) if isinstance(network, Architecture) else None


def shown_trials(trials: pd.DataFrame, kind: str, words: Words, quantity: Quantity) -> Table:
    """The table as a reader wants it. kind: of the sweep."""
    metric = words.metric
    worse = "points worse" if metric.is_fraction else "worse by"
    columns: dict[str, Callable[[Any], str]] = {
        "trial": lambda row: row.trial,
        "α": lambda row: f"{row.alpha:.3f}",
        "β": lambda row: f"{row.beta:.3f}",
        "γ": lambda row: f"{row.gamma:.3f}",
        "px (price)": lambda row: f"{row.resolution} ({row.pixel_price:.2f})",
        "cost": lambda row: f"{row.cost_ratio:.3f}",
        **_of_quantity(quantity),
        "asked by": lambda row: _asked_by(row, kind),
        words.error: lambda row: _val_error(row, metric),
        worse: lambda row: _if_known(metric.between, row.worse_low, row.worse_high),
        "may win": lambda row: "yes" if row.possible_winner else "",
        "expected": lambda row: _if_known(metric.give_or_take, row.expected_error, row.expected_sd),
        "P(best)": lambda row: _if_known("{:.2f}".format, row.p_best),
    }
    return Table.of(trials.itertuples(), columns, _note(words, worse, quantity))


def _of_quantity(quantity: Quantity) -> dict[str, Callable[[Any], str]]:
    """Columns that a budget other than multiply-adds has beside the cost in it."""
    if quantity == MACS:
        return {}
    return {
        quantity.what: lambda row: quantity.text(getattr(row, quantity.name)),
        "multiply-adds": lambda row: f"{row.macs:,}",
    }


def _asked_by(row: Any, kind: str) -> str:
    marks = row.marks.replace(" ", ", ") or kind
    return marks if row.within_tolerance else f"{marks} (outside the tolerance)"


def _val_error(row: Any, metric: Metric) -> str:
    if pd.notna(row.val_error):
        return f"{metric.text(row.val_error)} ({row.runs})"
    if pd.notna(row.stopped_at):
        return f"stopped after {row.stopped_at} epochs"
    return "diverged" if row.diverged else "not trained"


def _if_known(word: Callable[..., str], value: float, *more: float) -> str:
    return "" if math.isnan(value) else word(value, *more)


def _note(words: Words, worse: str, quantity: Quantity) -> str:
    return (
        f"{capital(words.error)}: mean over so many seeds. Expected {words.error} ± standard "
        "deviation and P(best), the probability of being the best: by the response surface "
        f"(quadratic in the shares, cost and a pixel's price as covariates, {words.as_blocks}, "
        "deviations of single networks) and the candidate's own runs. "
        f"{capital(worse)}: behind the best candidate, likewise, each with its "
        f"{percent(LEVEL, 0)} interval. May win: the smallest set of candidates that holds the "
        f"best with probability {percent(LEVEL, 0)}. "
        f"Cost: {quantity.what} over the baseline's, after rounding. "
        "Price of a pixel: multiply-adds per pixel over those of the same network "
        "at the baseline's resolution; what lies above 1 went into rounding maps up in layers of "
        "stride 2, and depth or width went without it."
    )
