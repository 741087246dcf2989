"""The runs of a study as trials of an Optuna study, for Optuna's own plots and tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import optuna

#: What a run was asked for, as far as its study has it; the others describe its network.
_PARAMETERS = ("alpha", "beta", "gamma", "resolution", "macs")
_ATTRIBUTES = ("run", "trial", "step", "phi", "seed", "epochs", "params", "activations")


def as_optuna(
    runs: pd.DataFrame, curves: pd.DataFrame, networks: pd.DataFrame, name: str
) -> optuna.Study:
    """One trial for each run, in memory, with its val error to be minimised and its curve.

    runs: of runs.csv. curves: of curves.csv. networks: one row for each trial with its
    coefficients, or none. A diverged run is a failed trial; one that stopped at a rung is pruned.
    """
    import optuna

    asked = [n for n in ("alpha", "beta", "gamma") if n in networks]
    table = runs
    if asked:
        table = runs.merge(networks[["trial", *asked]], on="trial", how="left")
        # Members of the family are no candidates: theirs follow from the winner's and phi.
        table.loc[table["step"] != "search", asked] = math.nan
    known = [n for n in _PARAMETERS if n in table]
    distributions = {
        n: optuna.distributions.FloatDistribution(float(table[n].min()), float(table[n].max()))
        for n in known
        if table[n].notna().any()
    }
    study = optuna.create_study(study_name=name)
    points = {run: rows for run, rows in curves.groupby("run")}
    for row in table.to_dict("records"):
        study.add_trial(_trial(row, distributions, points.get(row["run"])))
    return study


def _trial(
    row: dict[str, Any], distributions: dict[str, Any], curve: pd.DataFrame | None
) -> optuna.trial.FrozenTrial:
    import optuna

    given = {n: float(row[n]) for n in distributions if pd.notna(row[n])}
    states, value = optuna.trial.TrialState, row["val_error"]
    state = states.COMPLETE if pd.notna(value) else states.FAIL
    if state is states.COMPLETE and pd.isna(row["test_error"]):
        state = states.PRUNED
    steps = [] if curve is None else zip(curve["epoch"], curve["val_error"])
    return optuna.trial.create_trial(
        state=state,
        value=float(value) if state is states.COMPLETE else None,
        params=given,
        distributions={n: distributions[n] for n in given},
        intermediate_values={int(epoch): float(error) for epoch, error in steps},
        user_attrs={n: _plain(row[n]) for n in _ATTRIBUTES if n in row},
    )


def _plain(value: Any) -> Any:
    """As JSON has it."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
