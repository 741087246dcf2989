"""Study.to_optuna: every run of every kind of study is a trial."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from scaling_search import read_study
from scaling_search.study.as_optuna import as_optuna

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-step-0", "glyphs-observation1"])
def test_every_run_is_a_trial(name: str) -> None:
    study = read_study(EXPERIMENTS / name)
    found = study.to_optuna()
    assert found.study_name == name
    assert len(found.trials) == len(study.runs)
    assert found.best_value == study.runs[study.runs["test_error"].notna()]["val_error"].min()
    lengths = study.curves.groupby("run").size()
    for trial, run in zip(found.trials, study.runs.itertuples()):
        assert trial.user_attrs["run"] == run.run
        assert trial.params["macs"] == run.macs
        assert len(trial.intermediate_values) == lengths.get(run.run, 0)


def test_candidates_have_their_coefficients_and_optunas_plots_take_them() -> None:
    study = read_study(EXPERIMENTS / "glyphs-quick")
    found = study.to_optuna()
    trials = study.trials.set_index("trial")
    searched = [t for t in found.trials if t.user_attrs["step"] == "search"]
    assert searched
    for trial in searched:
        assert trial.params["alpha"] == trials.loc[trial.user_attrs["trial"], "alpha"]
    assert all("alpha" not in t.params for t in found.trials if t.user_attrs["step"] == "family")
    table = found.trials_dataframe()
    assert {"value", "params_alpha", "params_resolution", "user_attrs_seed"} <= set(table)


def test_what_diverged_or_stopped_has_no_value() -> None:
    study = read_study(EXPERIMENTS / "glyphs-quick")
    runs = study.runs.copy()
    runs.loc[0, ["val_error", "test_error"]] = None
    runs.loc[1, "test_error"] = None

    states = [t.state for t in as_optuna(runs, study.curves, study.trials, "x").trials]
    known = optuna.trial.TrialState
    assert states[:3] == [known.FAIL, known.PRUNED, known.COMPLETE]
