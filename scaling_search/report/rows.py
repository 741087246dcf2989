"""A table as a reader sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Text, ready to be shown."""

    head: list[str]
    rows: list[list[str]]


def interval_text(value: float, low: float, high: float) -> str:
    """Points with their sign and interval; the interval is left out where it is not known."""
    text = f"{_rounded(value):+.1f}"
    if math.isnan(low) or math.isnan(high):
        return text
    return f"{text} ({_rounded(low):+.1f} to {_rounded(high):+.1f})"


def _rounded(value: float) -> float:
    """To the digit that is shown, without a negative zero."""
    return round(value, 1) + 0.0
