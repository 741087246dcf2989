"""Axes and colours on which the figures of two searches can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scaling_search.report.search.found import Found

Ends = tuple[float, float]


@dataclass(frozen=True)
class Alike:
    """Ends of axes, None where a figure takes its own."""

    #: Errors at which the colours of the triangle begin and end.
    colours: Ends | None = None
    #: Of the family's costs, and of its errors.
    family: tuple[Ends, Ends] | None = None


#: A report by itself.
OWN = Alike()


def alike(founds: Sequence[Found]) -> Alike:
    """What holds all of them; where errors are of different metrics or parts, nothing."""
    colours = family = None
    if len({found.words for found in founds}) == 1:
        errors = pd.concat([found.trials["val_error"] for found in founds]).dropna()
        colours = _ends(errors)
    if len({(found.family.words, found.family.quantity.axis) for found in founds}) == 1:
        tables = [found.family.table for found in founds if len(found.family.table)]
        if tables:
            family = _family(pd.concat(tables))
    return Alike(colours, family)


def _family(table: pd.DataFrame) -> tuple[Ends, Ends] | None:
    shown = table[(table["runs"] > 0) | table["forecast"].notna()]
    columns = ["error", "error_low", "error_high", "forecast", "forecast_low", "forecast_high"]
    errors = _ends(pd.concat([shown[column] for column in columns]).dropna())
    if errors is None:
        return None
    room = 0.05 * (errors[1] - errors[0]) or 0.01
    costs = (float(shown["amount"].min()) / 1.1, float(shown["amount"].max()) * 1.1)
    return costs, (errors[0] - room, errors[1] + room)


def _ends(values: pd.Series) -> Ends | None:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else None
