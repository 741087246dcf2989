"""STEP 2, the winner's family: family.csv, and what its runs forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scaling_search.baselines import Counted, FamilyMember, Quantity
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.findings.interval import LEVEL, half_width
from scaling_search.forecast import (
    Backtest,
    ForecastWarning,
    Lesson,
    Prediction,
    ScalingLaw,
    SizeNeeded,
    next_sizes,
    sizes_needed,
)
from scaling_search.report.content import or_reason
from scaling_search.report.words import Words, of_judged
from scaling_search.scaling import Architecture, Coefficients
from scaling_search.study import StudyDefinition
from scaling_search.study.family_runs import judged_error, known_family_runs
from scaling_search.study.files.runs_csv import RunRow, runs_by_key

#: Wished errors: so much of the largest trained member's. `size_needed` answers for any other.
#: In words, of mistakes and of what is no count.
WISHES = {
    0.9: ("a tenth fewer", "a tenth less"),
    0.75: ("a quarter fewer", "a quarter less"),
    0.5: ("half as many", "half as much"),
}
#: Columns of errors by which a family is judged.
_ERRORS = ("error", "error_se", "error_low", "error_high")


@dataclass(frozen=True, eq=False, kw_only=True)
class Family:
    """STEP 2 as numbers, each computed once."""

    #: What sizes are counted in.
    quantity: Quantity
    #: Of the errors by which it is judged.
    words: Words
    #: One row for each listed member and trained size, by cost; empty before there is a winner.
    table: pd.DataFrame
    #: Errors of the runs of each trained size, by the member's id.
    errors: Mapping[str, Sequence[float]]
    #: Or why there is none.
    law: ScalingLaw | str
    backtest: Backtest | str
    #: Of the members that the data's resolution allows; None where there are none, or no law.
    forecast: Prediction | None

    @property
    def csv(self) -> pd.DataFrame:
        """The table with columns that say on which part of the data errors were measured, and in
        what sizes are counted where these are no multiply-adds."""
        part = self.words.part
        table = self.table.rename(columns={name: f"{part}_{name}" for name in _ERRORS})
        if not len(table):
            return table
        if isinstance(self.quantity, Counted):
            # It has a column of its own.
            return table.drop(columns="amount")
        return table.rename(columns={"amount": self.quantity.name})

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The rows of the trained sizes, the smallest first."""
        return self.table[self.table["runs"] > 0] if len(self.table) else self.table

    @cached_property
    def target(self) -> Any:
        """The row whose forecast the answer names: second beyond all trained sizes, or the one.

        None where nothing beyond them is forecast.
        """
        if not len(self.measured):
            return None
        beyond = self.table["amount"] > self.measured["amount"].max()
        ahead = self.table[beyond & self.table["forecast"].notna()]
        return ahead.iloc[min(1, len(ahead) - 1)] if len(ahead) else None

    @cached_property
    def best(self) -> Any:
        """The row of the trained size with the lowest error."""
        return self.measured.loc[self.measured["error"].idxmin()]

    @cached_property
    def above_measured(self) -> ForecastWarning | None:
        """That the target is forecast to err more than a size that was measured."""
        if self.target is None or isinstance(self.law, str):
            return None
        return self.law.above_measured(self.target.amount)

    @cached_property
    def needed(self) -> dict[str, SizeNeeded]:
        """By wish: the size that is forecast to reach it. Empty without a law."""
        if isinstance(self.law, str):
            return {}
        law, reached = self.law, float(self.measured["error"].iloc[-1])
        if not reached > 0:
            return {}
        counted = self.words.metric.counts_mistakes
        needed = sizes_needed(law, [share * reached for share in WISHES], LEVEL)
        return {
            fewer if counted else less: size for (fewer, less), size in zip(WISHES.values(), needed)
        }

    @cached_property
    def lessons(self) -> list[Lesson]:
        """Listed members that could be trained next, the most narrowing per cost first."""
        if isinstance(self.law, str) or self.target is None:
            return []
        untrained = self.table[(self.table["runs"] == 0) & self.table["forecast"].notna()]
        candidates = untrained["amount"].drop_duplicates().to_numpy(float)
        return next_sizes(self.law, candidates, float(self.target.amount))


def make_family(
    definition: StudyDefinition, coefficients: Coefficients | None, rows: Sequence[RunRow]
) -> Family:
    """coefficients: the winner's; None before there is one."""
    why = "there is no winner yet"
    try:
        if coefficients is not None:
            return _family_of(definition, coefficients, rows)
    except MissingPrice as error:
        # The study was interrupted before it counted the family of its own network.
        why = str(error)
    return Family(
        quantity=definition.quantity,
        words=of_judged(definition),
        table=pd.DataFrame(),
        errors={},
        law=why,
        backtest=why,
        forecast=None,
    )


