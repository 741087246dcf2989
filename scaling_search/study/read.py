"""A finished or unfinished study, read from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.study.definition import StudyDefinition, read_definition
from scaling_search.study.family_runs import FamilyRuns, known_family_runs

if TYPE_CHECKING:
    import pandas as pd

    from scaling_search.forecast import Backtest, ScalingLaw


#: Files that only one of the two kinds of study has.
_OF_SEARCHES = ("trials.csv", "family.csv", "winner.json")
_OF_SERIES = ("points.csv", "verdict.json")


@dataclass(frozen=True)
class Study:
    """What stands in a study folder; columns are explained in docs/study_folder.md."""

    folder: Path
    definition: StudyDefinition

    @cached_property
    def runs(self) -> pd.DataFrame:
        """runs.csv: one row a run."""
        return self._table("runs.csv")

    @cached_property
    def curves(self) -> pd.DataFrame:
        """curves.csv: one row an epoch of a run."""
        return self._table("curves.csv")

    @cached_property
    def trials(self) -> pd.DataFrame:
        """trials.csv: one row a candidate of STEP 1."""
        return self._table("trials.csv")

    @cached_property
    def family(self) -> pd.DataFrame:
        """family.csv: one row a member of STEP 2."""
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
        try:
            if winner["trial"] is None:
                raise InvalidInput(
                    "there is no winner yet, so there is no family: finish a run first"
                )
            return Coefficients(winner["alpha"], winner["beta"], winner["gamma"])
        except KeyError as error:
            raise InvalidInput(self._damaged("winner.json", error)) from error

    @property
    def search_ended(self) -> bool:
        """Whether STEP 1 had all its runs when the study last ran; studies of old don't say."""
        path = self.folder / "environment.json"
        return not path.exists() or bool(self._json("environment.json").get("search_ended", True))

    @property
    def _family_runs(self) -> FamilyRuns:
        coefficients = self.winning_coefficients
        known = self.runs.dropna(subset=["test_error"])
        errors = dict(zip(known["run"], known["test_error"]))
        return known_family_runs(self.definition, coefficients, errors)

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        path = self._existing(name)
        try:
            return pd.read_csv(
                path, dtype={"run": str, "trial": str, "member": str, "network": str}
            )
        except pd.errors.EmptyDataError:
            return pd.DataFrame()

    def _json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads(self._existing(name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise InvalidInput(self._damaged(name, error)) from error
        if not isinstance(content, dict):
            raise InvalidInput(self._damaged(name, TypeError("not an object")))
        return content

    def _damaged(self, name: str, error: Exception) -> str:
        remedy = f"python -m scaling_search.report {self.folder} makes it anew"
        if name == "environment.json":
            remedy = "restore it or remove it"
        return f"{self.folder / name} is damaged ({type(error).__name__}: {error}): {remedy}"

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        is_series = self.definition.settings.series is not None
        if name in (_OF_SEARCHES if is_series else _OF_SERIES):
            raise InvalidInput(
                f"{self.folder} is a study of the kind {self.definition.settings.sweep.kind}, "
                f"which has no {name}: give a {'search' if is_series else 'study of series'}"
            )
        if not path.exists():
            raise InvalidInput(
                f"{path} is missing: python -m scaling_search.report {self.folder} makes it"
            )
        return path


def read_study(folder: str | Path) -> Study:
    """The study in a folder such as experiments/NAME. Raises InvalidInput where there is none."""
    path = Path(folder)
    return Study(path, read_definition(path))
