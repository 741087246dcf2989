"""asks.csv: what a sampled search asked for, from which its candidates follow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scaling_search.scaling import Coefficients
from scaling_search.search import MARKS, Asked, Candidates, OptunaSettings
from scaling_search.search.sampler import SampledProposals
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.csv_file import CsvFile, within
from scaling_search.text_file import damaged


@dataclass(frozen=True, kw_only=True)
class AskRow:
    """An ask, and the trial that answers it; none where there is no network."""

    ask: int = within(0, 10**6)
    alpha: float = within(1, 100)
    beta: float = within(1, 100)
    gamma: float = within(1, 100)
    #: The name of a marked point.
    mark: str = ""
    trial: str = ""


ASKS_CSV = CsvFile("asks.csv", AskRow, key=lambda row: row.ask)


def write_asks(folder: Path, proposals: SampledProposals) -> None:
    """Every ask in its order."""
    rows = (
        AskRow(ask=number, **vars(ask.coefficients), mark=ask.mark, trial=made.id if made else "")
        for number, (ask, made) in enumerate(proposals.asked)
    )
    ASKS_CSV.write(folder, rows)


def read_candidates(folder: Path, definition: StudyDefinition) -> Candidates:
    """The candidates of the study in a folder. Raises InvalidInput where asks.csv is damaged."""
    sweep = definition.settings.sweep
    if not isinstance(sweep, OptunaSettings):
        return definition.candidates
    snapper = definition.space.snapper()
    for row in ASKS_CSV.read(folder):
        known = ("", *MARKS, *sweep.rivals)
        if row.mark not in known:
            what = f"column mark of ask {row.ask} is {row.mark!r}, but must be one of "
            raise damaged(folder / "asks.csv", what + ", ".join(known[1:]))
        asked = Coefficients(row.alpha, row.beta, row.gamma)
        candidate = snapper.try_snap(Asked(asked, row.mark))
        if (candidate.id if candidate else "") != row.trial:
            raise damaged(
                folder / "asks.csv",
                f"ask {row.ask} gives another network than trial {row.trial!r} in this version "
                "of the package",
            )
    return snapper.candidates