def _family_of(
    definition: StudyDefinition, coefficients: Coefficients, rows: Sequence[RunRow]
) -> Family:
    rows = list(runs_by_key(rows).values())
    judged = {row.run: judged_error(definition, row) for row in rows}
    known = {run: error for run, error in judged.items() if error is not None}
    planned = definition.family_runs(coefficients)
    errors: dict[str, list[float]] = {}
    for run in planned:
        if run.spec.key in known:
            errors.setdefault(run.member.id, []).append(known[run.spec.key])
    sizes = {run.member.id: run.member for run in planned}
    runs = known_family_runs(definition, coefficients, known)
    law = or_reason(runs.law)
    table = _family_table(definition, (*sizes.values(), *definition.family(coefficients)), errors)
    table, forecast = _add_forecast(table, law)
    backtest = or_reason(runs.backtest)
    return Family(
        quantity=definition.quantity,
        words=of_judged(definition),
        table=table,
        errors=errors,
        law=law,
        backtest=backtest,
        forecast=forecast,
    )


def _family_table(
    definition: StudyDefinition,
    members: Sequence[FamilyMember],
    errors: Mapping[str, Sequence[float]],
) -> pd.DataFrame:
    """Trained sizes and listed members, by cost."""
    relative, freedom = _relative_sd(list(errors.values()))
    rows = {}
    for member in members:
        measured = errors.get(member.id, [])
        mean = float(np.mean(measured)) if measured else math.nan
        se = mean * relative / math.sqrt(len(measured)) if measured else math.nan
        half = float(half_width(np.array(se), freedom))
        row: dict[str, Any] = {
            "phi": member.phi,
            "member": member.id,
            "depth_mult": member.depth_mult,
            "width_mult": member.width_mult,
            "resolution_mult": member.resolution_mult,
            "realised_depth": _realised(member, "repeats"),
            "realised_width": _realised(member, "channels"),
            "resolution": member.resolution,
            "macs": member.cost.macs,
            "params": member.cost.params,
            "activations": member.cost.activations,
            "amount": member.amount,
            "cost_ratio": member.cost_ratio,
            "effective_phi": member.effective_phi,
            "runs": len(measured),
            "error": mean,
            "error_se": se,
            "error_low": mean - half,
            "error_high": mean + half,
            "above_native": member.resolution > definition.facts.largest_resolution,
        }
        # A listed phi that gives a trained network takes the row of that network over.
        if definition.bounds.limits:
            row["beyond"] = definition.bounds.broken_by(member)
        rows[member.id if measured else (member.id, member.phi)] = row
    table = pd.DataFrame(list(rows.values()))
    return table.sort_values(["amount", "phi"], kind="stable", ignore_index=True)


def _realised(member: FamilyMember, what: str) -> float:
    network, baseline = member.network, member.baseline.network(1, 1)
    if not isinstance(network, Architecture) or not isinstance(baseline, Architecture):
        return math.nan
    ratio: float = sum(getattr(network, what)) / sum(getattr(baseline, what))
    return ratio


def _relative_sd(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation of one run over its mean, pooled over sizes, and its degrees of freedom;
    nan with one seed."""
    freedom = sum(len(group) - 1 for group in groups)
    if freedom < 1:
        return math.nan, 0
    above = [group for group in groups if np.mean(group) > 0]
    squares = sum(float(np.var(g)) * len(g) / np.mean(g) ** 2 for g in above)
    return math.sqrt(squares / freedom), freedom


def _add_forecast(
    table: pd.DataFrame, law: ScalingLaw | str
) -> tuple[pd.DataFrame, Prediction | None]:
    """The forecast error of every member that the data's resolution allows."""
    columns = ("forecast", "forecast_low", "forecast_high")
    table = table.assign(**dict.fromkeys(columns, math.nan))
    allowed = ~table["above_native"]
    if "beyond" in table:
        allowed &= table["beyond"] == ""
    if isinstance(law, str) or not allowed.any():
        return table, None
    forecast = law.predict(table.loc[allowed, "amount"].to_numpy(float), level=LEVEL)
    for name, values in zip(columns, (forecast.mean, forecast.low, forecast.high)):
        table.loc[allowed, name] = values
    return table, forecast
