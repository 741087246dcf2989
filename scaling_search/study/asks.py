"""asks.csv: what a sampled search asked for, from which its candidates follow."""

from __future__ import annotations

import csv
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import Asked, Candidates, OptunaSettings, Snapper
from scaling_search.search.sampler import SampledProposals
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.folder import write_csv

ASK_COLUMNS = ("ask", "alpha", "beta", "gamma", "mark", "trial")


def write_asks(folder: Path, proposals: SampledProposals) -> None:
    """Every ask in its order, with the trial that answers it; none where there is no network."""
    rows = []
    for number, (asked, candidate) in enumerate(proposals.asked):
        c = asked.coefficients
        trial = candidate and candidate.id
        rows.append((number, c.alpha, c.beta, c.gamma, asked.mark, trial))
    write_csv(folder / "asks.csv", ASK_COLUMNS, rows)


def read_candidates(folder: Path, definition: StudyDefinition) -> Candidates:
    """The candidates of the study in a folder. Raises InvalidInput where asks.csv is damaged."""
    if not isinstance(definition.settings.sweep, OptunaSettings):
        return definition.candidates
    path = folder / "asks.csv"
    snapper = Snapper(
        definition.baseline, definition.settings.constraint, definition.facts.native_resolution
    )
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                asked = Coefficients(*(float(row[name]) for name in ("alpha", "beta", "gamma")))
                candidate = snapper.try_snap(Asked(asked, row["mark"]))
                if (candidate.id if candidate else "") != row["trial"]:
                    raise ValueError(
                        f"ask {row['ask']} gives another network than trial {row['trial']!r} in "
                        "this version of the package"
                    )
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing: run the study first") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InvalidInput(f"{path} is damaged ({error}): restore it from its source") from error
    return snapper.candidates
