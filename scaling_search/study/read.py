"""A finished or unfinished study, read from its folder."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.family_runs import FamilyRuns, judged_error, known_family_runs
from scaling_search.study.files.csv_file import read_cells
from scaling_search.study.files.environment_json import read_environment
from scaling_search.study.files.runs_csv import CURVES_CSV, RUNS_CSV, TIMINGS_CSV, read_runs
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.kinds import KINDS, kind_of
from scaling_search.text_file import damaged, expanded, missing, read_json, read_text

if TYPE_CHECKING:
    import datasets
    import optuna
    import pandas as pd

    from scaling_search.forecast import Backtest, ScalingLaw


_NAMES = ("trial", "member", "network")


@dataclass(frozen=True)
class Study:
    """What stands in a study folder; columns are explained in docs/study_folder.md.

    Every part raises InvalidInput where its file is missing or damaged.
    """

    folder: Path
    definition: StudyDefinition

    @cached_property
    def runs(self) -> pd.DataFrame:
        """runs.csv: one row a run."""
        return RUNS_CSV.frame(read_runs(self.folder))

    @cached_property
    def curves(self) -> pd.DataFrame:
        """curves.csv: one row an epoch of a run."""
        return CURVES_CSV.frame(CURVES_CSV.read(self.folder))

    @cached_property
    def timings(self) -> pd.DataFrame:
        """timings.csv: one row a run."""
        return TIMINGS_CSV.frame(TIMINGS_CSV.read(self.folder))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """trials.csv: one row a candidate of STEP 1."""
        return self._table("trials.csv")

    @cached_property
    def family(self) -> pd.DataFrame:
        """family.csv: one row a member of STEP 2; empty before there is a winner."""
        return self._table("family.csv")

    @cached_property
    def points(self) -> pd.DataFrame:
        """points.csv of a study of series: one row a point."""
        return self._table("points.csv")

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """verdict.json of a study of series."""
        return self._json("verdict.json")

    @cached_property
    def winner(self) -> dict[str, Any]:
        """winner.json."""
        return self._json("winner.json")

    def to_optuna(self) -> optuna.Study:
        """Every run as a trial of an Optuna study in memory, for Optuna's plots and tables."""
        import pandas as pd

        from scaling_search.study.as_optuna import as_optuna

        has_trials = "trials.csv" in kind_of(self.definition).FILES
        networks = self.trials if has_trials else pd.DataFrame()
        return as_optuna(self.runs, self.curves, networks, self.folder.resolve().name)

    def to_dataset(self) -> datasets.Dataset:
        """Every run with its curve as a row of a Hugging Face dataset. Raises InvalidInput."""
        from scaling_search.study.as_dataset import as_dataset

        return as_dataset(self.runs, self.curves, self.timings, self.folder.resolve().name)

    @cached_property
    def law(self) -> ScalingLaw:
        """The scaling law of the trained members. Raises InvalidInput where there are none."""
        return self._family_runs.law()

    @cached_property
    def backtest(self) -> Backtest:
        """The largest trained members forecast from the smaller. Raises InvalidInput (too few)."""
        return self._family_runs.backtest()

    @property
    def winning_coefficients(self) -> Coefficients:
        """The winner's. Raises InvalidInput before there is one."""
        winner = self.winner
        if winner.get("trial", "") is None:
            raise InvalidInput("there is no winner yet, so there is no family: finish a run first")
        try:
            return Coefficients(*(winner[name] for name in ("alpha", "beta", "gamma")))
        except (KeyError, InvalidInput) as error:
            what = f"it has no {error}" if isinstance(error, KeyError) else error
            raise damaged(self.folder / "winner.json", what, self._anew) from error

    @property
    def search_ended(self) -> bool:
        """Whether STEP 1 had all its runs when the study last ran; studies of old don't say."""
        environment = read_environment(self.folder)
        return environment is None or environment.search_ended

    @property
    def _family_runs(self) -> FamilyRuns:
        coefficients, rows = self.winning_coefficients, read_runs(self.folder)
        known = {row.run: judged_error(self.definition, row) for row in rows}
        errors = {run: error for run, error in known.items() if error is not None}
        return known_family_runs(self.definition, coefficients, errors)

    @property
    def _anew(self) -> str:
        return f"python -m scaling_search.report {self.folder} makes it anew"

    def _table(self, name: str) -> pd.DataFrame:
        """A table that the report made."""
        import pandas as pd

        path = self._require_kind(name)
        text = read_text(path, self._anew)
        if text is None:
            raise missing(path, self._anew)
        if not text.strip():
            return pd.DataFrame()
        try:
            columns, rows, fault = read_cells(text)
            if fault or {len(row) for row in rows} - {len(columns)}:
                raise ValueError(fault or "its rows are of different lengths")
            return pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(_NAMES, str))
        except ValueError as error:
            raise damaged(path, error, self._anew) from error

    def _json(self, name: str) -> dict[str, Any]:
        path = self._require_kind(name)
        content = read_json(path, self._anew)
        if content is None:
            raise missing(path, self._anew)
        return content

    def _require_kind(self, name: str) -> Path:
        kind = kind_of(self.definition)
        if name not in kind.FILES:
            able = " or a ".join(k.NAME for k in KINDS if name in k.FILES)
            raise InvalidInput(
                f"{self.folder} is a study of the kind {self.definition.settings.sweep.kind}, "
                f"which has no {name}: give a {able}"
            )
        return self.folder / name


def read_study(folder: str | Path) -> Study:
    """The study in a folder such as experiments/NAME. Raises InvalidInput where there is none."""
    path = expanded(folder)
    return Study(path, read_definition(path))
