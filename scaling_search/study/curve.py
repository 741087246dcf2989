"""`family.shares=curve`: the shares that a study of +sweep=shares gives each size."""

from __future__ import annotations

from dataclasses import replace

from scaling_search.errors import InvalidInput
from scaling_search.scaling import ChangingShares
from scaling_search.series import SharesSettings
from scaling_search.study.family_settings import CURVE
from scaling_search.study.files.csv_file import read_cells
from scaling_search.study.other_study import finished_study, name_of, require_trained
from scaling_search.study.read import Study
from scaling_search.study.settings import StudySettings
from scaling_search.text_file import damaged, missing, read_text

_SETTING = "family.curve_from"
#: The file that holds it: a row a size.
SHARES_CSV = "shares.csv"
_COLUMNS = ("cost_ratio", "share_depth", "share_width", "share_resolution")


def with_curve(settings: StudySettings) -> StudySettings:
    """The settings with the curve's numbers, so that study.yaml stands alone.

    Raises InvalidInput where there is no finished study of shares there, or one of another
    baseline.
    """
    family = settings.family
    if family.curve:
        raise InvalidInput(
            "family.curve is given, but follows from family.curve_from: leave it out"
        )
    if family.shares != CURVE:
        return settings
    study = finished_study(_SETTING, family.curve_from, SharesSettings)
    if study.definition.settings.baseline != settings.baseline:
        raise InvalidInput(
            f"family.curve_from is {family.curve_from!r}, which scales "
            f"{study.definition.settings.baseline.target!r}, but the baseline is "
            f"{settings.baseline.target!r} or has other settings: give the same baseline, or a "
            "study of shares of this one"
        )
    require_trained(_SETTING, study, study.definition.series_runs)
    found = replace(family, curve_from=name_of(family.curve_from), curve=_curve_of(study))
    return replace(settings, family=found)


def _curve_of(study: Study) -> list[list[float]]:
    path = study.folder / SHARES_CSV
    remedy = f"python -m scaling_search.report {study.folder} makes it anew"
    text = read_text(path, remedy)
    if text is None:
        raise missing(path, remedy)
    if study.verdict.get("changes") is None:
        raise InvalidInput(
            f"family.curve_from is {str(study.folder)!r}, whose runs do not tell the best shares: "
            "its report says why"
        )
    try:
        columns, rows, fault = read_cells(text)
        places = [columns.index(name) for name in _COLUMNS]
        torn = not text.endswith("\n") or not {len(row) for row in rows} <= {len(columns)}
        if fault or torn:
            raise ValueError(fault or "it is torn")
        curve = [[float(row[place]) for place in places] for row in rows]
        ChangingShares.of_rows(curve, 2.0)  # refuses what are no shares
    except (ValueError, IndexError, InvalidInput) as error:
        raise damaged(path, error, remedy) from error
    return curve
