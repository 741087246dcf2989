"""The tables of a study, made from its definition and its runs alone."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import Backtest, ScalingLaw
from scaling_search.report.evidence import Evidence, find_evidence
from scaling_search.report.fidelity import FidelityCheck, fidelity_checks
from scaling_search.scaling import Architecture, Coefficients
from scaling_search.search import Candidate, Candidates
from scaling_search.search.decide import Decision
from scaling_search.search.strategy import Answer, Ending, Evaluation
from scaling_search.study import StudyDefinition
from scaling_search.study.family_runs import known_family_runs
from scaling_search.study.folder import RUN_COLUMNS

T = TypeVar("T")


def read_runs(folder: Path) -> pd.DataFrame:
    """runs.csv. Raises InvalidInput where it is missing or has other columns."""
    path = folder / "runs.csv"
    try:
        runs = pd.read_csv(path, dtype={"run": str, "trial": str})
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing: run the study first") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is damaged ({error}): restore it from its source") from error
    # Studies from before there were rungs have no column of epochs; spec says the same.
    missing = set(RUN_COLUMNS) - set(runs.columns) - {"epochs"}
    if missing:
        raise InvalidInput(f"{path} lacks the columns {', '.join(sorted(missing))}")
    return runs


@dataclass(frozen=True)
class Run:
    """A row of runs.csv, as far as tables need it."""

    step: str
    trial: str
    seed: int
    #: The rung at which it stopped; None where it was trained to its end.
    rung: int | None
    status: str
    val_error: float | None
    test_error: float | None

    @property
    def answer(self) -> Answer:
        """What a search gets to know of it; a row without a val error is as good as missing."""
        if self.status == Ending.DIVERGED:
            return Answer(None, status=Ending.DIVERGED)
        known = self.val_error is not None
        return Answer(self.val_error, status=Ending.FINISHED if known else Ending.FAILED)


def runs_by_key(runs: pd.DataFrame) -> dict[str, Run]:
    """Every run once."""

    def number(value: Any) -> float | None:
        return None if pd.isna(value) else float(value)

    for name in ("val_error", "test_error"):
        if len(runs) and not pd.api.types.is_numeric_dtype(runs[name]):
            raise InvalidInput(
                f"column {name} of runs.csv holds something that is no number: restore the file"
            )
    found: dict[str, Run] = {}
    try:
        for row in runs.itertuples():
            run = Run(
                str(row.step),
                row.trial,
                int(row.seed),
                json.loads(row.spec).get("rung"),
                str(row.status),
                number(row.val_error),
                number(row.test_error),
            )
            # A check of fidelity may repeat a run of an earlier step.
            found.setdefault(row.run, run)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInput(f"runs.csv is damaged ({error}): restore it from its source") from error
    return found


def decide_by_runs(
    definition: StudyDefinition, candidates: Candidates, results: Mapping[str, Run]
) -> Decision[Candidate]:
    """STEP 1's decision from the rows of runs.csv; they have test errors, which it does not get."""
    epochs = definition.settings.recipe.epochs
    runs = [run for run in results.values() if run.step == "search"]
    answers = {Evaluation(run.trial, run.seed, run.rung or epochs): run.answer for run in runs}
    return definition.decide(candidates, answers)


