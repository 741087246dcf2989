"""A study's search as optuna-dashboard opens it."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import optuna
import pytest
from fakes import STUDIES, fake_study
from small_study import rows

from scaling_search.search import Budget
from scaling_search.search.dashboard import copy_for_dashboard
from scaling_search.search.optuna_samplers import COPY
from scaling_search.study import read_definition
from scaling_search.study.asks import read_candidates


class TestDashboard:
    """The database opens as an Optuna study."""

    SETTINGS = replace(STUDIES["rungs"], budget=Budget(runs=11))

    def test_its_trials_are_the_asks(self, tmp_path: Path) -> None:
        folder = fake_study(tmp_path, self.SETTINGS, name="my study")
        url = f"sqlite:///{tmp_path / 'store.db'}"
        assert optuna.get_all_study_names(storage=url) == ["my study"]
        study = optuna.load_study(study_name="my study", storage=url)
        asks, runs = rows(folder / "asks.csv"), rows(folder / "runs.csv")
        assert [t.user_attrs["trial"] for t in study.trials] == [row["trial"] for row in asks]
        candidates = read_candidates(folder, read_definition(folder)).kept
        by_id = {candidate.id: candidate for candidate in candidates}
        for trial in study.trials:
            candidate = by_id[trial.user_attrs["trial"]]
            c, shares = candidate.coefficients, candidate.shares
            expected = dict(zip(("alpha", "beta", "gamma"), (c.alpha, c.beta, c.gamma)))
            expected |= dict(zip(("share_depth", "share_width", "share_resolution"), shares))
            expected["cost_ratio"] = candidate.cost_ratio
            for name, value in expected.items():
                assert trial.user_attrs[name] == pytest.approx(value, abs=1e-6), name
            errors = {
                int(row["epochs"]): float(row["val_error"])
                for row in runs
                if (row["trial"], row["seed"], row["step"]) == (candidate.id, "0", "search")
            }
            assert trial.intermediate_values == errors
            assert trial.state.name == ("COMPLETE" if 3 in errors else "PRUNED")
        # Repeated: replaced, not doubled.
        fake_study(tmp_path, self.SETTINGS, name="my study")
        again = optuna.load_study(study_name="my study", storage=url)
        assert [t.params for t in again.trials] == [t.params for t in study.trials]

    def test_somebodys_own_study_of_that_name_is_not_replaced(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'store.db'}"
        own = optuna.create_study(study_name="study", storage=url)
        own.add_trial(optuna.trial.create_trial(value=1.0))
        folder = fake_study(tmp_path, self.SETTINGS, name="study")
        kept = optuna.load_study(study_name="study", storage=url)
        assert [t.value for t in kept.trials] == [1.0]
        (failure,) = json.loads((folder / "environment.json").read_text())["failures"]
        assert "'study'" in failure
        assert "name=" in failure
        # Only the copy is missing.
        assert {row["step"] for row in rows(folder / "runs.csv")} == {"search", "family"}

    @pytest.mark.long
    def test_a_database_that_refuses_the_copy_costs_only_the_copy(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'store.db'}"
        optuna.create_study(study_name="other", storage=url)
        with closing(sqlite3.connect(tmp_path / "store.db")) as database, database:
            database.execute("ALTER TABLE trials RENAME COLUMN number TO place")
        folder = fake_study(tmp_path, self.SETTINGS, name="study")
        (failure,) = json.loads((folder / "environment.json").read_text())["failures"]
        assert "optuna-dashboard" in failure
        assert "store=" in failure
        assert {row["step"] for row in rows(folder / "runs.csv")} == {"search", "family"}

    def test_studies_that_end_at_once_in_a_new_database(self, tmp_path: Path) -> None:
        studies = 4
        together = Barrier(studies)
        url = f"sqlite:///{tmp_path / 'store.db'}"

        def end(number: int) -> None:
            searched = optuna.create_study(study_name=f"searched {number}")
            searched.set_user_attr(COPY, True)
            searched.add_trial(optuna.trial.create_trial(value=number / 10))
            together.wait()
            copy_for_dashboard(searched, url, f"study {number}")

        with ThreadPoolExecutor(studies) as pool:
            list(pool.map(end, range(studies)))
        for number in range(studies):
            copied = optuna.load_study(study_name=f"study {number}", storage=url)
            assert [trial.value for trial in copied.trials] == [number / 10]