def trials_table(definition: StudyDefinition, decision: Decision[Candidate]) -> pd.DataFrame:
    """One row for each candidate of STEP 1; of the trained ones the lowest expected error first."""
    compared = decision.comparison
    possible = {c.id for c in (*decision.possible_winners, *decision.untrained_rivals)}
    sd, p_best = decision.expected_sd, decision.p_best
    rows = []
    for index, candidate in enumerate(decision.candidates):
        member, coefficients = candidate.member, candidate.coefficients
        shares = coefficients.shares()
        finite = decision.errors[index][np.isfinite(decision.errors[index])]
        rows.append(
            {
                "trial": candidate.id,
                "alpha": coefficients.alpha,
                "beta": coefficients.beta,
                "gamma": coefficients.gamma,
                "share_depth": shares.depth,
                "share_width": shares.width,
                "share_resolution": shares.resolution,
                "asked": "; ".join(
                    f"{a.mark or definition.settings.sweep.kind} {a.coefficients.alpha:.4g} "
                    f"{a.coefficients.beta:.4g} {a.coefficients.gamma:.4g}"
                    for a in candidate.asked
                ),
                "marks": " ".join(candidate.marks),
                "within_tolerance": candidate.within,
                "blocks": _blocks(member),
                "resolution": member.resolution,
                "macs": member.cost.macs,
                "cost_ratio": member.cost_ratio,
                "pixel_price": member.pixel_price,
                "params": member.cost.params,
                "activations": member.cost.activations,
                "runs": len(finite),
                "diverged": decision.diverged[index],
                "val_error": finite.mean() if len(finite) else math.nan,
                "val_error_se": compared.se[index],
                "worse_low": compared.low[index],
                "worse_high": compared.high[index],
                "possible_winner": candidate.id in possible,
                "expected_error": decision.expected[index],
                "expected_sd": sd[index],
                "p_best": p_best[index],
                "stopped_at": stopped[0] if (stopped := decision.stopped[index]) else None,
            }
        )
    table = pd.DataFrame(rows)
    table["stopped_at"] = table["stopped_at"].astype("Int64")
    order = table.assign(trained=table["runs"] == 0)
    order = order.sort_values(["trained", "expected_error", "trial"], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _blocks(member: FamilyMember) -> int | None:
    network = member.network
    return sum(network.repeats) if isinstance(network, Architecture) else None


def family_table(
    definition: StudyDefinition, coefficients: Coefficients, results: Mapping[str, Run]
) -> pd.DataFrame:
    """STEP 2: listed members and trained sizes, by cost; forecasts are added by add_forecast."""
    sizes = definition.trained_sizes(coefficients)
    errors: dict[str, list[float]] = {}
    for run in definition.family_runs(coefficients):
        result = results.get(run.spec.key)
        if result is not None and result.test_error is not None:
            errors.setdefault(run.member.id, []).append(result.test_error)
    relative = _relative_sd(list(errors.values()))
    rows = {}
    for member in (*sizes, *definition.family(coefficients)):
        measured = errors.get(member.id, [])
        mean = float(np.mean(measured)) if measured else math.nan
        row = {
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
            "cost_ratio": member.cost_ratio,
            "effective_phi": member.effective_phi,
            "runs": len(measured),
            "test_error": mean,
            "test_error_se": mean * relative / math.sqrt(len(measured)) if measured else math.nan,
            "above_native": member.resolution > definition.facts.native_resolution,
        }
        # A listed phi that gives a trained network takes the row of that network over.
        rows[member.id if measured else (member.id, member.phi)] = row
    table = pd.DataFrame(list(rows.values()))
    return table.sort_values(["macs", "phi"], kind="stable", ignore_index=True)


def _realised(member: FamilyMember, what: str) -> float:
    network, baseline = member.network, member.baseline.network(1, 1)
    if not isinstance(network, Architecture) or not isinstance(baseline, Architecture):
        return math.nan
    ratio: float = sum(getattr(network, what)) / sum(getattr(baseline, what))
    return ratio


def _relative_sd(groups: Sequence[Sequence[float]]) -> float:
    """Standard deviation of one run over its mean, pooled over sizes; nan with one seed."""
    freedom = sum(len(group) - 1 for group in groups)
    if freedom < 1:
        return math.nan
    squares = sum(
        float(np.var(group)) * len(group) / np.mean(group) ** 2
        for group in groups
        if np.mean(group) > 0
    )
    return math.sqrt(squares / freedom)


def add_forecast(table: pd.DataFrame, law: ScalingLaw | str) -> pd.DataFrame:
    """The forecast test error of every member that the data's resolution allows."""
    table = table.assign(forecast=math.nan, forecast_low=math.nan, forecast_high=math.nan)
    allowed = ~table["above_native"]
    if isinstance(law, str) or not allowed.any():
        return table
    forecast = law.predict(table.loc[allowed, "macs"].to_numpy(float), level=LEVEL)
    table.loc[allowed, "forecast"] = forecast.mean
    table.loc[allowed, "forecast_low"] = forecast.low
    table.loc[allowed, "forecast_high"] = forecast.high
    return table


@dataclass(frozen=True, eq=False)
class Tables:
    """All that a report says, as numbers."""

    definition: StudyDefinition
    runs: pd.DataFrame
    candidates: Candidates
    decision: Decision[Candidate]
    #: Whether STEP 1 has all the runs that it wanted, as far as is known.
    search_ended: bool
    #: None before there is a run.
    evidence: Evidence | None
    #: Empty where nothing was trained at another fidelity.
    fidelity: tuple[FidelityCheck, ...]
    trials: pd.DataFrame
    #: Empty before there is a winner.
    family: pd.DataFrame
    #: Or why there is none.
    law: ScalingLaw | str
    backtest: Backtest | str


def make_tables(
    definition: StudyDefinition, candidates: Candidates, runs: pd.DataFrame, search_ended: bool
) -> Tables:
    """From a definition, its candidates and its runs, finished or not."""
    results = runs_by_key(runs)
    decision = decide_by_runs(definition, candidates, results)
    family = pd.DataFrame()
    law: ScalingLaw | str = "there is no winner yet"
    backtest: Backtest | str = "there is no winner yet"
    if decision.winner is not None:
        coefficients = decision.winner.coefficients
        family = family_table(definition, coefficients, results)
        errors = {k: r.test_error for k, r in results.items() if r.test_error is not None}
        known = known_family_runs(definition, coefficients, errors)
        law, backtest = _or_reason(known.law), _or_reason(known.backtest)
        family = add_forecast(family, law)
    return Tables(
        definition,
        runs,
        candidates,
        decision,
        search_ended,
        find_evidence(definition, decision, runs, LEVEL),
        fidelity_checks(decision, runs),
        trials_table(definition, decision),
        family,
        law,
        backtest,
    )


def _or_reason(compute: Callable[[], T]) -> T | str:
    try:
        return compute()
    except InvalidInput as error:
        return str(error)
